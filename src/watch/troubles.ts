import type { QueueState, Tally } from '../store/watch.ts';
import type { Silence } from './silence.ts';

/** Something the admin should know of. */
export interface Trouble {
  /** One word and what it is about: the same for the same trouble. */
  cause: string;
  /** One line. */
  headline: string;
  /** What is known and what to do, a sentence or two each. */
  lines: string[];
  /** Which command shows more. */
  command: string;
}

/** What is known when the program looks after itself. Instants are epoch ms. */
export interface WatchFacts {
  now: number;
  queue: QueueState;
  /** Deliveries that wait and were due more than `overdueMs` ago. */
  overdue: number;
  /** The one that waits longest, and what the mail server said to it last. */
  longestWaiting: { id: number; reason: string | null; detail: string | null } | null;
  tallies: readonly Tally[];
  silent: readonly Silence[];
  /** Room on the disk of the database; null: not known. */
  diskFreeBytes: number | null;
}

const hourMs = 3_600_000;
/** A digest that waits for so long is late, also where `paperboy run` comes once an hour. */
export const overdueMs = 2 * hourMs;
/** Of so many in a day, one or two that failed are the world's way. */
const fewestFailures = 5;
const failedShare = 0.05;
const deferredShare = 0.1;
const fewestUncertain = 10;
/** Doctor warns below 100 MB; with a day's digests still to come, that may be too late. */
const scarceBytes = 250e6;

/** What is wrong, by the facts alone. */
export function findTroubles(facts: WatchFacts): Trouble[] {
  return [
    findWaiting(facts),
    findFailures(facts),
    findUncertain(facts),
    ...facts.silent.map(tellSilence),
    findScarceDisk(facts),
  ].filter((one) => one !== null);
}

function findWaiting({ now, queue, overdue, longestWaiting, tallies }: WatchFacts): Trouble | null {
  const since = [queue.oldestDueAt, queue.oldestReadyAt].filter((at) => at !== null && at <= now - overdueMs);
  const dueInDay = sumOf(tallies, 'due');
  const deferred = overdue > 0 && overdue >= dueInDay * deferredShare && overdue >= Math.min(5, dueInDay / 2);
  if (since.length === 0 && !deferred) return null;
  const started = Math.min(...since.map(Number), deferred ? (queue.oldestOpenDueAt ?? now) : now);
  const { due, ready, later } = queue;
  const sent = sumOf(tallies, 'sent');
  return {
    cause: 'digests_waiting',
    headline: `Digests are waiting since ${stamp(started)}`,
    lines: [
      `${count(due, 'digest is', 'digests are')} due and not planned, ${count(ready, 'is', 'are')} planned and not sent, ${count(later, 'waits', 'wait')} for another try. ${count(sent, 'was', 'were')} sent in the last 24 hours.`,
      // Without a reason it waits by somebody's hand, and the detail is ours.
      ...(longestWaiting?.detail && longestWaiting.reason !== null
        ? [`To the one that waits longest the mail server said: ${longestWaiting.detail}`]
        : []),
      'See whether `paperboy serve` runs (or `paperboy run` from a cron, at least once an hour), whether the mail server takes mail, and whether SEND_RATE leaves time enough. Nothing is lost: what is still of its day is sent late, the rest competes again.',
    ],
    command: longestWaiting === null ? 'paperboy doctor' : `paperboy deliveries show ${longestWaiting.id}`,
  };
}

function findFailures({ tallies }: WatchFacts): Trouble | null {
  const failed = tallies.filter(({ what, lastDay }) => what === 'failed' && lastDay > 0);
  const number = sumOf(failed, 'failed');
  const tried = number + sumOf(tallies, 'sent');
  const unrendered = failed.some(({ reason }) => reason === 'render_error');
  const many = number >= fewestFailures && number >= tried * failedShare;
  const all = number > 0 && number === tried;
  if (!many && !all && !unrendered) return null;
  const reasons = failed
    .toSorted((a, b) => b.lastDay - a.lastDay)
    .map(({ reason, lastDay }) => `${lastDay.toLocaleString('en')} ${reason}`);
  return {
    cause: 'digests_failed',
    headline: `${count(number, 'digest', 'digests')} failed in the last 24 hours`,
    lines: [
      `By reason: ${reasons.join(', ')}; ${count(tried - number, 'was', 'were')} sent.`,
      unrendered
        ? 'render_error is a fault of a template or of the program: put back the templates that came with it, or tell the developers.'
        : 'The reason tells whom to ask: policy_refused and message_refused are about us (look at SPF, DKIM, the content, block lists), recipient_refused about the addresses, expired about a mail server that did not take them all day. Their papers compete again.',
    ],
    command: 'paperboy deliveries list --status failed',
  };
}

function findUncertain({ queue, tallies }: WatchFacts): Trouble | null {
  const lately = sumOf(tallies, 'uncertain');
  if (lately < fewestUncertain || queue.uncertain < fewestUncertain) return null;
  return {
    cause: 'deliveries_uncertain',
    headline: `${count(queue.uncertain, 'delivery is', 'deliveries are')} uncertain`,
    lines: [
      `Of ${count(lately, 'message', 'messages')} in the last 24 hours the mail server may have taken each or not: the connection ended before its reply, or the process did.`,
      "Find out from the mail server's log whether it took them, and tell Paperboy: `paperboy deliveries resolve ID sent`, `pending` or `failed`. If its replies are slow, see that SMTP_TIMEOUT is long enough. UNCERTAIN says what is done by itself.",
    ],
    command: 'paperboy deliveries list --status uncertain',
  };
}

function tellSilence({ source, since, detail }: Silence): Trouble {
  return {
    cause: `source_silent:${source}`,
    headline: `Nothing new has come from ${source} since ${stamp(since)}`,
    lines: [
      `It was asked and should have brought papers; weekends and holidays are not counted. ${detail}`,
      'See whether it can be reached from here and whether its address or format has changed. It is asked again by itself, and what was missed is fetched then.',
    ],
    command: `paperboy ingest --source ${source}`,
  };
}

function findScarceDisk({ diskFreeBytes }: WatchFacts): Trouble | null {
  if (diskFreeBytes === null || diskFreeBytes >= scarceBytes) return null;
  return {
    cause: 'disk_nearly_full',
    headline: `The disk is nearly full: ${Math.floor(diskFreeBytes / 1e6)} MB are left`,
    lines: [
      'It is the disk that the database is on. When it is full, nothing can be planned or sent.',
      'Make room, move the database to a larger disk, or keep less: KEEP_SIGNALS_DAYS, KEEP_DELIVERIES_DAYS.',
    ],
    command: 'paperboy doctor',
  };
}

/** How often in the last 24 hours. */
function sumOf(tallies: readonly Tally[], what: Tally['what']): number {
  return tallies.reduce((sum, one) => sum + (one.what === what ? one.lastDay : 0), 0);
}

/** `1 digest is`, `1,234 digests are`. */
function count(number: number, one: string, many: string): string {
  return `${number.toLocaleString('en')} ${number === 1 ? one : many}`;
}

export const stamp = (at: number): string =>
  `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
