import { randomUUID } from 'node:crypto';
import type { Digest, DigestLinks } from '../digest/digest.ts';
import type { HashAddress } from '../mail/address-hash.ts';
import { parseAddress } from '../mail/addresses.ts';
import type { OutgoingMessage, Transport } from '../mail/transport.ts';
import { insertAuditEntries } from '../store/audit.ts';
import type { Db } from '../store/store.ts';
import { findSuppressed } from '../store/suppressions.ts';
import type { Addressed } from './messages.ts';
import { sayReply } from './settle.ts';

export interface TestSendDeps {
  db: Db;
  now: number;
  hashAddress: HashAddress;
  compose: (
    delivery: Addressed,
    digest: Digest,
    subjectMark?: string,
  ) => OutgoingMessage | Promise<OutgoingMessage>;
  transport: () => Promise<Transport>;
  /** Where links of a test lead: nobody's preferences. */
  homeUrl: string;
  /** Those of the delivery itself, which lead to a page that says that this was a test. */
  unsentLinks: Pick<DigestLinks, 'view' | 'feedback'>;
}

export type TestSent =
  | { ok: true; to: string; through: string; messageId: string; reply: string }
  | { ok: false; message: string };

/**
 * Sends a digest to an address somebody typed, marked as a test. It counts as nobody's delivery and holds no link that
 * acts for its subscriber: who gets it may be somebody else. That it was sent is in the audit log.
 */
export async function sendTestMail(
  deps: TestSendDeps,
  { addressed, digest }: { addressed: Addressed; digest: Digest },
  given: string,
): Promise<TestSent> {
  const parsed = parseAddress(given);
  if (!parsed.ok) return { ok: false, message: parsed.message };
  const { email, key } = parsed.address;
  const hash = deps.hashAddress(key);
  const suppression = (await findSuppressed(deps.db, [hash])).get(hash);
  if (suppression) return { ok: false, message: `${email} must not be mailed (${suppression.reason}).` };
  const { homeUrl } = deps;
  // One of its own: mail programs would otherwise take the real one for a copy.
  const messageId = addressed.messageId.replace('<', `<test-${randomUUID()}-`);
  const message = await deps.compose(
    { ...addressed, id: 0, email, messageId },
    { ...digest, links: { home: homeUrl, preferences: homeUrl, unsubscribe: homeUrl, ...deps.unsentLinks } },
    '[Test] ',
  );
  const transport = await deps.transport();
  const outcome = await transport.send(message);
  const entry = {
    ...{ act: 'send' as const, kind: 'subscriber' as const, id: addressed.subscriberId, at: deps.now },
    ...{ before: null, after: { test: addressed.editionDate, outcome: outcome.kind } },
  };
  await insertAuditEntries(deps.db, [entry]);
  return outcome.kind === 'sent'
    ? { ok: true, to: email, through: transport.description, messageId, reply: outcome.reply.text }
    : { ok: false, message: `It was not sent (${outcome.kind}). ${sayReply(outcome.reply)}` };
}
