import { candidateSchema, paperSchema, paperShownSchema } from '../../web/api/paper-document.ts';
import type { PapersDesk } from '../desk.ts';
import type { Client } from './client.ts';
import { take } from './pages.ts';

const candidates = { name: 'candidates', schema: candidateSchema };

export function remotePapers(client: Client): PapersDesk {
  return {
    async candidates(limit) {
      const pages = client.pages('/papers/candidates', { limit: Math.min(limit, 200) }, candidates);
      return (await Array.fromAsync(take(pages, limit))).flat();
    },
    list(limit) {
      const query = { query: '*', sort: 'date', limit: Math.min(limit, 100) };
      return take(client.pages('/papers', query, { name: 'papers', schema: paperSchema }), limit);
    },
    async show(name) {
      const { paper, signals } = await client.get(
        `/papers/${encodeURIComponent(name)}`,
        {},
        paperShownSchema,
      );
      const found = client.pages('/papers/candidates', { key: paper.key }, candidates);
      const { value: page } = await found.next();
      return { paper, signals, candidate: page?.[0] ?? null };
    },
  };
}
