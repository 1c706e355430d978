import { createHash } from 'node:crypto';
import type { BounceRowClass } from '../../store/schema.ts';
import type { ReturnEvent } from '../event.ts';
import type { BounceReading, RecipientReading } from '../reading/reading.ts';
import { findDeliveryId } from '../return-path.ts';

/**
 * What a message says that is worth keeping: an event for each recipient it speaks of. Auto-replies and what is no
 * bounce give none. Anybody can write to a return path, so nothing is vouched for: only a genuine token, or a
 * Message-ID of ours, leads to a delivery.
 */
export function toEvents(reading: BounceReading, secret: string): ReturnEvent[] {
  const deliveryId = findDeliveryId(reading.returnPaths, secret);
  return reading.recipients.flatMap((recipient) => {
    const kept = asRowClass(recipient.class);
    if (kept === null) return [];
    return {
      origin: 'mail',
      class: kept,
      reason: recipient.reason,
      address: recipient.address,
      deliveryId,
      messageId: reading.originalMessageId,
      vouched: false,
      status: recipient.status,
      reply: recipient.reply,
      diagnostic: recipient.diagnostic,
      occurredAt: reading.arrivedAt,
      key: keyOf(reading, recipient, deliveryId),
    } satisfies ReturnEvent;
  });
}

function asRowClass(kind: RecipientReading['class']): BounceRowClass | null {
  return kind === 'auto-reply' || kind === 'not-a-bounce' ? null : kind;
}

/**
 * From what stays the same on every way a message can take: not from Received, From_ or where its return path was
 * found. Class and reason are left out too, so that better rules do not count old mail again.
 */
function keyOf(
  { kind, identity, originalMessageId }: BounceReading,
  recipient: RecipientReading,
  deliveryId: number | null,
): string {
  const { address, status, reply } = recipient;
  const parts = [kind, identity, originalMessageId, address?.toLowerCase(), status, reply, deliveryId];
  const hash = createHash('sha256').update(JSON.stringify(parts.map((part) => part ?? '')));
  return `mail:${hash.digest('base64url').slice(0, 32)}`;
}
