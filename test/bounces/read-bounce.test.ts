import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readBounce } from '../../src/bounces/reading/read-bounce.ts';
import { findDeliveryId, makeReturnPath } from '../../src/bounces/return-path.ts';
import { cpuMsOf } from '../support/cpu.ts';
import { feedbackMail, plainMail, proseMail, statusMail } from './mails.ts';

const gone = [
  'Final-Recipient: rfc822; ada@reader.example',
  'Original-Recipient: rfc822;ada.l@reader.example',
  'Action: failed',
  'Status: 5.0.0',
  'Diagnostic-Code: smtp; 550 5.1.1 <ada@reader.example>: Recipient address',
  '    rejected: User unknown in virtual mailbox table',
];
const full = [
  'Final-Recipient: RFC822; Grace@reader.example',
  'Action: failed',
  'Status: 5.2.2 (mailbox full)',
  'Diagnostic-Code: smtp; 552 5.2.2 Over quota',
];
const first = async (raw: Buffer) => (await readBounce(raw)).recipients[0];

describe('a delivery status notification', () => {
  it('tells of each recipient apart, with address, codes, reason and the Message-ID of what was sent', async () => {
    const reading = await readBounce(statusMail({ recipients: [gone, full] }));
    expect(reading).toEqual({
      kind: 'bounce',
      recipients: [
        {
          address: 'ada@reader.example',
          originalAddress: 'ada.l@reader.example',
          class: 'hard',
          reason: 'user_unknown',
          status: '5.1.1',
          reply: '550',
          diagnostic:
            '550 5.1.1 <ada@reader.example>: Recipient address rejected: User unknown in virtual mailbox table',
        },
        {
          address: 'Grace@reader.example',
          class: 'soft',
          reason: 'mailbox_full',
          status: '5.2.2',
          reply: '552',
          diagnostic: '552 5.2.2 Over quota mailbox full',
        },
      ],
      originalMessageId: '<2026-08-04.abc@papers.example>',
      returnPaths: [],
      arrivedAt: Date.parse('2026-08-04T06:00:05Z'),
      identity: expect.stringContaining('Undelivered Mail Returned to Sender'),
    });
  });

  it('is not judged by the words of the message it returns', async () => {
    const silent = ['Final-Recipient: rfc822; ada@reader.example', 'Action: failed', 'Status: 5.0.0'];
    expect(await first(statusMail({ recipients: [silent] }))).toMatchObject({
      class: 'soft',
      reason: 'undefined',
    });
  });

  it('that only says it takes longer counts as delayed, whatever the cause', async () => {
    const late = full.map((line) => line.replace('failed', 'delayed'));
    expect(await first(statusMail({ recipients: [late] }))).toMatchObject({
      class: 'soft',
      reason: 'delayed',
    });
  });

  it('of success is no bounce', async () => {
    const arrived = ['Final-Recipient: rfc822; ada@reader.example', 'Action: delivered', 'Status: 2.0.0'];
    const reading = await readBounce(statusMail({ recipients: [arrived] }));
    expect(reading).toMatchObject({
      kind: 'delivered',
      recipients: [{ class: 'delivered', reason: 'delivered' }],
    });
  });

  it('with fields of all recipients among those of the message is understood', async () => {
    const shared = ['Action: failed', 'Status: 5.1.1', '', 'Final-Recipient: rfc822; ada@reader.example'];
    expect(await first(statusMail({ recipients: [shared] }))).toMatchObject({
      class: 'hard',
      status: '5.1.1',
    });
  });

  it('takes "user unknown" for a filter when it came after the message', async () => {
    const filtered = [...gone.slice(0, 4), 'Diagnostic-Code: smtp; 550 User unknown'];
    const words = ['<ada@reader.example>: host mx.reader.example said: 550 User unknown'];
    const after = (command: string) =>
      statusMail({ recipients: [filtered], words: [`${words} (in reply to ${command} command)`] });
    expect(await first(after('end of DATA'))).toMatchObject({ class: 'soft', reason: 'recipient_refused' });
    expect(await first(after('RCPT TO'))).toMatchObject({ class: 'hard', reason: 'user_unknown' });
  });

  it('holds an internationalized address (RFC 6533)', async () => {
    const group = ['Final-Recipient: utf-8; gr\\x{00FC}ße@reader.example', 'Action: failed', 'Status: 5.1.1'];
    expect(await first(statusMail({ recipients: [group] }))).toMatchObject({
      address: 'grüße@reader.example',
    });
  });

  it('wrapped into a notice of a gateway is found inside', async () => {
    const inner = statusMail({ recipients: [gone] })
      .toString()
      .split('\r\n');
    const outer = statusMail({ recipients: [], original: inner })
      .toString()
      .replace('message/delivery-status', 'text/plain');
    expect(await first(Buffer.from(outer))).toMatchObject({ address: 'ada@reader.example', class: 'hard' });
  });
});

