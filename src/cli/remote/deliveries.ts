import type { z } from '@hono/zod-openapi';
import { deliveryLookSchema, manySchema, releasedSchema, retriedSchema } from '../../web/api/deliveries.ts';
import { deliverySchema } from '../../web/api/delivery-document.ts';
import type { DeliveriesDesk } from '../desk.ts';
import type { Client } from './client.ts';
import { take } from './pages.ts';

const toldRefusals = 20;

export function remoteDeliveries(client: Client): DeliveriesDesk {
  return {
    list(search, { beforeId, limit }) {
      const query = { ...search, limit: beforeId === undefined ? Math.min(limit, 200) : 200 };
      const pages = client.pages('/deliveries', query, { name: 'deliveries', schema: deliverySchema });
      return take(pages, limit, ({ id }) => beforeId === undefined || id < beforeId);
    },
    // Counting reads every delivery; a server that sends meanwhile is not asked to.
    count: async () => null,
    async show(id) {
      return (await client.get(`/deliveries/${id}`, {}, deliveryLookSchema)).delivery;
    },
    retry: (id) => client.post(`/deliveries/${id}/retry`, {}, retriedSchema),
    resolve: (id, as) => client.post(`/deliveries/${id}/resolve`, { as }, deliverySchema),
    release: (id) => client.post(`/deliveries/${id}/release`, {}, releasedSchema),
    async countFor(search, many) {
      const found = await client.post('/deliveries/many', { ...many, search }, manySchema);
      return { count: found.count ?? 0, upToId: found.nextUpTo };
    },
    async actOnMany(search, many, upToId, onProgress) {
      const report = { done: 0, refused: 0, refusals: [] as { id: number; message: string }[] };
      for (let upTo: number | null = upToId; upTo; ) {
        const some: z.infer<typeof manySchema> = await client.post(
          '/deliveries/many',
          { ...many, search, upTo },
          manySchema,
        );
        report.done += some.done;
        report.refused += some.refused;
        report.refusals.push(...some.refusals.slice(0, toldRefusals - report.refusals.length));
        onProgress(report.done + report.refused);
        upTo = some.nextUpTo;
      }
      return report;
    },
  };
}
