import { type Digest, type DigestLinks, isMail } from '../digest/digest.ts';
import { mailedStatuses, type OwnedDelivery } from '../store/deliveries.ts';
import type { Db } from '../store/store.ts';
import { readDigests } from './messages.ts';

/** A mailed digest as it can be looked at now; or that it never was a mail, or that all its papers were withdrawn. */
export type ShownDigest = { ok: true; digest: Digest } | { ok: false; reason: 'not_mailed' | 'withdrawn' };

/**
 * Reads a delivery back for the eye: what was frozen when it was planned, but for papers withdrawn since, and but for what
 * its reader likes: a page is passed on more lightly than a mail.
 */
export async function readShownDigest(
  db: Db,
  delivery: OwnedDelivery,
  links: DigestLinks,
): Promise<ShownDigest> {
  if (!mailedStatuses.includes(delivery.status)) return { ok: false, reason: 'not_mailed' };
  const digests = await readDigests({ db, links: () => links }, [delivery]);
  const digest = digests.get(delivery.id)?.digest;
  if (!digest || !isMail(digest)) return { ok: false, reason: 'withdrawn' };
  const papers = digest.papers.map(({ note: { moreLike: _, ...note }, ...one }) => ({ ...one, note }));
  return { ok: true, digest: { ...digest, papers } };
}
