import { type Digest, isMail } from '../digest/digest.ts';
import { type OpenedMessage, openMessage } from '../mail/open-message.ts';
import type { OutgoingMessage } from '../mail/transport.ts';
import { findDelivery } from '../store/deliveries.ts';
import type { Db } from '../store/store.ts';
import { type Addressed, type MakeLinks, readDigests } from './messages.ts';

export interface ReadMailDeps {
  db: Db;
  links: MakeLinks;
  /** The same that sending composes with. */
  compose: (delivery: Addressed, digest: Digest) => OutgoingMessage | Promise<OutgoingMessage>;
}

/** A delivery's mail; or why there is none. */
export type MailOfDelivery =
  | { ok: true; mail: OpenedMessage; papers: number }
  | { ok: false; reason: 'unknown' | 'erased' | 'no_papers' };

/**
 * The mail of a delivery as it was or will be sent, made by what makes it when it is: of the frozen papers, but for those
 * withdrawn since, and dated now. `no_papers`: there never was a mail, or all its papers were withdrawn.
 */
export async function readMail({ db, links, compose }: ReadMailDeps, id: number): Promise<MailOfDelivery> {
  const delivery = await findDelivery(db, id);
  if (!delivery) return { ok: false, reason: 'unknown' };
  // Nobody is there whom it could be addressed to.
  if (delivery.subscriberStatus === 'erased') return { ok: false, reason: 'erased' };
  const digest = (await readDigests({ db, links }, [delivery])).get(id)?.digest;
  if (!digest || !isMail(digest)) return { ok: false, reason: 'no_papers' };
  const { raw } = await compose(delivery, digest);
  return { ok: true, mail: await openMessage(raw), papers: digest.papers.length };
}
