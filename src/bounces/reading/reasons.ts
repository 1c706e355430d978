/**
 * Why mail came back, and what it means for the address:
 * - `class`: `hard` when mail to this address can never arrive.
 * - `weight`: how much one such event counts against the address in `judgeAddress`; 0 for what is about us,
 *   our message or the moment and not about the recipient.
 */
export const reasons = {
  // There is nobody there.
  user_unknown: { class: 'hard', weight: 0 },
  host_unknown: { class: 'hard', weight: 0 },
  moved: { class: 'hard', weight: 0 },
  no_mail_accepted: { class: 'hard', weight: 0 },
  // Somebody is there, but the mail does not get in.
  mailbox_full: { class: 'soft', weight: 1 },
  disabled: { class: 'soft', weight: 1 },
  recipient_refused: { class: 'soft', weight: 1 },
  expired: { class: 'soft', weight: 1 },
  network_error: { class: 'soft', weight: 1 },
  system_error: { class: 'soft', weight: 0.5 },
  system_full: { class: 'soft', weight: 0.5 },
  undefined: { class: 'soft', weight: 0.5 },
  // About us or about this message.
  greylisted: { class: 'soft', weight: 0 },
  rate_limited: { class: 'soft', weight: 0 },
  delayed: { class: 'soft', weight: 0 },
  blocked: { class: 'soft', weight: 0 },
  spam: { class: 'soft', weight: 0 },
  policy: { class: 'soft', weight: 0 },
  auth_failure: { class: 'soft', weight: 0 },
  sender_rejected: { class: 'soft', weight: 0 },
  relaying_denied: { class: 'soft', weight: 0 },
  content_rejected: { class: 'soft', weight: 0 },
  virus: { class: 'soft', weight: 0 },
  too_big: { class: 'soft', weight: 0 },
  protocol_error: { class: 'soft', weight: 0 },
  tls_required: { class: 'soft', weight: 0 },
  // Feedback reports (RFC 5965), and mail that asks to be left out. Only `complaint` is held against sending for good.
  complaint: { class: 'complaint', weight: 0 },
  unsubscribe: { class: 'complaint', weight: 0 },
  auth_failure_report: { class: 'complaint', weight: 0 },
  not_spam: { class: 'not-a-bounce', weight: 0 },
  vacation: { class: 'auto-reply', weight: 0 },
  delivered: { class: 'delivered', weight: 0 },
  none: { class: 'not-a-bounce', weight: 0 },
} as const;

export type Reason = keyof typeof reasons;
