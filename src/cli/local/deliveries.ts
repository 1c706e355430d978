import type { App } from '../../app.ts';
import {
  type ActDeps,
  type ActResult,
  releaseDelivery,
  resolveDelivery,
  retryDelivery,
} from '../../delivery/acts.ts';
import { actOnMany, searchFor } from '../../delivery/acts-on-many.ts';
import { readDeliverySearch } from '../../delivery/read-search.ts';
import { countDeliveries, listDeliveries } from '../../store/deliveries.ts';
import { countFound, type DeliverySearch, findDeliveryIds } from '../../store/delivery-search.ts';
import { deliveryDocument } from '../../web/api/documents.ts';
import { CommandError } from '../command.ts';
import type { DeliveriesDesk, DeliveryDocument, DeliverySearchGiven } from '../desk.ts';

export function localDeliveries(app: App): DeliveriesDesk {
  const { db } = app.store;
  const deps = (): ActDeps => ({ db, now: app.clock.now(), hashAddress: app.hashAddress });

  async function read(given: DeliverySearchGiven): Promise<DeliverySearch> {
    const { search, problems } = await readDeliverySearch(db, { ...given });
    if (problems.length === 0) return search;
    throw new CommandError(problems.map(({ message }) => message).join('\n'));
  }

  async function show(id: number): Promise<DeliveryDocument> {
    const [entry] = await listDeliveries(db, { id, limit: 1 });
    if (!entry) throw new CommandError(`There is no delivery ${id}.`);
    return deliveryDocument(entry);
  }

  return {
    async *list(given, { beforeId, limit }) {
      const search = await read(given);
      let before = beforeId;
      for (let left = limit; left > 0; ) {
        const page = { limit: Math.min(500, left), ...(before === undefined ? {} : { beforeId: before }) };
        const ids = await findDeliveryIds(db, search, page);
        yield (await listDeliveries(db, { ids, limit: ids.length })).map(deliveryDocument);
        if (ids.length < page.limit) return;
        left -= ids.length;
        before = ids.at(-1);
      }
    },
    async count(given) {
      const search = await read(given);
      return search.topicId === undefined ? await countDeliveries(db, search) : null;
    },
    show,
    async retry(id) {
      const { papers, dropped } = orFail(await retryDelivery(deps(), id));
      return { delivery: await show(id), papers, dropped };
    },
    async resolve(id, as) {
      orFail(await resolveDelivery(deps(), id, as));
      return await show(id);
    },
    async release(id) {
      const { papers } = orFail(await releaseDelivery(deps(), id));
      return { delivery: await show(id), papers };
    },
    async countFor(given, many) {
      const { count, lastId } = await countFound(db, searchFor(await read(given), many), 1_000_000);
      return { count, upToId: lastId };
    },
    async actOnMany(given, many, upToId, onProgress) {
      const search = await read(given);
      return await actOnMany(deps(), { search, many, upToId, onProgress });
    },
  };
}

function orFail<Done>(result: ActResult<Done>): Done {
  if (!result.ok) throw new CommandError(result.message);
  return result;
}