describe('a bounce without report parts', () => {
  it('is read by its words, each recipient with what was said of it', async () => {
    const reading = await readBounce(
      proseMail([
        'The following addresses failed:',
        '',
        '  ada@reader.example',
        '    SMTP error from remote mail server after RCPT TO:<ada@reader.example>:',
        '    550 No such user here',
        '  grace@reader.example',
        '    SMTP error from remote mail server after end of data:',
        '    552 Mailbox is full',
      ]),
    );
    expect(reading.kind).toBe('bounce');
    expect(reading.recipients).toMatchObject([
      { address: 'ada@reader.example', class: 'hard', reason: 'user_unknown', reply: '550' },
      { address: 'grace@reader.example', class: 'soft', reason: 'mailbox_full', reply: '552' },
    ]);
    expect(reading.originalMessageId).toBe('<2026-08-04.abc@papers.example>');
  });

  it('names its recipients in X-Failed-Recipients', async () => {
    const reading = await readBounce(
      proseMail(['Your mail failed.'], ['X-Failed-Recipients: ada@reader.example,', ' grace@reader.example']),
    );
    expect(reading.recipients.map(({ address }) => address)).toEqual([
      'ada@reader.example',
      'grace@reader.example',
    ]);
  });

  it('that names nobody is about whom the returned message was for', async () => {
    expect(await first(proseMail(['Delivery failed: connection timed out.']))).toMatchObject({
      address: 'ada@reader.example',
      class: 'soft',
      reason: 'expired',
    });
  });

  it('pasted with > marks by a person is read all the same', async () => {
    const quoted = statusMail({ recipients: [gone] })
      .toString()
      .split('\r\n')
      .slice(16, 28);
    const raw = plainMail(
      ['From: Postmaster <ops@papers.example>', 'Subject: Fwd: Undelivered Mail Returned to Sender'],
      ['See below.', ...quoted.map((line) => `> ${line}`)],
    );
    expect(await first(raw)).toMatchObject({ address: 'ada@reader.example', class: 'hard' });
  });
});

describe('a feedback report', () => {
  it('is a complaint of those it names', async () => {
    const raw = feedbackMail(['Feedback-Type: abuse', 'Original-Rcpt-To: <ada@reader.example>']);
    expect(await readBounce(raw)).toMatchObject({
      kind: 'complaint',
      recipients: [{ address: 'ada@reader.example', class: 'complaint', reason: 'complaint' }],
      originalMessageId: '<2026-08-04.abc@papers.example>',
    });
  });

  it('that keeps its reader back is about the To of the returned message', async () => {
    expect(await first(feedbackMail(['Feedback-Type: abuse']))).toMatchObject({
      address: 'ada@reader.example',
    });
  });

  it('of failed authentication, or that mail is not spam, is nobody complaining', async () => {
    expect(await first(feedbackMail(['Feedback-Type: auth-failure']))).toMatchObject({
      reason: 'auth_failure_report',
    });
    expect(await readBounce(feedbackMail(['Feedback-Type: not-spam']))).toMatchObject({
      kind: 'not_a_bounce',
    });
  });
});

describe('an Amazon SES notification', () => {
  const bounce = {
    notificationType: 'Bounce',
    bounce: {
      bounceType: 'Permanent',
      bouncedRecipients: [
        {
          emailAddress: 'ada@reader.example',
          status: '5.1.1',
          diagnosticCode: 'smtp; 550 5.1.1 user unknown',
        },
      ],
    },
  };
  it.each([
    ['as it is', JSON.stringify(bounce)],
    [
      'in an envelope of SNS',
      JSON.stringify({ Type: 'Notification', Message: JSON.stringify(bounce) }, null, 2),
    ],
  ])('is read %s', async (_, text) => {
    const raw = plainMail(['From: no-reply@sns.example', 'Subject: AWS Notification Message'], [text]);
    expect(await first(raw)).toMatchObject({ address: 'ada@reader.example', class: 'hard', reply: '550' });
  });
});

