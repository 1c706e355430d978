import { join } from 'node:path';
import { expect, test } from 'vitest';
import { audit } from './audit.ts';
import { everyDay } from './calendar.ts';
import { countStatuses, readLedger } from './ledger.ts';
import { iso, makeHome, type RunAnswer, untilEnded } from './paperboy.ts';
import { startSink } from './sink.ts';
import { writeSubscribers } from './synthetic.ts';

const at = Date.parse('2026-06-22T08:00:00Z');

test('SIGTERM lets what is on its way end, leaves the rest in the queue and nothing uncertain', async ({
  onTestFinished,
}) => {
  const count = 120;
  let tell = () => {};
  const someCaught = new Promise<void>((resolve) => {
    tell = resolve;
  });
  const sink = await startSink({
    delayMs: 15,
    onCaught: ({ order }) => {
      if (order >= 10) tell();
    },
  });
  const home = makeHome({ SMTP_URL: sink.url, SMTP_CONNECTIONS: '3' });
  onTestFinished(async () => {
    await sink.close();
    home.remove();
  });
  const before = ['--at', iso(at - 3_600_000)];
  const papers = new URL('../fixtures/e2e/papers.jsonl', import.meta.url).pathname;
  await home.answer(['ingest', '--file', papers, ...before]);
  await home.answer(['topics', 'add', 'all-of-it', '--name', 'All', '--query', '*', ...before]);
  const wishes = Array.from({ length: count }, (_none, n) => ({
    ...{ email: `reader${n}@example.org`, timezone: 'UTC', time: '08:00', days: everyDay },
    ...{ maxPapers: 5, topics: ['all-of-it'] },
  }));
  await home.answer(['subscribers', 'import', writeSubscribers(join(home.dir, 's.csv'), wishes), ...before]);

  const child = home.start(['run', '--no-ingest', '--json', '--at', iso(at)]);
  const ended = untilEnded(child);
  await someCaught;
  child.kill('SIGTERM');
  const first = await ended;
  expect(first.signal).toBeNull();
  const { send } = JSON.parse(first.stdout) as RunAnswer;
  expect(send).toMatchObject({ sent: sink.caught.length, uncertain: 0, failed: 0 });
  expect(send.sent).toBeGreaterThan(9);
  expect(send.sent).toBeLessThan(count);
  expect(countStatuses(home.database)).toEqual({ sent: send.sent, pending: count - send.sent });

  const rest = await home.answer<RunAnswer>(['run', '--no-ingest', '--at', iso(at)]);
  expect(rest.send.sent).toBe(count - send.sent);
  expect(countStatuses(home.database)).toEqual({ sent: count });
  expect(audit(readLedger(home.database), sink.caught)).toEqual([]);
});
