import { expect, test } from 'vitest';
import { findHoldingWorkers, recoverWorker } from '../../src/store/dead-workers.ts';
import { loadHealth } from '../../src/store/health.ts';
import { unclaim } from '../../src/store/ledger.ts';
import { temporaryStore } from '../support/store.ts';

test('what asks for deliveries that are under way never reads all there ever were', async () => {
  const store = temporaryStore();
  const asked: string[] = [];
  const { prepare } = store.raw;
  store.raw.prepare = ((sql: string) => {
    asked.push(sql);
    return prepare.call(store.raw, sql);
  }) as typeof store.raw.prepare;
  await findHoldingWorkers(store.db);
  await unclaim(store.db, 'worker');
  await recoverWorker(store.db, 'worker', 0, 'resend');
  await loadHealth(store);
  store.raw.prepare = prepare;

  const plans = asked
    .filter((sql) => /\bdeliveries\b/.test(sql))
    .map((sql) => {
      const statement = store.raw.prepare(`EXPLAIN QUERY PLAN ${sql}`);
      const slots = sql.match(/\?/g)?.length ?? 0;
      return (statement.all(...Array(slots).fill('x')) as { detail: string }[])
        .map((row) => row.detail)
        .join('; ');
    });
  expect(plans.length).toBeGreaterThanOrEqual(4);
  for (const plan of plans)
    expect(plan).not.toMatch(/SCAN deliveries(?! USING (COVERING )?INDEX deliveries_(open|ready))/);
});
