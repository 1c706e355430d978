import type { Digest } from '../digest/digest.ts';
import { editionOn, localDateAt } from '../digest/schedule.ts';
import type { HashAddress } from '../mail/address-hash.ts';
import { type OpenedMessage, openMessage } from '../mail/open-message.ts';
import { listDeliveries } from '../store/deliveries.ts';
import type { Db } from '../store/store.ts';
import type { Subscriber } from '../store/subscribers.ts';
import type { LoadedCandidates } from './candidate-set.ts';
import { lookAtEdition } from './edition.ts';
import { type Addressed, type MakeLinks, type MessageDeps, readDigests } from './messages.ts';
import { explainDay } from './why.ts';

export interface PreviewMailDeps {
  db: Db;
  now: number;
  links: MakeLinks;
  messageId: (subscriberId: number, editionDate: string) => string;
  hashAddress: HashAddress;
  compose: MessageDeps['compose'];
  /** Loaded only for a digest that is not planned yet; closed here. */
  candidates: () => Promise<LoadedCandidates>;
}

/** A subscriber's mail of one local date; or a sentence that says why there is none. */
export type PreviewedMail =
  | {
      ok: true;
      /** The delivery that it was or is planned as; null: it is what would be chosen now. */
      deliveryId: number | null;
      addressed: Addressed;
      digest: Digest;
      mail: OpenedMessage;
      /** As it goes over the wire. */
      raw: Buffer;
    }
  | { ok: false; sentence: string };

/**
 * The digest of a subscriber for a date: the frozen one when it was planned, else, for today and later, what would be
 * chosen by what is known now. Changes nothing. `date`: `YYYY-MM-DD`, where they live.
 */
export async function previewMail(
  deps: PreviewMailDeps,
  subscriber: Subscriber,
  date: string,
): Promise<PreviewedMail> {
  const { db, now } = deps;
  if (subscriber.status === 'erased') return { ok: false, sentence: 'This subscriber was erased.' };
  const [entry] = await listDeliveries(db, { subscriberId: subscriber.id, editionDate: date, limit: 1 });
  if (!entry && date < localDateAt(now, subscriber.timezone)) {
    const { sentence } = await explainDay(db, subscriber, date, now);
    return { ok: false, sentence };
  }
  const edition = editionOn(subscriber, date);
  if (!entry && !edition)
    return { ok: false, sentence: `It is not one of their days: ${subscriber.days.join(', ')}.` };
  if (entry) {
    const { id, messageId, more, occasion } = entry;
    const { id: subscriberId, linkEpoch, email, locale, timezone } = subscriber;
    const addressed: Addressed = {
      ...{ id, subscriberId, linkEpoch, editionDate: date, messageId, more, occasion },
      ...{ email, locale, timezone },
    };
    const digest = (await readDigests(deps, [addressed])).get(id)?.digest;
    const { sentence } = await explainDay(db, subscriber, date, now);
    return digest && (digest.papers.length > 0 || occasion === 'quiet' || occasion === 'late')
      ? await compose(deps, id, addressed, digest)
      : { ok: false, sentence };
  }
  const candidates = await deps.candidates();
  try {
    const at = Math.max(now, edition?.dueAt ?? now);
    const look = await lookAtEdition({ ...deps, at, candidates }, subscriber);
    if (look.digest) return await compose(deps, null, look.addressed, look.digest);
    return {
      ok: false,
      sentence: look.suppression
        ? 'The address must not be mailed.'
        : look.topics.length === 0
          ? 'They are subscribed to no topic.'
          : 'Nothing that they had not been sent already matches their topics now.',
    };
  } finally {
    candidates.close();
  }
}

async function compose(
  deps: PreviewMailDeps,
  deliveryId: number | null,
  addressed: Addressed,
  digest: Digest,
): Promise<PreviewedMail> {
  const { raw } = await deps.compose(addressed, digest);
  return { ok: true, deliveryId, addressed, digest, mail: await openMessage(raw), raw };
}
