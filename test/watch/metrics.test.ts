import { beforeEach, describe, expect, test } from 'vitest';
import { fixedClock } from '../../src/clock.ts';
import { type Attempt, tellAttempts } from '../../src/mail/attempts.ts';
import type { Outcome, Transport } from '../../src/mail/transport.ts';
import { raiseAlert } from '../../src/store/alerts.ts';
import type { Store } from '../../src/store/store.ts';
import { createMetrics } from '../../src/watch/metrics.ts';
import { temporaryStore } from '../support/store.ts';
import { addDelivery, addReaders, end, now } from './deliveries.ts';

let store: Store;
let tell: (attempt: Attempt) => void;
let read: () => Promise<string>;
const hourMs = 3_600_000;

beforeEach(() => {
  store = temporaryStore();
  addReaders(store, 9);
  const metrics = createMetrics({
    store,
    clock: fixedClock(now),
    config: { sources: { enabled: ['arxiv'] } },
    version: '1.2.3',
    onAttempt: (listener) => {
      tell = listener;
    },
  });
  read = () => metrics.read();
});

/** The value of a series as it is written, or null. */
async function value(series: string): Promise<number | null> {
  const line = (await read()).split('\n').find((one) => one.startsWith(`${series} `));
  return line === undefined ? null : Number(line.slice(series.length + 1));
}

