import { describe, expect, it } from 'vitest';
import { classify } from '../../src/bounces/reading/classify.ts';
import { reasons } from '../../src/bounces/reading/reasons.ts';

const judge = (text: string, status: string | null = null) => classify({ status, texts: [text] });

describe('what a reply means', () => {
  it.each([
    // Nobody there.
    ['550 5.1.1 The email account that you tried to reach does not exist.', 'hard', 'user_unknown'],
    [
      '550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup',
      'hard',
      'user_unknown',
    ],
    [
      '550 5.4.1 Recipient address rejected: Access denied. [x.prod.protection.example]',
      'hard',
      'user_unknown',
    ],
    [
      "554 delivery error: dd This user doesn't have a reader.example account (ada@reader.example)",
      'hard',
      'user_unknown',
    ],
    ['550 5.1.1 unknown or illegal alias: ada@reader.example', 'hard', 'user_unknown'],
    ['Sorry, no mailbox here by that name. (#5.1.1)', 'hard', 'user_unknown'],
    [
      'Host or domain name not found. Name service error for name=reader.example type=A: Host not found',
      'hard',
      'host_unknown',
    ],
    ['all relevant MX records point to non-existent hosts: Unrouteable address', 'hard', 'host_unknown'],
    ['550 5.1.6 recipient no longer on server: ada@reader.example', 'hard', 'moved'],
    ['556 5.1.10 Domain reader.example does not accept mail (nullMX)', 'hard', 'no_mail_accepted'],
    // Somebody is there.
    ['550 5.1.1 <ada@reader.example>... Mailbox is full', 'soft', 'mailbox_full'],
    [
      '552-5.2.2 The email account that you tried to reach is over quota and inactive',
      'soft',
      'mailbox_full',
    ],
    ['550-5.2.1 The email account that you tried to reach is disabled.', 'soft', 'disabled'],
    [
      '450 4.2.0 <ada@reader.example>: Recipient address rejected: Greylisted, see http://grey.example',
      'soft',
      'greylisted',
    ],
    [
      '450 4.1.1 <ada@reader.example>: Recipient address rejected: unverified address: user unknown',
      'soft',
      'user_unknown',
    ],
    ['451 4.3.5 Server configuration problem', 'soft', 'system_error'],
    ['connect to mx.reader.example[192.0.2.1]:25: Connection timed out', 'soft', 'expired'],
    ['connect to mx.reader.example[192.0.2.1]:25: No route to host', 'soft', 'network_error'],
    [
      'Name service error for name=reader.example type=MX: Host not found, try again',
      'soft',
      'network_error',
    ],
    ['550 5.7.1 Refused due to recipient preferences', 'soft', 'recipient_refused'],
    [
      "450 4.2.2 Mailbox full. I'm not going to try again; this message has been in the queue too long.",
      'soft',
      'mailbox_full',
    ],
    [
      'all hosts have been failing for a long time and were last tried after this message arrived',
      'soft',
      'expired',
    ],
    [
      '554 5.4.6 Hop count exceeded - possible mail loop. The attachment contains the headers.',
      'soft',
      'network_error',
    ],
    // About us.
    ['421 4.7.28 Our system has detected an unusual rate of unsolicited mail', 'soft', 'spam'],
    ['550 5.7.1 Service unavailable; Client host [192.0.2.7] blocked using zen.example', 'soft', 'blocked'],
    ['553 https://www.spamhaus.org/query/ip/192.0.2.7', 'soft', 'blocked'],
    [
      '550 5.7.26 This mail is unauthenticated: DKIM = did not pass, SPF did not pass',
      'soft',
      'auth_failure',
    ],
    ['552 5.3.4 Message size exceeds fixed limit', 'soft', 'too_big'],
    ['554 5.7.1 <ada@reader.example>: Relay access denied', 'soft', 'relaying_denied'],
    [
      '450 4.1.8 <bounce@papers.example>: Sender address rejected: Domain not found',
      'soft',
      'sender_rejected',
    ],
    [
      '550 5.1.1 <ada@reader.example> - 192.0.2.7 has sent to too many recipients this hour',
      'soft',
      'rate_limited',
    ],
    ['550 5.7.1 Message content rejected, UBE, id=22220', 'soft', 'spam'],
    ['550 5.7.1 This system is not configured to relay mail', 'soft', 'relaying_denied'],
    ['550 5.7.0 Message rejected: virus found', 'soft', 'virus'],
    ['554 5.6.0 Message contains a forbidden attachment', 'soft', 'content_rejected'],
    ['530 5.7.0 Must issue a STARTTLS command first', 'soft', 'tls_required'],
    ['550 5.7.1 Message rejected for policy reasons', 'soft', 'policy'],
    ['504 5.5.4 Command parameter not implemented', 'soft', 'protocol_error'],
  ] as const)('%s', (text, kind, reason) => {
    expect(judge(text)).toMatchObject({ class: kind, reason });
  });

  it('is not read out of addresses, host names and links', () => {
    const text =
      '451 host spam-blocked.virus.example said: <user.unknown@mailboxfull.example> see https://x.example/#dmarc';
    expect(judge(text)).toMatchObject({ class: 'soft', reason: 'system_error' });
  });

  it('comes from the status where there are no words, and from the reply where there is no status', () => {
    expect(judge('', '5.1.1')).toMatchObject({ class: 'hard', reason: 'user_unknown' });
    expect(judge('', '5.1.2')).toMatchObject({ class: 'hard', reason: 'host_unknown' });
    expect(judge('552 xyz')).toMatchObject({
      class: 'soft',
      reason: 'mailbox_full',
      status: null,
      reply: '552',
    });
    expect(judge('')).toEqual({ class: 'soft', reason: 'undefined', status: null, reply: null });
  });

  it('takes the code that says more, and never an IP address or a version for one', () => {
    expect(judge('550 5.7.26 no', '5.0.0').status).toBe('5.7.26');
    expect(judge('550 no, 4.16.55.1 and 192.0.2.25 and 5.1.2.3', '5.2.0').status).toBe('5.2.0');
  });

  it('of a refusal of the sender never makes the recipient dead', () => {
    const text = 'SMTP error from remote mail server after MAIL FROM:<x@papers.example>: 550 No such domain';
    expect(judge(text)).toMatchObject({ class: 'soft', reason: 'sender_rejected' });
  });

  it('is what the other server said, not the words of the gateway around it', () => {
    const text =
      "5.1.0 - Unknown address error 550-'5.2.2 <ada@reader.example>... Mailbox Full' (delivery attempts: 0)";
    expect(judge(text)).toMatchObject({ reason: 'mailbox_full', status: '5.2.2', reply: '550' });
  });

  it('counts against nobody when it is about us', () => {
    const ours = [
      'spam',
      'blocked',
      'policy',
      'auth_failure',
      'too_big',
      'relaying_denied',
      'sender_rejected',
    ] as const;
    expect(ours.map((reason) => reasons[reason].weight)).toEqual(ours.map(() => 0));
  });
});