describe('mail of people and programs', () => {
  it.each([
    ['Auto-Submitted: auto-replied', 'Away until Monday'],
    ['X-Autoreply: yes', 'Re: Your papers'],
    ['Precedence: auto_reply', 'Thanks'],
    ['X-Nothing: here', 'Out of Office: Your papers'],
    ['X-Nothing: here', 'Automatische Antwort: Your papers'],
    ['X-Nothing: here', 'Réponse automatique : Your papers'],
  ])('%s, %s: an automatic reply', async (header, subject) => {
    const raw = plainMail(['From: Ada <ada@reader.example>', `Subject: ${subject}`, header], ['I am away.']);
    expect(await readBounce(raw)).toMatchObject({
      kind: 'auto_reply',
      recipients: [{ address: 'ada@reader.example', class: 'auto-reply', reason: 'vacation' }],
    });
  });

  it('a request to unsubscribe is told apart from a complaint', async () => {
    const raw = plainMail(['From: ada@reader.example', 'Subject: unsubscribe'], ['']);
    expect(await first(raw)).toMatchObject({ address: 'ada@reader.example', reason: 'unsubscribe' });
  });

  it('a question about a mail that was not delivered is not a bounce', async () => {
    const raw = plainMail(
      ['From: Ada <ada@reader.example>', 'Subject: yesterday', 'Auto-Submitted: no'],
      ['My digest could not be delivered, said grace@reader.example: user unknown?'],
    );
    expect(await readBounce(raw)).toMatchObject({ kind: 'not_a_bounce', recipients: [] });
  });
});

describe('the return path', () => {
  const secret = 'a secret';
  const path = makeReturnPath({ secret, deliveryId: 4711, domain: 'papers.example' });

  it.each([
    ['in To', statusMail({ recipients: [gone], to: path })],
    ['in upper case', statusMail({ recipients: [gone], to: path.toUpperCase() })],
    [
      "among the reporter's fields",
      statusMail({ recipients: [['X-Postfix-Sender: rfc822; '.concat(path)], gone] }),
    ],
    [
      'of the returned message',
      statusMail({
        recipients: [gone],
        original: [`Return-Path: <${path}>`, 'To: x@y.example', 'From: a@b.example', '', ''],
      }),
    ],
    ['in running text only', proseMail([`Your mail from <${path}> could not be delivered.`])],
  ])('is found %s', async (_, raw) => {
    const { returnPaths } = await readBounce(raw);
    expect(findDeliveryId(returnPaths, secret)).toBe(4711);
    expect(findDeliveryId(returnPaths, 'another')).toBe(null);
  });
});

describe('whatever comes in', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      ...[
        '\r\n',
        '\n\n',
        '--b1',
        '\r\n--b1\r\n',
        'From: ',
        'Final-Recipient: ',
        '<a@b.example>',
        '550 5.1.1 ',
        '>>> DATA\n<<< ',
      ],
      ...[
        'Content-Type: multipart/report; boundary=b1\r\n',
        'Content-Type: message/rfc822\r\n\r\n',
        '"',
        '(',
        '=?utf-8?B?',
        'x@',
        '> ',
      ],
      ...[
        '{"notificationType":"Bounce","bounce":{"bouncedRecipients":[null,1,{"emailAddress":7}]}}',
        'Subject: undeliverable\n',
      ],
    ),
    fc.string(),
    fc.string({ unit: 'binary' }),
  );

  it('is read without an error, and what is told of it is bounded', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 60 }), async (pieces) => {
        const reading = await readBounce(Buffer.from(pieces.join('')));
        expect(reading.recipients.length).toBeLessThanOrEqual(100);
        expect(reading.kind === 'not_a_bounce').toBe(reading.recipients.length === 0);
        for (const { diagnostic, address } of reading.recipients) {
          expect(diagnostic.length).toBeLessThanOrEqual(500);
          expect(address ?? '@').toMatch(/^[^\r\n]*@[^\r\n]*$/);
        }
      }),
      { numRuns: 400 },
    );
  });

  it('any bytes, cut anywhere', async () => {
    const whole = statusMail({ recipients: [gone, full] });
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length), fc.uint8Array({ maxLength: 200 }), async (at, bytes) => {
        await readBounce(Buffer.concat([whole.subarray(0, at), Buffer.from(bytes)]));
      }),
      { numRuns: 200 },
    );
  });

  // Each is a shape on which a careless pattern takes quadratic time or worse.
  it.each([
    ['a@'],
    ['mail to '],
    ['550-'],
    ["550 '"],
    ['<a@b.example>:\n'],
    ['copy of message\n'],
    ['Received: x\n'],
    ['Final-Recipient: rfc822; a@b.example\n\n'],
    ['>>> DATA\n'],
    ['fail'],
    ['--'],
    [' '],
    ['\n'],
    ['(x '],
    ['!\n '],
    ['bounce+00000000000000001@b.example '],
  ])('a megabyte of %j takes no longer than moments', async (text) => {
    const head = 'From: MAILER-DAEMON\r\nSubject: failure notice\r\n\r\n{"Type": ';
    const raw = Buffer.from(head + text.repeat(Math.ceil(2 ** 20 / text.length)));
    expect(await cpuMsOf(() => readBounce(raw))).toBeLessThan(5_000);
  });
});
