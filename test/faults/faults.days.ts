import { expect, onTestFinished, test } from 'vitest';
import { startSink } from '../e2e/sink.ts';
import { killAtStep } from './kills.ts';
import { faultyMessages, messageFaults } from './smtp.ts';
import type { Step } from './steps.ts';
import { createWatch } from './watch.ts';
import { makeTemplate, openWorld } from './world.ts';

/** A few of the faults of `npm run test:faults`, and whether its watch sees what is wrong. */

// Each act starts processes; a busy machine starts them slowly.

test('whatever step it is killed at and whatever the mail server does, nobody gets a digest twice and nobody is lost', async () => {
  const template = await makeTemplate();
  const world = await openWorld(template, 7);
  onTestFinished(async () => {
    await world.close();
    template.remove();
  });
  for (const step of ['send.dot:after', 'record.commit:within'] satisfies Step[])
    expect(await killAtStep(world, step), step).toBeGreaterThan(0);
  const quick = messageFaults.filter(({ act }) => act !== 'hang');
  expect((await faultyMessages(world, quick)).length).toBeGreaterThan(0);
  await world.finish();
  expect(world.watch.wrong).toEqual([]);
  expect(world.watch.counts().mails).toBeGreaterThan(0);
});

test('the watch tells a mail that came twice, one that nobody recorded, and who was left out', async () => {
  const template = await makeTemplate();
  const sink = await startSink();
  onTestFinished(async () => {
    await sink.close();
    template.remove();
  });
  const watch = createWatch({ home: template, sink, titles: ['A paper'], connections: 1 });
  const mail = {
    ...{ order: 0, acceptedAt: 0, from: 'a@example.org', to: ['reader1@example.org'], messageId: '<1@x>' },
    ...{ subject: '', date: 0, headers: [], text: 'A paper', htmlBytes: 0, arxivIds: [] },
  };
  sink.caught.push(mail, mail);
  watch.look({ what: 'a test', ended: [] });
  watch.everybody('2026-06-22', ['reader1@example.org']);
  const told = watch.wrong.join('\n');
  expect(told).toMatch(/twice: reader1@example.org <1@x>/);
  expect(told).toMatch(/twice: reader1@example.org apaper/);
  expect(told).toMatch(/a mail without a row/);
  expect(told).toMatch(/lost: reader1@example.org has 0 rows/);
});
