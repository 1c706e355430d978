import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type App, openApp } from '../../../src/app.ts';
import { silence } from '../../../src/cli/log.ts';
import type { Clock } from '../../../src/clock.ts';
import { runIngest, runPlan, runSend } from '../../../src/stages.ts';
import { addSubscriber } from '../../../src/subscribers/subscribers.ts';
import { openSignedIn } from '../admin-pages.ts';

/** A morning that has run: papers of the sample, five readers, their digests in the outbox. */
export const morning = Date.parse('2026-06-22T08:00:00Z');

export interface Day {
  app: App;
  /** As it was when it began: all sent. */
  reset(): void;
  close(): Promise<void>;
  /** Makes deliveries end otherwise than they did; ids from 1, as the readers. */
  end(id: number, status: 'failed' | 'uncertain' | 'pending', reason: string | null): void;
}

export async function openDay(env: Record<string, string> = {}): Promise<Day> {
  const folder = mkdtempSync(join(tmpdir(), 'paperboy-day-'));
  let now = morning - 2 * 3_600_000;
  const clock: Clock = { now: () => now };
  const app = await openApp({
    env: { DATABASE_URL: `sqlite:${join(folder, 'p.db')}`, SECRET_KEY: 'k'.repeat(43), ...env },
    cwd: folder,
    clock,
  });
  await runIngest(app, silence, {
    file: join(import.meta.dirname, '../../../data/sample/2026-06-22.jsonl'),
  });
  for (const name of ['ana', 'ben', 'eva', 'ida', 'tom'])
    await addSubscriber(
      app.store.db,
      { email: `${name}@example.org`, topics: ['everything'], timezone: 'UTC' },
      app.config.digest,
      now,
      app.hashAddress,
    );
  now = morning;
  await runPlan(app, silence);
  await runSend(app, silence);
  return {
    app,
    reset() {
      app.store.raw.exec(
        `UPDATE deliveries SET status = 'sent', reason = NULL, ended_at = ${now}, next_attempt_at = NULL;
         UPDATE delivery_papers SET released_at = NULL;
         UPDATE subscribers SET status = 'active', next_due_at = ${now + 24 * 3_600_000}`,
      );
    },
    async close() {
      await app.close();
      rmSync(folder, { recursive: true });
    },
    end(id, status, reason) {
      app.store.raw
        .prepare(
          `UPDATE deliveries SET status = @status, reason = @reason, detail = 'rcpt: 550 5.7.1 no',
             ended_at = iif(@status = 'pending', NULL, ${now}), next_attempt_at = iif(@status = 'pending', ${now}, NULL) WHERE id = @id`,
        )
        .run({ id, status, reason });
      const released = status === 'failed' ? now : null;
      app.store.raw
        .prepare('UPDATE delivery_papers SET released_at = ? WHERE delivery_id = ?')
        .run(released, id);
    },
  };
}

/** The day's pages with somebody signed in. */
export async function openDayPages(day: Day) {
  const { app } = day;
  return await openSignedIn(app.store, { at: morning, with: { ...app } });
}
