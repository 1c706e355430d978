import { dryCountSchema, dryDigestSchema } from '../../web/api/dry-run.ts';
import { runLogSchema, runLookSchema, runSchema } from '../../web/api/runs.ts';
import { CommandError } from '../command.ts';
import type { RunsDesk } from '../desk.ts';
import type { Client } from './client.ts';
import { take } from './pages.ts';

/** How long it is until one asks again how far a count is. */
const askAgainMs = { first: 100, most: 2_000 };

export function remoteRuns(client: Client): RunsDesk {
  return {
    async list(kind, limit) {
      const query = { limit: Math.min(limit, 200) };
      const pages = client.pages(`/runs/${kind}`, query, { name: 'runs', schema: runSchema });
      return (await Array.fromAsync(take(pages, limit))).flat();
    },
    async show(kind, id) {
      const { run } = await client.get(`/runs/${kind}/${id}`, {}, runLookSchema);
      const { lines } = await client.get(`/runs/${kind}/${id}/log`, {}, runLogSchema);
      return { run, log: lines };
    },
    async dryRun({ until: given, limit, onProgress }) {
      const query = { until: given ?? undefined };
      const pages = client.pages(
        '/dry-run',
        { ...query, limit: Math.min(limit, 100) },
        { name: 'digests', schema: dryDigestSchema },
      );
      const first = (await Array.fromAsync(take(pages, limit))).flat();
      for (let waitMs = askAgainMs.first; ; waitMs = Math.min(waitMs * 1.5, askAgainMs.most)) {
        const { until, finished, summary } = await client.get('/dry-run/count', query, dryCountSchema);
        if (finished && !summary) throw new CommandError('The server could not count them.');
        if (summary) onProgress(summary.done, summary.due);
        if (finished && summary) {
          const { done: _, ...counts } = summary;
          return { until, summary: counts, first };
        }
        await client.wait(waitMs);
      }
    },
  };
}
