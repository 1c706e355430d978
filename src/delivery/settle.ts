import { readWords } from '../mail/reply-words.ts';
import type { Outcome, Phase, Reply } from '../mail/transport.ts';
import type { ClaimedDelivery } from '../store/ledger.ts';
import { nextTryAt } from './retry.ts';
import type { End, Run, SendReport } from './run.ts';
import { domainOf } from './shelves.ts';
import { slowsDomain } from './slowing.ts';

/** After so many policy refusals in a row and nothing accepted, it is us and not them. */
const policyRefusalsToStop = 20;
/** After so many messages in a row that got no reply, the server is broken: going on would leave everybody uncertain. */
const silencesToStop = 10;
const serverPhases: ReadonlySet<Phase> = new Set(['connect', 'greeting', 'ehlo', 'starttls', 'auth']);

export function stopRun(run: Run, cause: NonNullable<SendReport['stopped']>['cause'], message: string): void {
  run.stopped ??= { cause, message };
  run.queue.close();
  run.stopping.abort();
}

/** Records how an attempt ended and what follows from it. Returns the reply when the server refuses the connection. */
export async function settle(
  run: Run,
  delivery: ClaimedDelivery,
  outcome: Outcome,
  end: End,
): Promise<Reply | null> {
  const { id, email } = delivery;
  const detail = sayReply(outcome.reply);
  const now = run.deps.clock.now();
  switch (outcome.kind) {
    case 'sent': {
      run.policyRefusals = 0;
      run.silences = 0;
      end('sent', { id, status: 'sent', detail });
      const recovering = run.slow.accepted(domainOf(email));
      if (recovering) await recovering;
      return null;
    }
    case 'uncertain':
      settleUncertain(run, delivery, detail, end);
      if (++run.silences >= silencesToStop)
        stopRun(run, 'unavailable', `${run.silences} messages in a row got no reply after the body`);
      return null;
    case 'failed':
      end(
        'failed',
        { id, status: 'failed', reason: outcome.reason, detail },
        { deliveryId: id, email, reply: outcome.reply },
      );
      run.policyRefusals = outcome.reason === 'policy_refused' ? run.policyRefusals + 1 : 0;
      if (run.policyRefusals >= policyRefusalsToStop)
        stopRun(
          run,
          'policy',
          `${run.policyRefusals} messages in a row were refused by policy, the last with: ${detail}`,
        );
      return null;
    case 'stop':
      end(null, { id, status: 'pending', reason: outcome.cause, detail, nextAttemptAt: now, counted: false });
      stopRun(run, outcome.cause, detail);
      return null;
    case 'retry':
      if (slowsDomain(outcome.reply, email)) await slowDomain(run, delivery, detail, end);
      else settleRetry(run, delivery, outcome.reply, end);
      return serverPhases.has(outcome.reply.phase) ? outcome.reply : null;
  }
}

/** Nobody can know whether the server took it. */
function settleUncertain(run: Run, delivery: ClaimedDelivery, detail: string, end: End): void {
  const { id } = delivery;
  const again =
    run.deps.uncertain === 'resend' && delivery.resentAt === null
      ? nextTryAt(delivery, delivery.attempts + 1, run.deps.clock.now())
      : null;
  if (again === null) end('uncertain', { id, status: 'uncertain', reason: 'no_reply', detail });
  else
    end('retry', {
      id,
      status: 'pending',
      reason: 'resend',
      detail: `sent again, for no reply came: ${detail}`,
      nextAttemptAt: again,
      counted: true,
      resent: true,
    });
}

function settleRetry(run: Run, delivery: ClaimedDelivery, reply: Reply, end: End): void {
  const { id, email } = delivery;
  const detail = sayReply(reply);
  const nextAttemptAt = nextTryAt(delivery, delivery.attempts + 1, run.deps.clock.now());
  if (nextAttemptAt !== null) {
    end('retry', { id, status: 'pending', reason: 'deferred', detail, nextAttemptAt, counted: true });
    return;
  }
  const refused = reply.code !== null && !serverPhases.has(reply.phase);
  end(
    'failed',
    {
      id,
      status: 'failed',
      reason: 'expired',
      detail: `the day is over before a next try; last: ${detail}`,
    },
    refused ? { deliveryId: id, email, reply } : undefined,
  );
}

/** Its domain has enough of us for now: all that is for it waits, the others go on. */
async function slowDomain(run: Run, delivery: ClaimedDelivery, detail: string, end: End): Promise<void> {
  const { id, email, expiresAt } = delivery;
  const domain = domainOf(email);
  // It comes to stand with everybody's deliveries there: the address of one is not for the others.
  const { pausedUntil } = await run.slow.slowed(domain, readWords(detail, null).named);
  const nextAttemptAt = Math.min(pausedUntil, expiresAt);
  end('retry', { id, status: 'pending', reason: 'slow_domain', detail, nextAttemptAt, counted: true });
  await run.queue.putOff(domain);
}

export function sayReply(reply: Reply): string {
  const code = reply.code === null || reply.text.startsWith(String(reply.code)) ? '' : `${reply.code} `;
  return `${reply.phase}: ${code}${reply.text}`.slice(0, 500);
}
