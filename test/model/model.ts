import { dateAt, day, endOf, firstDue, hour, lastEdition, type When } from './calendar.ts';
import type { Act, Settings } from './steps.ts';
import { topics } from './steps.ts';

/** What is known of everything, from what happened alone. The program's planner and schedule have no part in it. */
export interface Model {
  people: Person[];
  papers: Paper[];
  deliveries: Delivery[];
  /** Addresses that must not be mailed. */
  suppressed: Set<string>;
}

export type Status = 'active' | 'paused' | 'unsubscribed' | 'erased';

export interface Person extends Settings {
  id: number;
  email: string;
  status: Status;
  topics: Set<number>;
  /** What they had when they left. */
  left: Set<number>;
  nextDue: number | null;
  joinedAt: number;
  /** What is in the mailbox, by paper: the delivery that brought it; without what an admin says did not arrive. */
  received: Map<Paper, Delivery>;
}

/** One row of papers. */
export interface Paper {
  id: number;
  /** Papers of one group are nearly the same. */
  group: number;
  words: string[];
  title: string;
  abstract: string;
  /** Null while it is known by its title alone. */
  key: string | null;
  version: number | null;
  firstSeen: number;
  announced: number | null;
  published: number | null;
  withdrawn: boolean;
  /** The row that holds the work now. */
  mergedInto: Paper | null;
}

export interface Delivery {
  person: Person;
  date: string;
  dueAt: number;
  plannedAt: number;
  expiresAt: number;
  status: string;
  reason: string | null;
  nextAttemptAt: number | null;
  attempts: number;
  /** Frozen papers; true: released. */
  papers: Map<Paper, boolean>;
}

export const newModel = (): Model => ({ people: [], papers: [], deliveries: [], suppressed: new Set() });

export function workOf(paper: Paper): Paper {
  return paper.mergedInto ? workOf(paper.mergedInto) : paper;
}

const when = (person: Person): When => ({ zone: person.zone, time: person.time, days: person.days });

export const nextDueOf = (person: Person, from: number): number => firstDue(when(person), from);
export const latestOf = (person: Person, at: number) => lastEdition(when(person), at);

export function isMailable(model: Model, person: Person): boolean {
  return person.status === 'active' && !model.suppressed.has(person.email);
}

/**
 * A changed schedule moves the next digest to its next time; but the digest that was to come next is due now when its
 * day is there and the new time is over.
 */
export function changeSettings(person: Person, change: Partial<Settings>, at: number): void {
  const was = { ...person };
  Object.assign(person, change);
  const moved =
    was.zone !== person.zone || was.time !== person.time || was.days.join() !== person.days.join();
  if (was.nextDue === null || !moved) return;
  const latest = latestOf(person, at);
  if (latest.date < dateAt(was.nextDue, was.zone)) person.nextDue = nextDueOf(person, at);
  else person.nextDue = Math.min(was.nextDue, latest.dueAt);
}

export function setStatus(person: Person, status: Status, at: number): void {
  if (person.status === status) return;
  if (status === 'unsubscribed' || status === 'erased') {
    if (person.status !== 'unsubscribed') person.left = person.topics;
    person.topics = new Set();
  } else if (person.status === 'unsubscribed') person.topics = person.left;
  person.status = status;
  person.nextDue = status === 'active' ? nextDueOf(person, at) : null;
}

/** What an act makes of a person; `email` is the new address. Null: it does nothing to them. */
export function applyAct(model: Model, person: Person, act: Act, at: number, email: string): void {
  if (person.status === 'erased') return;
  if (act === 'pause' && person.status === 'active') setStatus(person, 'paused', at);
  else if (act === 'unsubscribe') setStatus(person, 'unsubscribed', at);
  else if (act === 'suppress') model.suppressed.add(person.email);
  else if (act === 'readdress') person.email = email;
  else if (act === 'erase') {
    model.suppressed.add(person.email);
    setStatus(person, 'erased', at);
    person.zone = 'UTC';
  }
}

export function setReleased(delivery: Delivery, papers: Iterable<Paper>): void {
  for (const paper of papers) if (delivery.papers.has(paper)) delivery.papers.set(paper, true);
}

/** It ended without being sent: its papers compete again. */
export function end(delivery: Delivery, status: 'failed' | 'skipped', reason: string): void {
  Object.assign(delivery, { status, reason, nextAttemptAt: null });
  setReleased(delivery, delivery.papers.keys());
}

export function deliveriesOf(model: Model, person: Person): Delivery[] {
  return model.deliveries.filter((one) => one.person === person);
}

function heldBy(model: Model, person: Person): Set<Paper> {
  const held = new Set<Paper>();
  for (const { papers } of deliveriesOf(model, person))
    for (const [paper, released] of papers) if (!released) held.add(paper);
  return held;
}

