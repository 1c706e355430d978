import { iso } from '../clock.ts';
import { readWords } from '../mail/reply-words.ts';
import { phases } from '../mail/transport.ts';
import type { ClaimedDelivery, Ending } from '../store/ledger.ts';

/** What of pino's logger is needed; its lines go to stderr as JSON. */
export interface Log {
  debug(line: object, message: string): void;
  info(line: object, message: string): void;
  warn(line: object, message: string): void;
  error(line: object, message: string): void;
}

/**
 * A mail server's words with `<>` where an address or a name of the recipient may stand: replies like to quote them.
 * `recipient` null: nobody's in particular.
 */
export function withoutAddresses(text: string, recipient: string | null = null): string {
  const { named } = readWords(text, recipient);
  const local = recipient?.slice(0, recipient.lastIndexOf('@')) ?? '';
  if (local === '') return named;
  return named.replace(new RegExp(`(?<![\\w])${RegExp.escape(local)}(?![\\w])`, 'giu'), '<>');
}

/** One line for each delivery that an attempt ended otherwise than well; with `debug`, for those that were sent too. */
export function logEndings(log: Log): (delivery: ClaimedDelivery, ending: Ending) => void {
  return (delivery, ending) => {
    if (ending.status === 'sent') return log.debug(sentLine(delivery, ending), 'delivery sent');
    const line = {
      run: delivery.planRunId,
      delivery: delivery.id,
      ...('reason' in ending && ending.reason !== null ? { reason: ending.reason } : {}),
      ...readDetail(ending.detail, delivery.email),
    };
    switch (ending.status) {
      case 'skipped':
        return log.info(line, 'delivery skipped');
      case 'pending':
        return log.warn({ ...line, nextAttemptAt: iso(ending.nextAttemptAt) }, 'delivery to be tried again');
      default:
        return log.error(line, `delivery ${ending.status}`);
    }
  };
}

/**
 * What the server said is looked at only when somebody reads the line: nearly nobody logs what went well, and taking the
 * addresses out took two fifths of the time of sending.
 */
function sentLine(delivery: ClaimedDelivery, ending: Ending): object {
  let read: Detail | undefined;
  const said = () => {
    read ??= readDetail(ending.detail, delivery.email);
    return read;
  };
  return {
    run: delivery.planRunId,
    delivery: delivery.id,
    get phase() {
      return said().phase;
    },
    get code() {
      return said().code;
    },
    get reply() {
      return said().reply;
    },
    get detail() {
      return said().detail;
    },
  };
}

interface Detail {
  phase?: string;
  code?: number;
  reply?: string;
  detail?: string;
}

/** The ledger's `detail` is a reply as `phase: code text`, or a sentence of ours. */
function readDetail(detail: string | null, recipient: string): Detail {
  if (detail === null) return {};
  const [, phase = '', code, text = ''] = /^([a-z]+): (?:([2-5]\d\d)(?=[ -]|$))?\s*(.*)$/s.exec(detail) ?? [];
  if (!phases.some((one) => one === phase)) return { detail: withoutAddresses(detail, recipient) };
  return { phase, ...(code ? { code: Number(code) } : {}), reply: withoutAddresses(text, recipient) };
}