describe('the metrics', () => {
  test('count what was due and how it ended, by reason, and go on counting when the rows are pruned', async () => {
    store.raw.exec('UPDATE plan_runs SET due = 5');
    end(store, addDelivery(store, 1), 'sent', null);
    end(store, addDelivery(store, 2), 'failed', 'expired');
    end(store, addDelivery(store, 3), 'failed', 'recipient_refused');
    end(store, addDelivery(store, 4), 'uncertain', 'no_reply');
    addDelivery(store, 5, { status: 'skipped', reason: 'nothing_new', endedAt: now });
    store.raw.exec("DELETE FROM deliveries WHERE status = 'failed'");
    expect(await value('paperboy_digests_due_total')).toBe(5);
    expect(await value('paperboy_digests_sent_total')).toBe(1);
    expect(await value('paperboy_digests_failed_total{reason="expired"}')).toBe(1);
    expect(await value('paperboy_digests_failed_total{reason="recipient_refused"}')).toBe(1);
    expect(await value('paperboy_digests_skipped_total{reason="nothing_new"}')).toBe(1);
    expect(await value('paperboy_digests_uncertain_total{reason="no_reply"}')).toBe(1);
    expect(await value('paperboy_uncertain_deliveries')).toBe(1);
  });

  test('an uncertain delivery that is resolved as sent says nothing about lateness', async () => {
    const first = addDelivery(store, 1, { dueAt: now - 20 * 60_000 });
    end(store, first, 'sent', null, now - 15 * 60_000);
    const second = addDelivery(store, 2, { dueAt: now - 30 * hourMs });
    end(store, second, 'uncertain', 'no_reply');
    end(store, second, 'sent', null, now);
    expect(await value('paperboy_digests_sent_total')).toBe(2);
    expect(await value('paperboy_digest_lateness_seconds')).toBe(300);
    expect(await value('paperboy_digest_lateness_day_max_seconds')).toBe(300);
  });

  test('tell the queue apart by what can go now and what waits, and for how long', async () => {
    addDelivery(store, 1, { dueAt: now - hourMs, nextAttemptAt: now });
    addDelivery(store, 2, { dueAt: now - 600_000, nextAttemptAt: now + 1 });
    store.raw.exec(`UPDATE subscribers SET next_due_at = ${now - 2 * hourMs} WHERE id = 9`);
    expect(await value('paperboy_queue_deliveries{state="ready"}')).toBe(1);
    expect(await value('paperboy_queue_deliveries{state="later"}')).toBe(1);
    expect(await value('paperboy_subscribers_due')).toBe(1);
    expect(await value('paperboy_digest_waiting_seconds')).toBe(7200);
  });

  test('tell how old is what the sources brought, for those that are asked', async () => {
    const state = store.raw.prepare(`INSERT INTO source_states
      (source, category, state, checked_at, first_checked_at, last_new_at) VALUES (?, '', ?, ?, 0, ?)`);
    state.run('arxiv', 'late', now, now - 90_000);
    state.run('huggingface', 'fresh', now, now);
    const run = store.raw.prepare(
      'INSERT INTO ingest_runs (source, started_at, finished_at, status, error) VALUES (?, ?, ?, ?, ?)',
    );
    run.run('arxiv', now - 65_000, now - 60_000, 'ok', null);
    run.run('arxiv', now - 5_000, now - 1_000, 'failed', 'It did not answer.');
    expect(await value('paperboy_source_success_age_seconds{source="arxiv"}')).toBe(60);
    expect(await value('paperboy_source_new_paper_age_seconds{source="arxiv"}')).toBe(90);
    expect(await value('paperboy_source_state{source="arxiv",state="late"}')).toBe(1);
    expect(await value('paperboy_source_state{source="arxiv",state="fresh"}')).toBe(0);
    expect(await read()).not.toContain('huggingface');
  });

  test('tell subscribers, bounces, alerts, sizes and the process', async () => {
    store.raw.exec(`INSERT INTO bounces (event_key, origin, class, reason, diagnostic, recorded_at)
      VALUES ('k', 'mail', 'hard', 'user_unknown', '', ${now})`);
    store.raw.exec(
      `INSERT INTO suppressions (address_hash, reason, origin, created_at) VALUES ('h', 'manual', 'admin', 1)`,
    );
    await raiseAlert(store.db, 'disk_full', 'x', now);
    expect(await value('paperboy_subscribers{status="active"}')).toBe(9);
    expect(await value('paperboy_bounces_total{class="hard"}')).toBe(1);
    expect(await value('paperboy_suppressions')).toBe(1);
    expect(await value('paperboy_alert_standing{cause="disk_full"}')).toBe(1);
    expect(await value('paperboy_database_bytes')).toBeGreaterThan(50_000);
    expect(await value('paperboy_disk_free_bytes')).toBeGreaterThan(0);
    expect(await value('process_start_time_seconds')).toBeGreaterThan(0);
    expect(await value('paperboy_build_info{version="1.2.3"}')).toBe(1);
  });

  test('every one has a help text, and a name by the conventions', async () => {
    addDelivery(store, 1);
    const text = await read();
    for (const [, name, type] of text.matchAll(/^# TYPE (paperboy_\S+) (\w+)$/gm)) {
      expect(text).toMatch(new RegExp(`^# HELP ${name} \\S.{10,}$`, 'm'));
      expect(name?.endsWith('_total')).toBe(type === 'counter');
    }
  });

  test('hold no address, whatever the tables hold', async () => {
    end(store, addDelivery(store, 1), 'failed', 'recipient_refused');
    store.raw.exec("UPDATE deliveries SET detail = 'reply: 550 reader1@example.org is gone'");
    expect(await read()).not.toMatch(/@|example/);
  });

  test('show the process even when the database cannot be read', async () => {
    addDelivery(store, 1);
    await read();
    await store.close();
    expect(await value('paperboy_database_up')).toBe(0);
    expect(await value('paperboy_queue_deliveries{state="ready"}')).toBeNull();
    expect(await value('paperboy_subscribers_due')).toBeNull();
    expect(await value('process_start_time_seconds')).toBeGreaterThan(0);
  });

  test('tell how long the mail server took, by outcome', async () => {
    tell({ outcome: 'sent', durationMs: 30 });
    tell({ outcome: 'sent', durationMs: 700 });
    tell({ outcome: 'retry', durationMs: 5 });
    expect(await value('paperboy_smtp_duration_seconds_bucket{le="0.05",outcome="sent"}')).toBe(1);
    expect(await value('paperboy_smtp_duration_seconds_count{outcome="sent"}')).toBe(2);
    expect(await value('paperboy_smtp_duration_seconds_sum{outcome="sent"}')).toBeCloseTo(0.73);
    expect(await value('paperboy_smtp_duration_seconds_count{outcome="retry"}')).toBe(1);
  });
});

describe('telling attempts', () => {
  const reply = { phase: 'reply', code: 250, enhanced: null, text: '250 ok' } as const;
  const message = { from: 'a@example.org', to: 'b@example.org', messageId: '<a@b>', raw: Buffer.from('') };
  const transport = (outcome: Outcome): Transport => ({
    description: 'a test',
    concurrency: 1,
    verify: async () => null,
    reserve: async () => ({ ok: true, send: async () => outcome, release() {} }),
    send: async () => outcome,
    close: async () => {},
  });

  test('every message counts once, whichever way it is sent, and its outcome is passed on', async () => {
    const attempts: Attempt[] = [];
    const told = tellAttempts(transport({ kind: 'sent', reply }), (attempt) => attempts.push(attempt));
    expect(await told.send(message)).toEqual({ kind: 'sent', reply });
    const reserved = await told.reserve();
    if (reserved.ok) await reserved.send(message);
    expect(attempts.map(({ outcome }) => outcome)).toEqual(['sent', 'sent']);
    expect(attempts[0]?.durationMs).toBeGreaterThanOrEqual(0);
  });

  test('a server that lets nobody in was handed nothing', async () => {
    const attempts: Attempt[] = [];
    const outcome: Outcome = { kind: 'stop', cause: 'unreachable', reply };
    const closed = { ...transport(outcome), reserve: async () => ({ ok: false, outcome }) as const };
    expect(await tellAttempts(closed, (attempt) => attempts.push(attempt)).send(message)).toEqual(outcome);
    expect(attempts).toEqual([]);
  });
});
