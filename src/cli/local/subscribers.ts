import type { App } from '../../app.ts';
import { iso } from '../../clock.ts';
import { explainEdition } from '../../delivery/explain.ts';
import { explainDay } from '../../delivery/why.ts';
import { listBounces } from '../../store/bounces.ts';
import { listDeliveries } from '../../store/deliveries.ts';
import { listConsents } from '../../store/sign-ups.ts';
import { findSubscriber, listSubscribers } from '../../store/subscribers.ts';
import { findSubscribedTopics } from '../../store/subscriptions.ts';
import { chooseColumns } from '../../subscribers/csv-columns.ts';
import { exportSubscribers } from '../../subscribers/export.ts';
import { readFilter } from '../../subscribers/filter.ts';
import { importSubscribers } from '../../subscribers/import.ts';
import { eraseSubscriber } from '../../subscribers/status.ts';
import { addSubscriber, editSubscriber, type SubscriberResult } from '../../subscribers/subscribers.ts';
import { findSuppression } from '../../subscribers/suppressed.ts';
import {
  bounceDocument,
  deliveryDocument,
  subscriberDocument,
  whyDocument,
} from '../../web/api/documents.ts';
import { withCommand } from '../address-problem.ts';
import { CommandError } from '../command.ts';
import type { SubscriberDocument, SubscribersDesk } from '../desk.ts';
import { suppressionTold } from './documents.ts';
import { findSubscriberOrFail } from './find-subscriber.ts';
import { withLook } from './with-look.ts';

/** So many are told of one subscriber. */
const told = { deliveries: 10, bounces: 5 };

export function localSubscribers(app: App): SubscribersDesk {
  const { clock, config, hashAddress } = app;
  const { db } = app.store;
  return {
    async *list(input, { afterId, limit }) {
      const read = await readFilter(db, hashAddress, input);
      if (!read.ok) throw new CommandError(read.problems.map(({ message }) => message).join('\n'));
      let left = limit;
      for (let after: number | null = afterId; after !== null && left > 0; ) {
        const page = await listSubscribers(db, {
          ...read.filter,
          afterId: after,
          limit: Math.min(500, left),
        });
        const ids = page.subscribers.map(({ id }) => id);
        const topics = await findSubscribedTopics(db, ids);
        yield page.subscribers.map((one) => subscriberDocument(one, topics.get(one.id) ?? []));
        left -= ids.length;
        after = page.nextAfter;
      }
    },
    async add(given) {
      return documentOrFail(await addSubscriber(db, given, config.digest, clock.now(), hashAddress));
    },
    async edit(email, change) {
      const { id } = await findSubscriberOrFail(app, email);
      const edited = await editSubscriber(db, id, change, clock.now(), 'admin', hashAddress);
      const subscriber = documentOrFail(edited);
      const now = await findSubscriber(db, id);
      const suppression = now && (await findSuppression(db, hashAddress, now.emailKey));
      return { subscriber, suppressed: suppressionTold(suppression) };
    },
    async show(email) {
      const one = await findSubscriberOrFail(app, email);
      const topics = (await findSubscribedTopics(db, [one.id])).get(one.id) ?? [];
      const consents = await listConsents(db, one.id);
      const bounces = await listBounces(db, { emailKey: one.emailKey, limit: told.bounces });
      const deliveries = await listDeliveries(db, { email: one.emailKey, limit: told.deliveries });
      return {
        subscriber: subscriberDocument(one, topics),
        suppressed: suppressionTold(await findSuppression(db, hashAddress, one.emailKey)),
        consents: consents.map(({ askedAt, givenAt, linkHash }) => ({
          ...{ askedAt: iso(askedAt), givenAt: iso(givenAt), linkHash },
        })),
        bounces: bounces.map(bounceDocument),
        deliveries: deliveries.map(deliveryDocument),
      };
    },
    async why(email, date) {
      const one = await findSubscriberOrFail(app, email);
      return whyDocument(one.email, await explainDay(db, one, date, clock.now()));
    },
    async explain(email) {
      const one = await findSubscriberOrFail(app, email);
      return await withLook(app, one, async (look, candidates) => explainEdition(look, candidates));
    },
    async erase(address) {
      const { id, email } = await findSubscriberOrFail(app, address);
      await eraseSubscriber(db, id, clock.now(), hashAddress);
      return { id, email };
    },
    importList({ columns, ...given }) {
      return importSubscribers({
        ...{ db, hashAddress, defaults: config.digest, at: clock.now() },
        ...given,
        choose: (header) => chooseColumns(header, columns),
      });
    },
    exportList: (output, status, format) => exportSubscribers(db, output, { status }, format),
  };
}

function documentOrFail(result: SubscriberResult): SubscriberDocument {
  if (result.ok) return subscriberDocument(result.subscriber, result.topics);
  throw new CommandError(result.problems.map(({ message, about }) => withCommand(message, about)).join('\n'));
}
