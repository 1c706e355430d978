/** Messages in the shapes that mail systems send, made up of made-up addresses; CRLF as they arrive. */
const crlf = (lines: readonly string[]): Buffer => Buffer.from(lines.join('\r\n'));

interface StatusMail {
  recipients: readonly (readonly string[])[];
  words?: readonly string[];
  to?: string;
  original?: readonly string[];
}

/** A delivery status notification (RFC 3464) with one group per recipient. */
export function statusMail({
  recipients,
  words = [],
  to = 'digest@papers.example',
  original,
}: StatusMail): Buffer {
  return crlf([
    'Return-Path: <>',
    'Received: by mx.remote.example; Tue, 4 Aug 2026 08:00:05 +0200 (CEST)',
    'From: MAILER-DAEMON@mx.remote.example (Mail Delivery System)',
    `To: ${to}`,
    'Subject: Undelivered Mail Returned to Sender',
    'Content-Type: multipart/report; report-type=delivery-status; boundary="b1"',
    'MIME-Version: 1.0',
    '',
    '--b1',
    'Content-Type: text/plain; charset=us-ascii',
    '',
    'This is the mail system at host mx.remote.example.',
    ...words,
    '',
    '--b1',
    'Content-Type: message/delivery-status',
    '',
    'Reporting-MTA: dns; mx.remote.example',
    'Arrival-Date: Tue, 4 Aug 2026 08:00:00 +0200',
    ...recipients.flatMap((group) => ['', ...group]),
    '',
    '--b1',
    'Content-Type: message/rfc822',
    '',
    ...(original ?? [
      'Message-ID: <2026-08-04.abc@papers.example>',
      'From: Papers <digest@papers.example>',
      'To: ada@reader.example',
      'Subject: Your papers',
      '',
      'Spam filters: mailbox full, user unknown.',
    ]),
    '',
    '--b1--',
    '',
  ]);
}

/** A bounce without report parts. */
export function proseMail(words: readonly string[], headers: readonly string[] = []): Buffer {
  return crlf([
    'Return-Path: <>',
    'From: Mail Delivery System <Mailer-Daemon@mx.remote.example>',
    'To: digest@papers.example',
    'Subject: Mail delivery failed: returning message to sender',
    ...headers,
    '',
    ...words,
    '',
    '------ This is a copy of the message, including all the headers. ------',
    '',
    'Return-path: <digest@papers.example>',
    'From: Papers <digest@papers.example>',
    'To: ada@reader.example',
    'Message-ID: <2026-08-04.abc@papers.example>',
    'Subject: Your papers',
    '',
    'Hello grace@reader.example',
  ]);
}

export function plainMail(headers: readonly string[], words: readonly string[]): Buffer {
  return crlf([...headers, '', ...words]);
}

/** A feedback report (RFC 5965). */
export function feedbackMail(fields: readonly string[]): Buffer {
  return crlf([
    'From: <feedback@provider.example>',
    'To: <abuse@papers.example>',
    'Subject: FW: Your papers',
    'MIME-Version: 1.0',
    'Content-Type: multipart/report; report-type=feedback-report; boundary="f1"',
    '',
    '--f1',
    'Content-Type: text/plain',
    '',
    'This is an email abuse report.',
    '',
    '--f1',
    'Content-Type: message/feedback-report',
    '',
    'User-Agent: Provider/1.0',
    'Version: 1',
    ...fields,
    '',
    '--f1',
    'Content-Type: message/rfc822',
    '',
    'From: Papers <digest@papers.example>',
    'To: Ada <ada@reader.example>',
    'Message-ID: <2026-08-04.abc@papers.example>',
    'Subject: Your papers',
    '',
    'Hello',
    '--f1--',
    '',
  ]);
}
