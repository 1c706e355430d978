import type { TakeDeps } from '../../src/bounces/ingest/take-messages.ts';
import { recordReturns } from '../../src/bounces/record.ts';
import { makeReturnPath } from '../../src/bounces/return-path.ts';
import { makeHashAddress } from '../../src/mail/address-hash.ts';
import type { Store } from '../../src/store/store.ts';
import { unsubscribeSubscriber } from '../../src/subscribers/status.ts';
import { insertSubscriber, temporaryFolder, temporaryStore } from '../support/store.ts';
import { statusMail } from './mails.ts';

export const now = Date.parse('2026-06-22T09:00:00Z');
export const secret = 'k'.repeat(32);

/** Subscribers s1…sn@reader.example with one sent delivery each, of the same id. */
export async function storeWithDeliveries(count: number, folder = temporaryFolder()): Promise<Store> {
  const store = temporaryStore(folder);
  // One commit instead of one for each.
  store.raw.exec('BEGIN IMMEDIATE');
  store.raw.exec(`INSERT INTO plan_runs (id, at, started_at) VALUES (1, ${now}, ${now})`);
  for (let id = 1; id <= count; id++) {
    await insertSubscriber(store, { email: `s${id}@reader.example`, topicIds: [], from: now - 86_400_000 });
    store.raw.exec(`INSERT INTO deliveries
      (id, subscriber_id, plan_run_id, edition_date, status, message_id, due_at, planned_at, expires_at, sending_at, ended_at, attempts)
      VALUES (${id}, ${id}, 1, '2026-06-22', 'sent', '<${id}@papers.example>', ${now}, ${now}, ${now + 86_400_000}, ${now - 3_600_000}, ${now}, 1)`);
  }
  store.raw.exec('COMMIT');
  return store;
}

export function depsOf(store: Store): TakeDeps {
  const hashAddress = makeHashAddress(secret);
  return {
    db: store.db,
    secret,
    recordReturns: (events, db) =>
      recordReturns({ db, hashAddress, now, unsubscribe: unsubscribeSubscriber }, events),
  };
}

export const returnPath = (deliveryId: number, key = secret): string =>
  makeReturnPath({ secret: key, deliveryId, domain: 'papers.example' });

export const gone = [
  'Action: failed',
  'Status: 5.1.1',
  'Diagnostic-Code: smtp; 550 5.1.1 no such user',
] as const;

/** What came back for a delivery: with a Message-ID of its own, to its return path unless `to` says otherwise. */
export function bounceOf(
  deliveryId: number,
  { id = `report${deliveryId}`, to = returnPath(deliveryId), lines = gone as readonly string[] } = {},
): Buffer {
  const raw = statusMail({
    recipients: [[`Final-Recipient: rfc822; s${deliveryId}@reader.example`, ...lines]],
    to,
    original: [
      'From: Papers <digest@papers.example>',
      'Subject: Your papers',
      'X-Nothing: more',
      '',
      'Hello',
    ],
  });
  return Buffer.from(
    raw.toString('latin1').replace('\r\nTo:', `\r\nMessage-ID: <${id}@mx>\r\nTo:`),
    'latin1',
  );
}

export const autoReplyTo = (deliveryId: number): Buffer =>
  Buffer.from(
    [
      `From: s${deliveryId}@reader.example`,
      `To: ${returnPath(deliveryId)}`,
      'Subject: Out of office',
      'Auto-Submitted: auto-replied',
      '',
      'Back on Monday.',
    ].join('\r\n'),
  );

export const letter: Buffer = Buffer.from(
  ['From: ada@reader.example', 'To: bounce@papers.example', 'Subject: A question', '', 'Who are you?'].join(
    '\r\n',
  ),
);
