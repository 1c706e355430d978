import { expect, test } from 'vitest';
import type { ClaimedDelivery, Ending } from '../../src/store/ledger.ts';
import { type Log, logEndings, withoutAddresses } from '../../src/watch/log-lines.ts';

function listen() {
  const lines: { level: string; line: object; message: string }[] = [];
  const at = (level: string) => (line: object, message: string) => lines.push({ level, line, message });
  const log: Log = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  return { log, lines };
}

const delivery = { id: 7, planRunId: 3, email: 'ana.lopez@example.org' } as ClaimedDelivery;

test.each<[string, Ending, object]>([
  [
    'a refusal',
    {
      id: 7,
      status: 'failed',
      reason: 'recipient_refused',
      detail: 'rcpt: 550 5.1.1 <ana.lopez@example.org>: ana.lopez is gone',
    },
    {
      level: 'error',
      message: 'delivery failed',
      line: {
        run: 3,
        delivery: 7,
        reason: 'recipient_refused',
        phase: 'rcpt',
        code: 550,
        reply: '5.1.1 <>: <> is gone',
      },
    },
  ],
  [
    'a missing reply',
    { id: 7, status: 'uncertain', reason: 'no_reply', detail: 'reply: the connection was lost' },
    {
      level: 'error',
      message: 'delivery uncertain',
      line: { run: 3, delivery: 7, reason: 'no_reply', phase: 'reply', reply: 'the connection was lost' },
    },
  ],
  [
    'a deferral',
    {
      id: 7,
      status: 'pending',
      reason: 'deferred',
      detail: 'mail: 451 4.7.1 Greylisted',
      nextAttemptAt: 0,
      counted: true,
    },
    {
      level: 'warn',
      message: 'delivery to be tried again',
      line: {
        run: 3,
        delivery: 7,
        reason: 'deferred',
        phase: 'mail',
        code: 451,
        reply: '4.7.1 Greylisted',
        nextAttemptAt: '1970-01-01T00:00:00.000Z',
      },
    },
  ],
  [
    'a last look',
    { id: 7, status: 'skipped', reason: 'paused', detail: 'paused after this digest was planned' },
    {
      level: 'info',
      message: 'delivery skipped',
      line: { run: 3, delivery: 7, reason: 'paused', detail: 'paused after this digest was planned' },
    },
  ],
  [
    'a delivery that went well, for those who ask for debug',
    { id: 7, status: 'sent', detail: 'reply: 250 2.0.0 ok' },
    {
      level: 'debug',
      message: 'delivery sent',
      line: { run: 3, delivery: 7, phase: 'reply', code: 250, reply: '2.0.0 ok' },
    },
  ],
])('%s is one line with its ids, phase, code and reason', (_, ending, expected) => {
  const { log, lines } = listen();
  logEndings(log)(delivery, ending);
  expect(lines).toEqual([expected]);
});

test('what was said of a mail that went well is not looked through where nobody reads it', () => {
  const unread = {
    ...delivery,
    get email(): string {
      throw new Error('looked at');
    },
  };
  const nothing = () => {};
  const log: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing };
  expect(() => logEndings(log)(unread, { id: 7, status: 'sent', detail: 'reply: 250 ok' })).not.toThrow();
});

test.each([
  '550 5.1.1 <ana.lopez@example.org>: Recipient address rejected',
  '550 no mailbox "ana.lopez" at mx.example.org',
  '451 ANA.LOPEZ@EXAMPLE.ORG: try later, see ana.lopez+digest@example.org',
  '554 account ana.lopez is over quota',
  'ana.lopez... User unknown',
])('a reply loses the recipient it quotes: %s', (reply) => {
  expect(withoutAddresses(reply, delivery.email)).not.toMatch(/lopez/i);
});

test('a reply about nobody in particular loses every address', () => {
  expect(withoutAddresses('535 5.7.8 sender@example.net: bad password')).toBe('535 5.7.8 <> bad password');
});
