import type { SendDeps } from '../../src/delivery/run.ts';
import { send } from '../../src/delivery/send.ts';
import type { Outcome, OutgoingMessage, Phase, Reply, Transport } from '../../src/mail/transport.ts';
import type { Store } from '../../src/store/store.ts';
import { storedPaper } from '../support/papers.ts';
import { insertPaper, insertTopic, temporaryStore } from '../support/store.ts';

/** Deliveries that are ready at `now`, and a mail server that answers what the test says. */

export const now = Date.parse('2026-06-22T08:00:00Z');
export const hourMs = 3_600_000;

export const reply = (phase: Phase, code: number | null, text = 'said'): Reply => ({
  phase,
  code,
  enhanced: /^\d{3} (\d\.\d+\.\d+)/.exec(text)?.[1] ?? null,
  text,
});
export const sent: Outcome = { kind: 'sent', reply: reply('reply', 250) };

/** Each address with a pending delivery of one paper, in this order, ids from 1; they expire after 16 hours. */
export async function storeWithPendingFor(emails: readonly string[]): Promise<Store> {
  const store = temporaryStore();
  await insertPaper(store, storedPaper({ id: 1 }));
  const topicId = await insertTopic(store, 'all', '*');
  store.raw.exec(`INSERT INTO plan_runs (id, at, started_at) VALUES (1, ${now}, ${now})`);
  store.raw.exec(`INSERT INTO paper_notes (id, plan_run_id, note) VALUES (1, 1, '{}')`);
  store.raw.exec('BEGIN');
  const subscriber = store.raw.prepare(
    `INSERT INTO subscribers (id, email, email_key, status, timezone, digest_time, days, max_papers, locale, next_due_at, created_at, updated_at)
     VALUES (?, ?, ?, 'active', 'UTC', '08:00', 'mon', 10, 'en', ${now + 24 * hourMs}, 0, 0)`,
  );
  const delivery = store.raw.prepare(
    `INSERT INTO deliveries (id, subscriber_id, plan_run_id, edition_date, status, message_id, due_at, planned_at, next_attempt_at, expires_at)
     VALUES (@id, @id, 1, '2026-06-22', 'pending', @messageId, @now, @now, @now, @expiresAt)`,
  );
  const paper = store.raw.prepare('INSERT INTO delivery_papers VALUES (@id, 0, @id, 1, @topicId, 1, NULL)');
  emails.forEach((email, index) => {
    const id = index + 1;
    subscriber.run(id, email, email);
    delivery.run({ id, messageId: `<${id}@test>`, now, expiresAt: now + 16 * hourMs });
    paper.run({ id, topicId });
  });
  store.raw.exec('COMMIT');
  return store;
}

export interface FakeTransport extends Transport {
  accepted: string[];
  /** The most sends that were ever under way at once. */
  peak: number;
}

export function fakeTransport(
  answer: (message: OutgoingMessage) => Outcome | Promise<Outcome>,
  concurrency = 3,
): FakeTransport {
  let open = 0;
  const transport: FakeTransport = {
    description: 'fake',
    concurrency,
    accepted: [],
    peak: 0,
    verify: async () => null,
    close: async () => {},
    reserve: async () => ({ ok: true, send: transport.send, release() {} }),
    async send(message) {
      transport.peak = Math.max(transport.peak, ++open);
      await new Promise(setImmediate);
      const outcome = await answer(message);
      open--;
      if (outcome.kind === 'sent') transport.accepted.push(message.to);
      return outcome;
    },
  };
  return transport;
}

export function sendWith(store: Store, transport: Transport, more: Partial<SendDeps> = {}) {
  return send({
    store,
    clock: { now: () => now },
    transport,
    pace: { wait: async () => {} },
    hashAddress: (key) => `hash of ${key}`,
    recordRefusals: async () => {},
    ready: async (deliveries) =>
      deliveries.map((delivery) => ({
        delivery,
        build: () => ({
          from: 'f@test',
          to: delivery.email,
          messageId: delivery.messageId,
          raw: Buffer.from('x'),
        }),
      })),
    ...more,
  });
}

export const statuses = (store: Store) =>
  store.raw.prepare('SELECT status, reason, count(*) n FROM deliveries GROUP BY 1, 2 ORDER BY 1, 2').all();
export const released = (store: Store) =>
  store.raw.prepare('SELECT count(*) FROM delivery_papers WHERE released_at IS NOT NULL').pluck().get();
