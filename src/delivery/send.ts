import { randomBytes } from 'node:crypto';
import type { OutgoingMessage, Reply } from '../mail/transport.ts';
import { countReady, type LastLook, unclaim } from '../store/ledger.ts';
import { lockWorker } from '../store/worker-lock.ts';
import { createGroupCommit } from './group-commit.ts';
import { createQueue } from './queue.ts';
import type { ReadyDelivery } from './ready.ts';
import { recoverDead } from './recover.ts';
import type { End, Run, SendCounts, SendDeps, SendReport } from './run.ts';
import { openSendRecord } from './send-record.ts';
import { sayReply, settle, stopRun } from './settle.ts';
import { createSlowDomains } from './slow-domains.ts';

/**
 * Sends every delivery whose time has come: claim, render, mark, hand over, record. Any number of processes
 * may do so at once. Never rejects for what a mail server does; rejects when the database cannot be written.
 */
export async function send(deps: SendDeps): Promise<SendReport> {
  const { store, clock, transport, signal } = deps;
  const recovered = await recoverDead(store, clock.now(), deps.uncertain);
  const counts: SendCounts = { sent: 0, retry: 0, failed: 0, uncertain: 0, skipped: 0 };
  const worker = randomBytes(12).toString('hex');
  const lock = lockWorker(store.file, worker);
  const slow = createSlowDomains(store.db, clock.now, transport.concurrency);
  const queue = createQueue(deps, worker, slow);
  const { hashAddress, recordRefusals } = deps;
  const commit = createGroupCommit({ db: store.db, worker, now: clock.now, hashAddress, recordRefusals });
  const stopping = new AbortController();
  const halted = new Promise<'halted'>((resolve) =>
    stopping.signal.addEventListener('abort', () => resolve('halted'), { once: true }),
  );
  const run: Run = {
    deps,
    counts,
    queue,
    commit,
    slow,
    stopped: null,
    stopping,
    halted,
    policyRefusals: 0,
    silences: 0,
  };
  const ready = await countReady(store.db, clock.now());
  const total = Math.min(ready, deps.limit ?? Number.MAX_SAFE_INTEGER);
  const record = await openSendRecord(deps, { worker, ready, recovered }).catch((error: unknown) => {
    lock.release();
    throw error;
  });
  if (record.id !== null) deps.onRun?.(record.id);
  const report = () => {
    record.progress(counts);
    deps.onProgress?.(
      Object.values(counts).reduce((a, b) => a + b, 0),
      total,
    );
  };
  report();
  const onAbort = () => stopRun(run, 'signal', 'asked to stop');
  if (signal?.aborted) onAbort();
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    const lanes = Array.from({ length: Math.max(1, Math.min(transport.concurrency, total)) }, () =>
      lane(run, report),
    );
    const ended = await Promise.allSettled(lanes);
    await commit.settled();
    for (const one of ended) if (one.status === 'rejected') throw one.reason;
    if (!run.stopped && ended.every((one) => one.status === 'fulfilled' && one.value !== null) && total > 0) {
      const refused = ended.find((one) => one.status === 'fulfilled' && one.value !== null);
      if (
        refused?.status === 'fulfilled' &&
        refused.value &&
        (await countReady(store.db, clock.now())) + queue.held() > 0
      )
        run.stopped = { cause: 'unavailable', message: sayReply(refused.value) };
    }
    await record.finish(counts, run.stopped);
  } catch (error) {
    const message = (error as Error).message.slice(0, 500);
    // It may be the database that failed.
    await record.finish(counts, { cause: 'error', message }).catch(() => {});
    throw error;
  } finally {
    signal?.removeEventListener('abort', onAbort);
    // A lock that outlives the run would make what a failed run still holds look as if somebody were at it.
    await unclaim(store.db, worker).finally(() => lock.release());
  }
  return { ...counts, sendRunId: record.id, recovered, stopped: run.stopped };
}

/**
 * One connection's work. Resolves to null when the queue is empty or the run stops, or to the reply with
 * which the server did not let this connection in: the other connections go on without it.
 */
async function lane(run: Run, report: () => void): Promise<Reply | null> {
  for (;;) {
    const next = await run.queue.take();
    if (!next) return null;
    const refused = await attempt(run, next).finally(() => run.queue.done(next));
    report();
    if (refused) return refused;
  }
}

/** One delivery from the last look to its recorded end. Returns the reply when the server refuses the connection. */
async function attempt(run: Run, next: ReadyDelivery): Promise<Reply | null> {
  const { deps, counts, commit } = run;
  const { delivery } = next;
  const end: End = (count, ending, refusal) => {
    if (count) counts[count]++;
    deps.onEnding?.(delivery, ending);
    commit.end(next.withdrawn?.length ? { ...ending, withdrawnPapers: next.withdrawn } : ending, refusal);
  };
  const { id } = delivery;
  const hasExpired = () => {
    if (deps.clock.now() < delivery.expiresAt) return false;
    end('failed', { id, status: 'failed', reason: 'expired', detail: 'the day of its edition is over' });
    return true;
  };
  if (hasExpired()) return null;
  if (!next.build) {
    end('skipped', { id, status: 'skipped', reason: 'withdrawn', detail: 'all its papers were withdrawn' });
    return null;
  }
  let message: OutgoingMessage;
  try {
    message = await next.build();
  } catch (error) {
    end('failed', { id, status: 'failed', reason: 'render_error', detail: (error as Error).message });
    return null;
  }
  await deps.pace.wait(run.stopping.signal);
  if (run.stopped) return null;
  // Only what has a connection becomes `sending`: no more can be uncertain than connections are open.
  const reserving = deps.transport.reserve();
  const reserved = await Promise.race([reserving, run.halted]);
  if (reserved === 'halted') {
    void reserving.then((late) => late.ok && late.release());
    return null;
  }
  if (!reserved.ok) return await settle(run, delivery, reserved.outcome, end);
  // It may have waited long, for its turn at a slow rate or for a connection.
  if (run.stopped || hasExpired()) {
    reserved.release();
    return null;
  }
  const look = await commit.begin(delivery);
  if (look !== 'go') {
    reserved.release();
    if (look !== 'gone') end('skipped', { id, status: 'skipped', reason: look, detail: lookDetail[look] });
    return null;
  }
  return await settle(run, delivery, await reserved.send(message), end);
}

const lookDetail: Record<Exclude<LastLook, 'go' | 'gone'>, string> = {
  pending: 'the address is not confirmed',
  paused: 'paused after this digest was planned',
  unsubscribed: 'unsubscribed after this digest was planned',
  erased: 'erased after this digest was planned',
  address_changed: 'the address changed after this digest was planned',
  suppressed: 'the address was suppressed after this digest was planned',
};
