import type { Overview, TodayAccount } from '../../admins/overview.ts';

const number = (value: number) => value.toLocaleString('en');
const digests = (count: number) => `${number(count)} ${count === 1 ? 'digest' : 'digests'}`;

export type EndStatus = TodayAccount['ended'][number]['status'];

/** How many of today's ended so. */
export function endedAs(today: TodayAccount, status: EndStatus): number {
  return today.ended.reduce((sum, one) => (one.status === status ? sum + one.count : sum), 0);
}

/** How many came due today: what was folded in came due on an earlier day, on which no run came. */
export function dueToday({ due, ended }: TodayAccount): number {
  return due - foldedIn(ended);
}

function foldedIn(ended: TodayAccount['ended']): number {
  return ended.reduce((sum, one) => (isFolded(one) ? sum + one.count : sum), 0);
}

const isFolded = ({ status, reason }: TodayAccount['ended'][number]) =>
  status === 'skipped' && reason === 'folded';

/** Did today's digests go out? In one or two sentences. */
export function tellToday({ now, today, timezone }: Pick<Overview, 'now' | 'today' | 'timezone'>): string {
  const folded = foldedIn(today.ended);
  const ofToday = {
    ...today,
    due: today.due - folded,
    ended: today.ended.filter((one) => !isFolded(one)),
  };
  const sentences = [ofToday.due === 0 ? 'No digest has come due today so far.' : tellDue(ofToday)];
  if (folded > 0)
    sentences.push(
      `${digests(folded)} of earlier days, on which no run came, ${folded === 1 ? 'was' : 'were'} folded into the next.`,
    );
  if (today.queue.due > 0)
    sentences.push(
      `${digests(today.queue.due)} ${today.queue.due === 1 ? 'is' : 'are'} due now and not planned yet.`,
    );
  if (today.next)
    sentences.push(
      `The next ${today.next.count === 1 ? 'is' : `${number(today.next.count)} are`} due ${momentWords(today.next.at, timezone, now)}.`,
    );
  return sentences.join(' ');
}

function tellDue(today: TodayAccount): string {
  const { due, open } = today;
  const sent = endedAs(today, 'sent');
  const rest = [
    open > 0 ? `${number(open)} ${open === 1 ? 'is' : 'are'} under way` : null,
    told(endedAs(today, 'skipped'), ['was skipped', 'were skipped']),
    told(endedAs(today, 'failed'), ['failed', 'failed']),
    told(endedAs(today, 'uncertain'), ['is uncertain', 'are uncertain']),
  ].filter((one) => one !== null);
  const whole =
    sent === due
      ? due === 1
        ? 'The one digest that was due today has gone out'
        : `All ${digests(due)} that were due today have gone out`
      : `${number(sent)} of ${digests(due)} that ${due === 1 ? 'was' : 'were'} due today ${sent === 1 ? 'has' : 'have'} gone out`;
  return rest.length === 0 ? `${whole}.` : `${whole}; ${joined(rest)}.`;
}

function told(count: number, [one, many]: [string, string]): string | null {
  return count === 0 ? null : `${number(count)} ${count === 1 ? one : many}`;
}

function joined(parts: string[]): string {
  return parts.length < 2 ? (parts[0] ?? '') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
}

/** `at 15:00`, or on another day than now's `on 24 Jun 2026 at 08:00`: as a clock on the wall there shows it. */
export function momentWords(at: number, timezone: string, now: number): string {
  const there = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timezone);
  const time = there.toPlainTime().toString({ smallestUnit: 'minute' });
  const here = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(timezone);
  if (here.toPlainDate().equals(there.toPlainDate())) return `at ${time}`;
  return `on ${new Date(at).toLocaleDateString('en-GB', { dateStyle: 'medium', timeZone: timezone })} at ${time}`;
}

/** `3 min`, `1 h 20 min`, `2 days`: how long something takes or is ago, roughly. */
export function durationWords(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 90) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return `${Math.round(hours / 24)} days`;
}
