import type { App } from '../../app.ts';
import { parseAddress } from '../../mail/addresses.ts';
import { type BounceEntry, type BounceFilter, listBounces } from '../../store/bounces.ts';
import { findDelivery } from '../../store/deliveries.ts';
import { bounceDocument, bounceShownDocument } from '../../web/api/documents.ts';
import { CommandError } from '../command.ts';
import type { BouncesDesk } from '../desk.ts';

const atOnce = 500;

export function localBounces(app: App): BouncesDesk {
  const { db } = app.store;
  return {
    async *list({ class: kind, email, delivery }, { beforeId, limit }) {
      const filter: Omit<BounceFilter, 'limit'> = {};
      if (kind !== undefined) filter.class = kind;
      if (email !== undefined) filter.emailKey = addressKey(email);
      if (delivery !== undefined) filter.deliveryId = delivery;
      if (beforeId !== undefined) filter.beforeId = beforeId;
      for (let left = limit; left > 0; ) {
        const most = Math.min(atOnce, left);
        const page: BounceEntry[] = await listBounces(db, { ...filter, limit: most });
        yield page.map(bounceDocument);
        if (page.length < most) return;
        left -= page.length;
        filter.beforeId = page.at(-1)?.id as number;
      }
    },
    async show(id) {
      const [entry] = await listBounces(db, { id, limit: 1 });
      if (!entry) throw new CommandError(`Nothing with the id ${id} came back.`);
      const { deliveryId } = entry;
      return bounceShownDocument(entry, deliveryId === null ? null : await findDelivery(db, deliveryId));
    },
  };
}

function addressKey(text: string): string {
  const parsed = parseAddress(text);
  if (!parsed.ok) throw new CommandError(parsed.message);
  return parsed.address.key;
}
