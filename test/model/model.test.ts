import fc from 'fast-check';
import { expect, test } from 'vitest';
import { play, type Tally } from './play.ts';
import { type Sending, type Settings, type Step, story } from './steps.ts';

const start = Date.parse('2026-03-07T12:00:00Z');
const daily: Settings = { zone: 'UTC', time: '08:00', days: [1, 2, 3, 4, 5, 6, 7], max: 1 };
const plainly: Sending = {
  processes: 1,
  lanes: 1,
  answers: ['ok'],
  server: 'up',
  turns: [0],
  limit: null,
  dies: null,
  meanwhile: null,
};
const join: Step = { do: 'join', topics: [0], ...daily };
const untilDue: Step = { do: 'untilDue', ms: 0 };
const plan: Step = { do: 'plan', processes: 1, sourceLate: false, diesAfter: null };
const send: Step = { do: 'send', ...plainly };

/** The short form of `npm run test:model`. */
test('whatever happens, everybody receives what the model says, once', async () => {
  await fc.assert(
    fc.asyncProperty(story(30), (one) => play(one)),
    { numRuns: 25, seed: 20260622 },
  );
}, 60_000);

test('two rows of one work are not sent one after the other when a sender died between', async () => {
  const tally: Tally = new Map();
  const steps: Step[] = [
    join,
    { do: 'publish', words: ['quasar'], age: 'today', count: 1, bareTitle: true },
    ...[untilDue, plan, send],
    { do: 'withdraw', paper: 0 },
    { do: 'twin', paper: 0, count: 1, bareTitle: false },
    ...[untilDue, plan],
    { do: 'send', ...plainly, dies: { after: 8 } },
    { do: 'unite', paper: 0 },
    { do: 'revise', paper: 1 },
    send,
  ];
  await play({ start, steps }, tally);
  expect(tally.get('sending: claimed')).toBe(1);
});

test('the model itself is heard: mail that it does not expect fails a story', async () => {
  const steps: Step[] = [
    join,
    { do: 'publish', words: ['quasar'], age: 'today', count: 1, bareTitle: false },
    ...[untilDue, plan, send],
  ];
  const meddling = (sql: string) => play({ start, steps }, new Map(), (raw) => raw.exec(sql));
  const sentAgain = "UPDATE deliveries SET status = 'pending', ended_at = NULL, next_attempt_at = 0";
  await expect(meddling(sentAgain)).rejects.toThrow('status is pending, not sent');
  await expect(meddling('UPDATE subscribers SET next_due_at = next_due_at + 1')).rejects.toThrow('is due');
  await expect(meddling('UPDATE delivery_papers SET released_at = 1')).rejects.toThrow('holds papers');
});
