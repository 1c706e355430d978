import type { BounceEntry } from '../store/bounces.ts';
import type { DeliveryEntry } from '../store/deliveries.ts';
import type { DeliveryReason } from '../store/schema.ts';
import type { SubscriberEvent } from '../store/subscriber-events.ts';
import type { Subscriber } from '../store/subscribers.ts';
import type { NoDeliveryReason } from './why.ts';

/** The reasons that a delivery's row can have, as a sentence about one person's digest. */
export const deliveryReasonWords: Record<DeliveryReason, string> = {
  nothing_new: 'Nothing that they had not been sent already matched their topics.',
  source_late: 'Nothing new matched their topics, and a source had not delivered yet what it should have.',
  no_topics: 'They were subscribed to no topic.',
  folded: 'No run came on that day; its papers competed again for the next digest.',
  suppressed: 'Their address must not be mailed.',
  paused: 'They paused between planning and sending.',
  unsubscribed: 'They unsubscribed between planning and sending.',
  erased: 'They were erased between planning and sending.',
  pending: 'They had not confirmed their address.',
  address_changed: 'Their address changed while the digest was on its way; it was not sent to the old one.',
  withdrawn: 'All its papers were withdrawn before it was sent.',
  restored: 'A backup was restored: what was planned before may have been sent, so it is not sent again.',
  expired: 'It could not be sent before its day was over.',
  render_error: 'It could not be made into a mail.',
  no_reply: 'The connection was lost before the mail server said whether it took it.',
  crashed: 'The program ended before the mail server said whether it took it.',
  resolved_by_hand: 'An admin said that it did not arrive.',
  recipient_refused: 'The mail server refused the address.',
  message_refused: 'The mail server refused the message.',
  policy_refused:
    'The mail server refused it by its policy: that is about the sender or the contents, not about them.',
  unreachable: 'The mail server could not be reached.',
  auth: 'The mail server did not accept user and password.',
  tls: 'No safe connection to the mail server came about.',
  config: 'The mail server does not send for this sender.',
  policy: 'The mail server refused everything by its policy.',
  deferred: 'The mail server asked to try again later.',
  slow_domain: 'The mail server of their domain asked to go slower.',
  resend: 'No reply came the first time; it is sent once more.',
};

type Found =
  | {
      outcome: 'sent' | 'failed' | 'uncertain' | 'skipped' | 'waiting';
      reason: DeliveryReason | null;
      delivery: DeliveryEntry;
      returned: BounceEntry[];
    }
  | {
      outcome: 'none';
      reason: NoDeliveryReason;
      dueAt: number | null;
      state: SubscriberEvent | null;
    };

/** What was found, in a sentence or two; instants by the clock where the subscriber lives. */
export function sayWhy(found: Found, { timezone, createdAt }: Subscriber): string {
  const when = (instant: number | null) =>
    instant === null
      ? 'then'
      : localTimeWords(instant, found.outcome === 'none' ? (found.state?.timezone ?? timezone) : timezone);
  if (found.outcome === 'none') return sayNone(found, when, createdAt);
  const { delivery, reason, returned } = found;
  const because = reason === null ? '' : ` ${deliveryReasonWords[reason]}`;
  switch (found.outcome) {
    case 'sent': {
      const papers = delivery.papers.filter((one) => !one.released).length;
      const what =
        papers === 0 ? 'A mail without papers' : `A digest of ${papers} ${papers === 1 ? 'paper' : 'papers'}`;
      const back = returned.find((one) => one.class !== 'delivered');
      return `${what} was accepted by the mail server at ${when(delivery.endedAt)}.${
        back
          ? ` It came back later: ${back.class === 'complaint' ? 'a complaint' : `a ${back.class} bounce`} (${back.reason}).`
          : ''
      }`;
    }
    case 'failed':
      return `It was not delivered.${because}`;
    case 'uncertain':
      return `It may have arrived or not.${because} It is not sent again by itself.`;
    case 'skipped':
      return `There was no mail.${because}`;
    case 'waiting':
      return delivery.status === 'pending'
        ? `It is planned and waits for ${when(delivery.nextAttemptAt)}.${because}`
        : 'It is being sent right now.';
  }
}

function sayNone(
  { reason, dueAt, state }: Extract<Found, { outcome: 'none' }>,
  when: (instant: number | null) => string,
  createdAt: number,
): string {
  switch (reason) {
    case 'forgotten':
      return 'Deliveries of that day were forgotten since, as the retention settings say.';
    case 'joined_later':
      return `They joined later, at ${when(createdAt)}${dueAt === null ? '' : `; that day's digest was due at ${when(dueAt)}`}.`;
    case 'not_recorded':
      return 'What they were on that day is not recorded.';
    case 'not_confirmed':
      return 'They had not confirmed their address yet.';
    case 'paused':
      return `They were paused, since ${when(state?.at ?? null)}.`;
    case 'unsubscribed':
      return `They had unsubscribed, at ${when(state?.at ?? null)}.`;
    case 'erased':
      return `They had been erased, at ${when(state?.at ?? null)}.`;
    case 'not_their_day':
      return dueAt === null
        ? `It was not one of their days: ${state?.days.join(', ')}.`
        : `They changed when they get mail at ${when(state?.at ?? null)}, and no digest of that day was due between.`;
    case 'not_due_yet':
      return `It is due at ${when(dueAt)}.`;
    case 'due_now':
      return `It was due at ${when(dueAt)} and is planned by the next run.`;
    case 'no_run':
      return `It was due at ${when(dueAt)}, and no plan run is recorded from then on while it could have been sent: Paperboy did not run, or its clock was wrong.`;
    case 'not_planned':
      return `It was due at ${when(dueAt)} and a plan ran afterwards, yet nothing was planned for them. That should not happen: \`paperboy doctor\` may know more.`;
  }
}

/** `2026-06-23 08:00 (Europe/Berlin)`. */
function localTimeWords(instant: number, timezone: string): string {
  let time: Temporal.ZonedDateTime;
  try {
    time = Temporal.Instant.fromEpochMilliseconds(instant).toZonedDateTimeISO(timezone);
  } catch {
    time = Temporal.Instant.fromEpochMilliseconds(instant).toZonedDateTimeISO('UTC');
  }
  return `${time.toPlainDate()} ${time.toPlainTime().toString({ smallestUnit: 'minute' })} (${time.timeZoneId})`;
}
