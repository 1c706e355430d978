import { expect, test } from 'vitest';
import { keptLines, listRunLogLines } from '../../src/store/run-logs.ts';
import type { Log } from '../../src/watch/log-lines.ts';
import { createRunLog } from '../../src/watch/run-log.ts';
import { temporaryStore } from '../support/store.ts';

function listen() {
  const lines: string[] = [];
  const at = (level: string) => (_line: object, message: string) => lines.push(`${level} ${message}`);
  const log: Log = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  return { log, lines };
}

function open(kind: 'ingest' | 'plan' | 'send' = 'send') {
  const store = temporaryStore();
  const { log, lines } = listen();
  return { store, lines, run: createRunLog(kind, { db: store.db, now: () => 5, log }) };
}

test('what a run says goes to the log and is kept with the run, from before it had an id', async () => {
  const { store, lines, run } = open('plan');
  run.info({ stage: 'plan' }, 'plan begins');
  run.belongTo(3);
  run.step({ candidates: 7 }, 'candidates loaded');
  run.debug({}, 'only for who debugs');
  run.warn({}, 'slow');
  await run.close();
  expect(lines).toEqual([
    'info plan begins',
    'debug candidates loaded',
    'debug only for who debugs',
    'warn slow',
  ]);
  expect(await listRunLogLines(store.db, 'plan', 3)).toEqual([
    { line: 1, at: 5, level: 'info', message: 'plan begins', facts: { stage: 'plan' } },
    { line: 2, at: 5, level: 'info', message: 'candidates loaded', facts: { candidates: 7 } },
    { line: 3, at: 5, level: 'warn', message: 'slow', facts: {} },
  ]);
  expect(await listRunLogLines(store.db, 'send', 3)).toEqual([]);
});

test('of a run that says much the first and the last lines are kept, however it was written', async () => {
  const { store, run } = open();
  run.belongTo(1);
  for (let n = 1; n <= 5000; n++) {
    run.info({ n }, 'line');
    if (n % 1234 === 0) await run.close();
  }
  await run.close();
  const kept = (await listRunLogLines(store.db, 'send', 1)).map(({ line }) => line);
  expect(kept).toHaveLength(keptLines.first + keptLines.last);
  expect([kept[0], kept[keptLines.first - 1], kept[keptLines.first], kept.at(-1)]).toEqual([
    1,
    keptLines.first,
    5001 - keptLines.last,
    5000,
  ]);
});

test('no address is kept, whatever a line holds', async () => {
  const { store, run } = open();
  run.belongTo(1);
  run.error(
    {
      reply: '550 <ana@example.org> unknown',
      err: new Error('no box for ana@example.org'),
      more: [{ text: 'ana@example.org' }],
    },
    'delivery failed',
  );
  await run.close();
  const [line] = await listRunLogLines(store.db, 'send', 1);
  expect(line?.facts).toEqual({
    reply: '550 <> unknown',
    err: 'Error: no box for <>',
    more: [{ text: '<>' }],
  });
});

test('a line that cannot be kept is told of once and stops nothing', async () => {
  const { store, lines, run } = open();
  store.raw.exec('DROP TABLE run_logs');
  run.belongTo(1);
  run.info({}, 'one');
  await run.close();
  run.info({}, 'two');
  await run.close();
  expect(lines).toEqual(['info one', 'warn the log of a run could not be kept', 'info two']);
});
