import { z } from '@hono/zod-openapi';
import { deliveryReasons, deliveryStatuses } from '../../store/schema.ts';
import { count, date, id, instant } from './schemas.ts';

export const deliverySchema = z
  .object({
    id,
    planRunId: id,
    subscriberId: id,
    email: z.string(),
    editionDate: date.openapi({ description: 'The local date that the digest is of.' }),
    status: z.enum(deliveryStatuses),
    reason: z.enum(deliveryReasons).nullable().openapi({ description: 'Why it stands so, in a word.' }),
    detail: z.string().nullable().openapi({ description: 'What the mail server said, or who decided.' }),
    attempts: count,
    messageId: z.string(),
    dueAt: instant,
    plannedAt: instant,
    nextAttemptAt: instant.nullable(),
    sendingAt: instant.nullable(),
    endedAt: instant.nullable(),
    resentAt: instant
      .nullable()
      .openapi({ description: 'When it was put back though the server may have accepted it.' }),
    more: count.openapi({ description: 'Matching papers that did not fit.' }),
    occasion: z.enum(['day', 'week', 'away', 'quiet', 'late']),
    papers: z.array(
      z.object({
        key: z.string(),
        title: z.string(),
        topic: z.string().nullable().openapi({ description: 'The slug of the topic it counts for.' }),
        released: z.boolean().openapi({ description: 'It competes again.' }),
      }),
    ),
  })
  .openapi('Delivery');

export const bounceSchema = z
  .object({
    id,
    origin: z.string(),
    class: z.enum(['hard', 'soft', 'complaint', 'delivered']),
    reason: z.string(),
    status: z.string().nullable().openapi({ description: 'The enhanced status code (RFC 3463).' }),
    reply: z.string().nullable().openapi({ description: 'The SMTP code.' }),
    diagnostic: z.string(),
    deliveryId: id.nullable(),
    email: z.string().nullable(),
    addressHash: z.string().nullable(),
    occurredAt: instant.nullable(),
    recordedAt: instant,
    suppressed: z.boolean().openapi({ description: 'The address was suppressed for it, and that stands.' }),
  })
  .openapi('Bounce');
