import { expect, test } from 'vitest';
import { fixedClock } from '../../src/clock.ts';
import { createReader } from '../../src/delivery/messages.ts';
import { unpaced } from '../../src/delivery/pace.ts';
import { send } from '../../src/delivery/send.ts';
import type { Digest } from '../../src/digest/digest.ts';
import { createOutbox } from '../../src/mail/outbox.ts';
import { storedPaper } from '../support/papers.ts';
import {
  insertPaper,
  insertSubscriber,
  insertTopic,
  temporaryFolder,
  temporaryStore,
} from '../support/store.ts';

const now = Date.parse('2026-06-22T08:00:00Z');

test('a paper withdrawn between plan and send is not shown, and not held as if it had been sent', async () => {
  const folder = temporaryFolder();
  const store = temporaryStore(folder);
  for (const id of [1, 2, 3]) await insertPaper(store, storedPaper({ id }));
  const topicId = await insertTopic(store, 'all', '*');
  store.raw.exec(`INSERT INTO plan_runs (id, at, started_at) VALUES (1, ${now}, ${now});
    INSERT INTO paper_notes (id, plan_run_id, note) VALUES (1, 1, '{}')`);
  for (const id of [1, 2]) {
    await insertSubscriber(store, { email: `s${id}@example.org`, topicIds: [topicId], from: now + 1 });
    store.raw.exec(`INSERT INTO deliveries (id, subscriber_id, plan_run_id, edition_date, status, message_id, due_at, planned_at, next_attempt_at, expires_at)
      VALUES (${id}, ${id}, 1, '2026-06-22', 'pending', '<${id}@test>', ${now}, ${now}, ${now}, ${now + 3_600_000})`);
  }
  store.raw.exec(
    `INSERT INTO delivery_papers VALUES (1, 0, 1, 1, NULL, 1, NULL), (1, 1, 1, 2, NULL, 1, NULL), (2, 0, 2, 2, NULL, 1, NULL)`,
  );
  store.raw.exec(`UPDATE papers SET withdrawn_at = ${now} WHERE id = 2`);

  const shown: number[][] = [];
  const report = await send({
    store,
    clock: fixedClock(now),
    transport: createOutbox({ dir: `${folder}/outbox` }),
    pace: unpaced,
    hashAddress: (key) => key,
    recordRefusals: async () => {},
    ready: createReader({
      db: store.db,
      links: () => ({ home: '', preferences: '', unsubscribe: '' }),
      compose: (delivery, digest: Digest) => {
        shown.push(digest.papers.map(({ paper }) => paper.id));
        return {
          from: 'f@test',
          to: delivery.email,
          messageId: delivery.messageId,
          raw: Buffer.from('x\r\n'),
        };
      },
    }),
  });
  expect(report).toMatchObject({ sent: 1, skipped: 1 });
  expect(shown).toEqual([[1]]);
  const held = store.raw
    .prepare('SELECT delivery_id d, paper_id p FROM delivery_papers WHERE released_at IS NULL')
    .all();
  expect(held).toEqual([{ d: 1, p: 1 }]);
});

test('a quiet day is sent without papers, an ordinary one never', async () => {
  const folder = temporaryFolder();
  const store = temporaryStore(folder);
  store.raw.exec(`INSERT INTO plan_runs (id, at, started_at) VALUES (1, ${now}, ${now})`);
  for (const [index, occasion] of ['quiet', 'day'].entries()) {
    const id = index + 1;
    await insertSubscriber(store, { email: `s${id}@example.org`, topicIds: [], from: now + 1 });
    store.raw.exec(`INSERT INTO deliveries (id, subscriber_id, plan_run_id, edition_date, status, message_id, due_at, planned_at, next_attempt_at, expires_at, occasion)
      VALUES (${id}, ${id}, 1, '2026-06-22', 'pending', '<${id}@test>', ${now}, ${now}, ${now}, ${now + 3_600_000}, '${occasion}')`);
  }
  const told: string[] = [];
  const report = await send({
    store,
    clock: fixedClock(now),
    transport: createOutbox({ dir: `${folder}/outbox` }),
    pace: unpaced,
    hashAddress: (key) => key,
    recordRefusals: async () => {},
    ready: createReader({
      db: store.db,
      links: () => ({ home: '', preferences: '', unsubscribe: '' }),
      compose: ({ email, messageId }, digest: Digest) => {
        told.push(`${email} ${digest.occasion} ${digest.papers.length}`);
        return { from: 'f@test', to: email, messageId, raw: Buffer.from('x\r\n') };
      },
    }),
  });
  expect(report).toMatchObject({ sent: 1, skipped: 1 });
  expect(told).toEqual(['s1@example.org quiet 0']);
});
