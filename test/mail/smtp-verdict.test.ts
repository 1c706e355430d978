import { describe, expect, it } from 'vitest';
import { describeReply } from '../../src/mail/smtp-reply.ts';
import { judgeReply, judgeSilence } from '../../src/mail/smtp-verdict.ts';
import type { Phase } from '../../src/mail/transport.ts';

function judge(phase: Phase, text: string, recipient: string | null = null): string {
  const code = Number(text.slice(0, 3)) || null;
  const outcome = judgeReply(describeReply(phase, { code, text }), recipient);
  if (outcome.kind === 'failed') return outcome.reason;
  return outcome.kind === 'stop' ? `stop: ${outcome.cause}` : outcome.kind;
}

describe('judgeReply', () => {
  it.each<[Phase, string, string]>([
    ['greeting', '421 4.3.2 busy', 'retry'],
    ['greeting', '554 5.7.1 no service for you', 'stop: policy'],
    ['ehlo', '550 Access denied', 'stop: policy'],
    ['starttls', '454 4.7.0 TLS not available', 'retry'],
    ['starttls', '502 not implemented', 'stop: tls'],
    ['auth', '454 4.7.0 Temporary authentication failure', 'retry'],
    ['auth', '535 5.7.8 Username and Password not accepted', 'stop: auth'],
    ['auth', '504 unrecognized authentication type', 'stop: auth'],
    ['mail', '530 5.7.0 Must issue a STARTTLS command first', 'stop: tls'],
    ['mail', '530 5.7.1 Client was not authenticated', 'stop: auth'],
    ['mail', '503 5.5.4 Error: send AUTH command first', 'stop: auth'],
    ['mail', '503 5.5.1 Error: nested MAIL command', 'retry'],
    ['mail', '553 5.7.1 <a@b>: Sender address rejected: not owned by user', 'stop: config'],
    ['mail', '501 5.1.7 Bad sender address syntax', 'stop: config'],
    ['mail', '552 5.3.4 Message size exceeds fixed limit', 'message_refused'],
    ['mail', '554 5.7.1 Client host [192.0.2.1] blocked using zen.example', 'stop: policy'],
    ['mail', '550 5.4.5 Daily sending quota exceeded', 'stop: policy'],
    ['mail', '452 4.3.1 Insufficient system storage', 'retry'],
    ['rcpt', '550 5.1.1 <x@y>: Recipient address rejected: User unknown', 'recipient_refused'],
    ['rcpt', '550 No such user here', 'recipient_refused'],
    ['rcpt', '551 User not local; please try <x@z>', 'recipient_refused'],
    ['rcpt', '552 5.2.2 Mailbox full', 'recipient_refused'],
    ['rcpt', '553 5.1.3 mailbox name not allowed', 'recipient_refused'],
    ['rcpt', '550 5.7.1 <x@y>: Recipient address rejected: Access denied', 'recipient_refused'],
    ['rcpt', '550 5.1.1 user unknown at this host, rejected', 'recipient_refused'],
    ['rcpt', '554 5.7.1 <x@y>: Relay access denied', 'stop: config'],
    ['rcpt', '550 relaying denied', 'stop: config'],
    ['rcpt', '550 5.7.1 Unable to relay', 'stop: config'],
    ['rcpt', '530 5.7.0 Authentication required', 'stop: auth'],
    ['rcpt', '550 5.7.1 authentication required', 'stop: auth'],
    ['rcpt', '550 please log in first', 'stop: auth'],
    ['rcpt', '550 5.1.8 <a@b>: Sender address rejected: Domain not found', 'stop: config'],
    [
      'rcpt',
      '554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using rbl.example',
      'stop: policy',
    ],
    ['rcpt', '450 4.7.1 Relay access denied for now', 'retry'],
    ['rcpt', '503 5.5.1 Error: need MAIL command', 'retry'],
    ['data', '554 5.6.0 no', 'message_refused'],
    ['data', '451 4.3.0 try later', 'retry'],
    ['reply', '552 5.3.4 Message too big', 'message_refused'],
    ['reply', '554 5.6.0 Message contained invalid MIME', 'message_refused'],
    ['reply', '550 5.7.1 Message content rejected', 'policy_refused'],
    ['reply', '550 5.7.26 This mail is unauthenticated, which poses a security risk', 'policy_refused'],
    ['reply', '554 Message refused: looks like spam', 'policy_refused'],
    ['reply', '550 5.4.5 Daily user sending limit exceeded', 'stop: policy'],
    ['reply', '452 4.3.1 disk full', 'retry'],
    ['reply', 'thank you', 'uncertain'],
    ['reply', '354 go on', 'uncertain'],
    ['body', '250 ok', 'retry'],
    ['body', '552 too much', 'message_refused'],
    ['greeting', 'SSH-2.0', 'stop: config'],
  ])('%s: %s → %s', (phase, text, verdict) => {
    expect(judge(phase, text)).toBe(verdict);
  });

  it.each([
    '550 5.1.1 <relay@example.org>: Recipient address rejected: User unknown',
    '550 <relay@example.org>: Recipient address rejected: User unknown',
    '550 5.4.1 relay@example.org... User unknown',
    '550 relay... User unknown',
    '550 User "relay" unknown',
    '550 No mailbox relay here',
    '550 5.4.4 relay.example.org: Host not found',
    '550 5.7.1 RELAY@EXAMPLE.ORG refuses mail',
  ])('a mailbox called relay is no refusal to relay: %s', (text) => {
    expect(judge('rcpt', text, 'relay@example.org')).toBe('recipient_refused');
  });

  it.each([
    ['auth.needed@example.org', '550 5.7.1 <auth.needed@example.org> rejected'],
    ['please-log-in@example.org', '550 please-log-in@example.org unknown'],
    ['x@auth-required.example', '550 mx.auth-required.example does not know x'],
    ['spamhaus@example.org', '550 <spamhaus@example.org>: unknown user'],
    ['x@spamhaus.example', '550 mail.spamhaus.example knows no such user'],
    ['x@relay.example', '550 5.7.1 host mail.relay.example said: access denied'],
    ['x@example.org', '550 host smtp-relay.example.net said: user unknown'],
    ['x@example.org', '550 user unknown, see https://help.example.net/relay/authentication-required'],
    ['a+(b@example.org', '550 <a+(b@example.org> unknown'],
  ])('%s: names are no words: %s', (recipient, text) => {
    expect(judge('rcpt', text, recipient)).toBe('recipient_refused');
  });

  it.each<[Phase, string]>([
    [
      'rcpt',
      '550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication required; Delivery restriction check failed',
    ],
    ['rcpt', '550 5.7.124 RESOLVER.RST.RecipientRestriction; not authorized to send to this group'],
    ['rcpt', '550 5.7.1 RESOLVER.RST.AuthRequired; authentication required'],
    ['rcpt', '550 5.7.1 You are not allowed to send to this distribution list'],
    ['rcpt', '550 5.1.1 <x@example.org>: host mx.example.org said: Relay access denied'],
    ['rcpt', '550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found'],
    ['rcpt', '552 5.2.2 over quota, try sending again later'],
    ['rcpt', '552 over quota, try sending again later'],
    ['rcpt', '550 5.2.1 daily limit for mail to this user, sending too fast'],
    ['rcpt', '552 5.2.3 too long for this mailbox'],
    ['reply', '550 5.7.133 SenderNotAuthenticatedForGroup; authentication required'],
    ['reply', '552 5.2.2 over quota, try sending again later'],
    ['reply', '550 5.1.1 user unknown'],
  ])('%s: is about the recipient alone: %s', (phase, text) => {
    expect(judge(phase, text, 'x@example.org')).toBe('recipient_refused');
  });

  it.each<[Phase, string, string]>([
    ['rcpt', '554 5.7.1 <relay@example.org>: Relay access denied', 'stop: config'],
    ['rcpt', '550 5.7.1 relaying to relay.example.org prohibited', 'stop: config'],
    ['rcpt', '530 5.7.0 <relay@example.org>: Authentication required', 'stop: auth'],
    ['rcpt', '550 5.7.0 authentication required', 'stop: auth'],
    ['rcpt', '553 5.7.1 <us@example.net>: not authorized to send to external domains', 'stop: config'],
    ['rcpt', '550 5.1.7 <us@example.net>: sender unknown', 'stop: config'],
    ['rcpt', '550 5.1.90 daily limit for message recipients reached', 'stop: policy'],
    [
      'rcpt',
      '550 5.7.1 refused, see https://check.spamhaus.org/query/ip/192.0.2.1 <relay@example.org>',
      'stop: policy',
    ],
    ['reply', '554 5.2.252 SendAsDenied; us@example.net not allowed to send as', 'stop: config'],
    ['reply', '550 5.7.60 SMTP; Client does not have permissions to send as this sender', 'stop: config'],
  ])('%s: still stops whoever the recipient is: %s → %s', (phase, text, verdict) => {
    expect(judge(phase, text, 'relay@example.org')).toBe(verdict);
  });

  it('never says that silence was a refusal, nor that it was success', () => {
    const kinds = (
      ['connect', 'greeting', 'ehlo', 'starttls', 'auth', 'mail', 'rcpt', 'data', 'body', 'reply'] as const
    ).map((phase) => judgeSilence({ phase, code: null, enhanced: null, text: '' }).kind);
    expect(kinds).toEqual([
      'stop',
      'retry',
      'retry',
      'stop',
      'retry',
      'retry',
      'retry',
      'retry',
      'retry',
      'uncertain',
    ]);
  });
});