/** Recent by what is known of it, there, and not taken back. */
export function isCandidate(paper: Paper, at: number, windowMs: number): boolean {
  const begin = at - windowMs;
  const isKnown = paper.firstSeen <= at && !paper.withdrawn && paper.mergedInto === null;
  const wasAnnounced = paper.announced !== null && paper.announced >= begin && paper.announced <= at;
  const dates = [paper.announced, paper.published].filter((date) => date !== null);
  const isNew = paper.firstSeen >= begin && (dates.length === 0 || dates.some((date) => date >= begin));
  return isKnown && (wasAnnounced || isNew);
}

const missedReasons = ['folded', 'paused', 'suppressed', 'restored', 'expired'];
/** How far back the first digest after a long absence reaches. */
const longestMs = 90 * day;

/**
 * Since when papers are offered: those of the window; but to who was away for longer than that, whatever for, those that
 * came out since their last edition. Null: of the window.
 */
export function awaySince(model: Model, person: Person, at: number, windowMs: number): number | null {
  const handled = deliveriesOf(model, person).filter(({ reason }) => !missedReasons.includes(reason ?? ''));
  const lastDate = handled
    .map(({ date }) => date)
    .sort()
    .at(-1);
  const latest = latestOf(person, at);
  const isAway =
    lastDate !== undefined &&
    lastDate < dateAt(at - windowMs, 'UTC') &&
    lastDate < latestOf(person, latest.dueAt - 1).date;
  return isAway ? Math.max(Date.parse(lastDate), at - longestMs) : null;
}

/** What a digest may hold: the papers that match and were never sent, by group; no group that one was sent of. */
export function offerTo(model: Model, person: Person, at: number, windowMs: number): Map<number, Paper[]> {
  const since = awaySince(model, person, at, windowMs);
  const among = (ms: number) =>
    model.papers.filter((paper) => isCandidate(paper, at, ms) || isCandidate(paper, at, windowMs));
  const candidates = since === null ? among(windowMs) : among(at - since);
  const held = heldBy(model, person);
  const compared = since === null ? candidates : among(longestMs);
  const known = new Set(compared.filter((paper) => held.has(paper)).map((paper) => paper.group));
  const wanted = [...person.topics].map((index) => topics[index] as (typeof topics)[number]);
  const offered = candidates.filter(
    (paper) =>
      !known.has(paper.group) &&
      wanted.some(
        ({ some, none }) =>
          some.some((word) => paper.words.includes(word)) &&
          !none.some((word) => (paper.words as readonly string[]).includes(word)),
      ),
  );
  return Map.groupBy(offered, (paper) => paper.group);
}

export interface EditionRow {
  date: string;
  dueAt: number;
  expiresAt: number;
  folded: boolean;
}

/**
 * The rows that a due person's editions get at `at`. A digest that is still of its day is sent late; days that went by
 * are folded into the next, the first of them has the row; after a missed day late is better than never.
 */
export function rowsDue(model: Model, person: Person, at: number): EditionRow[] {
  const owedAt = person.nextDue as number;
  const latest = latestOf(person, at);
  const own = deliveriesOf(model, person);
  const before = own
    .filter((one) => one.date < latest.date && one.date >= dateAt(owedAt - 15 * day, 'UTC'))
    .sort((a, b) => (a.date < b.date ? -1 : 1))
    .at(-1);
  const isRare =
    before !== undefined && (before.reason === 'folded' || before.plannedAt >= endOf(before, person.zone));
  const isOfItsDay = at < endOf(latest, person.zone);
  const first = owedAt < latest.dueAt ? dateAt(owedAt, person.zone) : latest.date;
  const rows: EditionRow[] = [];
  if (first < latest.date || !(isOfItsDay || isRare))
    rows.push({
      date: first,
      dueAt: owedAt,
      expiresAt: endOf({ date: first, dueAt: owedAt }, person.zone),
      folded: true,
    });
  if (isOfItsDay || isRare)
    rows.push({
      ...latest,
      expiresAt: Math.max(endOf(latest, person.zone), isRare ? at + 12 * hour : 0),
      folded: false,
    });
  return rows.filter((row) => !own.some((one) => one.date === row.date));
}

/** Two rows turn out to be one work: `into` is left. Of two in one person's digests, one that waits is taken out. */
export function unite(model: Model, paper: Paper, into: Paper): void {
  for (const person of model.people) {
    const own = deliveriesOf(model, person);
    const holds = (one: Paper) => own.some((delivery) => delivery.papers.get(one) === false);
    for (const [dropped, kept] of [
      [paper, into],
      [into, paper],
    ] as const) {
      if (!holds(kept)) continue;
      for (const delivery of own)
        if (delivery.status === 'pending' && delivery.papers.get(dropped) === false) {
          delivery.papers.delete(dropped);
          if (delivery.papers.size === 0) end(delivery, 'skipped', 'nothing_new');
        }
    }
    for (const delivery of own)
      if (delivery.papers.get(paper) === false && !holds(into)) {
        delivery.papers.delete(paper);
        delivery.papers.set(into, false);
      }
  }
  paper.mergedInto = into;
  into.firstSeen = Math.min(into.firstSeen, paper.firstSeen);
  into.announced = least(into.announced, paper.announced);
  into.published = least(into.published, paper.published);
  into.withdrawn ||= paper.withdrawn;
}

function least(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b);
}
