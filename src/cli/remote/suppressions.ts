import { liftedSchema, suppressedSchema, suppressionSchema } from '../../web/api/returns.ts';
import { suppressionImportSchema } from '../../web/api/suppression-lists.ts';
import type { SuppressionsDesk } from '../desk.ts';
import { bounded } from './bounded.ts';
import type { Client } from './client.ts';
import { take } from './pages.ts';

export function remoteSuppressions(client: Client): SuppressionsDesk {
  return {
    async list({ email, reason, lifted, afterId, limit }) {
      const most = afterId > 0 ? 500 : Math.min(limit, 500);
      const query = { email, reason, lifted: lifted ? 'yes' : 'no', limit: most };
      const of = { name: 'suppressions', schema: suppressionSchema };
      const pages = client.pages('/suppressions', query, of);
      return (await Array.fromAsync(take(pages, limit, ({ id }) => id > afterId))).flat();
    },
    async add(email, note) {
      const given = { email, ...(note === null ? {} : { note }) };
      return (await client.post('/suppressions', given, suppressedSchema)).added;
    },
    async lift(email, note) {
      await client.post('/suppressions/lift', { email, note }, liftedSchema);
    },
    importList: (input) =>
      client.upload('/suppressions/import', 'text/csv', bounded(input), suppressionImportSchema),
    async *exportList() {
      const text = new TextDecoder();
      for await (const piece of client.download('/suppressions/export.csv', {}, 'text/csv'))
        yield text.decode(piece, { stream: true });
    },
  };
}
