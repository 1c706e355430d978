import { readRecipientField } from './addresses.ts';
import { type Field, fieldOf, readFields } from './fields.ts';
import type { Reason } from './reasons.ts';

/** A feedback report (RFC 5965). */
export interface Feedback {
  reason: Extract<Reason, 'complaint' | 'auth_failure_report' | 'not_spam'>;
  /** Original-Rcpt-To, each; empty when the reporter keeps them back. */
  recipients: string[];
}

/** Reads message/feedback-report text. A missing Feedback-Type is taken for `abuse`, as reporters leave it out. */
export function readFeedback(text: string): Feedback {
  const fields: Field[] = readFields(text.split('\n'));
  const type = fieldOf(fields, 'feedback-type')?.toLowerCase() ?? 'abuse';
  const recipients = fields
    .filter(({ name }) => ['original-rcpt-to', 'removal-recipient', 'original-recipient'].includes(name))
    .flatMap(({ value }) => readRecipientField(value) ?? []);
  return { reason: reasonOf(type), recipients: [...new Set(recipients)].slice(0, 100) };
}

function reasonOf(type: string): Feedback['reason'] {
  if (type.startsWith('auth-failure') || type.startsWith('dmarc')) return 'auth_failure_report';
  return type.startsWith('not-spam') ? 'not_spam' : 'complaint';
}
