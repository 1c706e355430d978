import { day } from './calendar.ts';
import {
  type Delivery,
  end,
  type Model,
  nextDueOf,
  offerTo,
  type Paper,
  type Person,
  rowsDue,
  setReleased,
  workOf,
} from './model.ts';
import { keyOf, type Seen, type SeenDelivery } from './observe.ts';
import type { Handover } from './post.ts';
import type { Sending } from './steps.ts';
import { windowDays } from './world.ts';

/** The program did what it must not, or left undone what it must. */
export class Wrong extends Error {
  override name = 'Wrong';
}

const iso = (at: number | null) => (at === null ? 'never' : new Date(at).toISOString());

export function nameOf(delivery: Pick<Delivery, 'person' | 'date'>): string {
  return `the digest of ${delivery.person.id} for ${delivery.date}`;
}

const seenOf = (seen: Seen, delivery: Delivery): SeenDelivery => {
  const found = seen.deliveries.get(keyOf(delivery.person.id, delivery.date));
  if (!found) throw new Wrong(`${nameOf(delivery)} has no row any more`);
  return found;
};

/** Takes over what a plan at `at` should have done, and what of it a process that died may have left undone. */
export function followPlan(
  model: Model,
  seen: Seen,
  { at, sourceLate, died }: { at: number; sourceLate: boolean; died: boolean },
  count: (what: string) => void,
): void {
  for (const delivery of model.deliveries)
    if (delivery.status === 'pending' && delivery.expiresAt <= at) {
      if (died && seenOf(seen, delivery).status === 'pending') continue;
      end(delivery, 'failed', 'expired');
    }
  for (const person of model.people) {
    if (person.nextDue === null) continue;
    const seenDue = seen.people.get(person.id)?.nextDue ?? null;
    const next = nextDueOf(person, at + 1);
    if (person.nextDue > next && person.joinedAt <= at) {
      if (died && seenDue === person.nextDue) continue;
      person.nextDue = next;
      count('due brought back');
    }
    if (person.nextDue > at || (died && seenDue === person.nextDue)) continue;
    for (const row of rowsDue(model, person, at)) {
      const delivery: Delivery = {
        person,
        date: row.date,
        dueAt: row.dueAt,
        plannedAt: at,
        expiresAt: row.expiresAt,
        status: 'skipped',
        reason: null,
        nextAttemptAt: null,
        attempts: 0,
        papers: new Map(),
      };
      if (model.suppressed.has(person.email)) delivery.reason = 'suppressed';
      else if (row.folded) delivery.reason = 'folded';
      else if (person.topics.size === 0) delivery.reason = 'no_topics';
      else fill(model, seen, delivery, person, at, sourceLate);
      model.deliveries.push(delivery);
      count(`planned: ${delivery.reason ?? delivery.status}`);
    }
    person.nextDue = next;
  }
}

/** Which papers is the program's choice; that they match, are unsent, unlike one another and as many as can be is not. */
function fill(
  model: Model,
  seen: Seen,
  delivery: Delivery,
  person: Person,
  at: number,
  sourceLate: boolean,
): void {
  const offer = offerTo(model, person, at, windowDays * day);
  const expected = Math.min(person.max, offer.size);
  if (expected === 0) {
    delivery.reason = sourceLate ? 'source_late' : 'nothing_new';
    return;
  }
  delivery.status = 'pending';
  delivery.nextAttemptAt = at;
  const chosen = [...seenOf(seen, delivery).papers.keys()].map((id) => paperOf(model, id));
  const groups = new Set<number>();
  for (const paper of chosen) {
    if (!offer.get(paper.group)?.includes(paper))
      throw new Wrong(`${nameOf(delivery)} holds paper ${paper.id}, which it must not`);
    if (groups.has(paper.group))
      throw new Wrong(`${nameOf(delivery)} holds two papers that are nearly the same`);
    groups.add(paper.group);
    delivery.papers.set(paper, false);
  }
  if (chosen.length !== expected)
    throw new Wrong(`${nameOf(delivery)} holds ${chosen.length} papers; there were ${expected} for it`);
}

export function paperOf(model: Model, id: number): Paper {
  const paper = model.papers.find((one) => one.id === id);
  if (!paper) throw new Wrong(`there is a paper ${id} that nobody published`);
  return paper;
}

/** What a dead process had claimed waits again, what it was sending may have arrived. */
export function followRecovery(model: Model): void {
  for (const delivery of model.deliveries) {
    if (delivery.status === 'claimed') delivery.status = 'pending';
    if (delivery.status !== 'sending') continue;
    Object.assign(delivery, { status: 'uncertain', reason: 'crashed', nextAttemptAt: null });
  }
}

export interface Sent {
  at: number;
  sending: Sending;
  handovers: readonly Handover[];
  /** A process died. */
  died: boolean;
  /** People as they were when it began; those of the model are as they are after what came meanwhile. */
  before: Map<Person, { email: string; mailable: Person['status'] | 'suppressed' }>;
}

type Fate = { status: string; reason?: string | null };

/** Takes over what sending should have done; where a process died, what it may have come to. */
export function followSend(model: Model, seen: Seen, sent: Sent, count: (what: string) => void): void {
  const handed = Map.groupBy(sent.handovers, (one) => one.messageId);
  const known = new Set(model.deliveries.map((one) => seenOf(seen, one).messageId));
  for (const id of handed.keys()) if (!known.has(id)) throw new Wrong(`a mail ${id} belongs to no delivery`);
  const refusedNow = new Set(sent.handovers.filter((one) => one.answer === 'unknown').map((one) => one.to));
  for (const delivery of model.deliveries) {
    const row = seenOf(seen, delivery);
    const mails = handed.get(row.messageId) ?? [];
    if (mails.length > 1) throw new Wrong(`${nameOf(delivery)} was handed over twice in one run`);
    const fates = fatesOf(model, delivery, mails[0] ?? null, sent, refusedNow);
    const fate = fates.find(
      (one) => one.status === row.status && (one.reason === undefined || one.reason === row.reason),
    );
    if (!fate)
      throw new Wrong(
        `${nameOf(delivery)}, ${delivery.status}, is ${row.status} (${row.reason}) after sending at ${iso(sent.at)} ` +
          `(${mails[0] ? `handed over, ${mails[0].answer}` : 'not handed over'}); expected ${JSON.stringify(fates)}`,
      );
    if (mails[0]) receive(delivery, mails[0]);
    if (mails[0] && row.status === 'failed' && row.reason === 'recipient_refused')
      model.suppressed.add(mails[0].to);
    settle(delivery, row, sent, mails[0] ?? null);
    if (isOpen(delivery) || delivery.status !== row.status) count(`sending: ${row.reason ?? row.status}`);
    delivery.status = row.status;
    delivery.reason = row.reason;
  }
}

const isOpen = (delivery: Delivery) => ['pending', 'claimed', 'sending'].includes(delivery.status);

/** Everything that may have become of a delivery. Throws Wrong for a mail that must not have gone out. */
function fatesOf(
  model: Model,
  delivery: Delivery,
  mail: Handover | null,
  sent: Sent,
  refusedNow: ReadonlySet<string>,
): Fate[] {
  const { at, sending, died } = sent;
  const same: Fate = { status: delivery.status, reason: delivery.reason };
  if (!isOpen(delivery)) {
    if (mail) throw new Wrong(`${nameOf(delivery)} is ${delivery.status} and was handed over`);
    return [same];
  }
  if (delivery.status === 'sending') {
    if (mail) throw new Wrong(`${nameOf(delivery)} may have arrived and was sent again`);
    return [{ status: 'uncertain', reason: 'crashed' }, ...(died ? [same] : [])];
  }
  const fates: Fate[] = [];
  const isReady = (delivery.nextAttemptAt as number) <= at;
  const back: Fate = delivery.status === 'claimed' ? { status: 'pending' } : same;
  if (died || !isReady) fates.push(back);
  if (died) fates.push(same);
  if (!isReady) {
    if (mail) throw new Wrong(`${nameOf(delivery)} was not to be sent before ${iso(delivery.nextAttemptAt)}`);
    return fates;
  }
  // One process may have begun to clear up before the other died.
  if (died) fates.push({ status: 'claimed' });
  if (sending.server !== 'up' || sending.limit !== null) fates.push({ status: 'pending' });
  const shown = shownOf(delivery);
  const { person } = delivery;
  const before = sent.before.get(person) as { email: string; mailable: string };
  const now = model.suppressed.has(person.email) && person.status === 'active' ? 'suppressed' : person.status;
  const isOver = at >= delivery.expiresAt;
  if (mail) {
    const inFlight = mail.afterAct && (sending.lanes > 1 || sending.processes > 1);
    const standing = !mail.afterAct || inFlight ? before.mailable : now;
    if (standing !== 'active') throw new Wrong(`${nameOf(delivery)} went out to somebody ${standing}`);
    const addresses = mail.afterAct ? [person.email, ...(inFlight ? [before.email] : [])] : [before.email];
    if (!addresses.includes(mail.to)) throw new Wrong(`${nameOf(delivery)} went to another address`);
    if (isOver) throw new Wrong(`${nameOf(delivery)} went out after its day`);
    if (shown.length === 0) throw new Wrong(`${nameOf(delivery)} went out empty`);
    const ids = shown.map((paper) => paper.id).sort((a, b) => a - b);
    if (mail.paperIds.toSorted((a, b) => a - b).join() !== ids.join())
      throw new Wrong(`${nameOf(delivery)} shows papers ${mail.paperIds}, not ${ids}`);
    if (died) fates.push({ status: 'sending' });
    fates.push(...afterWire[mail.answer]);
    return fates;
  }
  if (isOver) return [...fates, { status: 'failed', reason: 'expired' }];
  if (shown.length === 0) return [...fates, { status: 'skipped', reason: 'withdrawn' }];
  // Marked, and dead before the message was on its way.
  if (died) fates.push({ status: 'sending' });
  if (sending.server === 'busy') fates.push({ status: 'failed', reason: 'expired' });
  for (const standing of [before.mailable, now])
    if (standing !== 'active') fates.push({ status: 'skipped', reason: standing });
  if (before.email !== person.email) fates.push({ status: 'skipped', reason: 'address_changed' });
  if (refusedNow.has(person.email) || refusedNow.has(before.email))
    fates.push({ status: 'skipped', reason: 'suppressed' });
  return fates;
}

const afterWire: Record<Handover['answer'], Fate[]> = {
  ok: [{ status: 'sent', reason: null }],
  later: [
    { status: 'pending', reason: 'deferred' },
    { status: 'failed', reason: 'expired' },
  ],
  refused: [{ status: 'failed', reason: 'message_refused' }],
  unknown: [{ status: 'failed', reason: 'recipient_refused' }],
  taken: [{ status: 'uncertain', reason: 'no_reply' }],
  lost: [{ status: 'uncertain', reason: 'no_reply' }],
};

const shownOf = ({ papers }: Delivery) =>
  [...papers].filter(([paper, released]) => !released && !paper.withdrawn).map(([paper]) => paper);

/** A mail is in the mailbox: nothing in it may have been in one before, of another digest. */
function receive(delivery: Delivery, mail: Handover): void {
  if (!mail.taken) return;
  const { received } = delivery.person;
  const works = shownOf(delivery).map(workOf);
  for (const [paper, other] of received) {
    if (other === delivery) throw new Wrong(`${nameOf(delivery)} came twice`);
    if (works.includes(workOf(paper)))
      throw new Wrong(`paper ${paper.id} came with ${nameOf(other)} and again with ${nameOf(delivery)}`);
  }
  for (const work of works) received.set(work, delivery);
}

/** What ending does to papers, and when the next try is. */
function settle(delivery: Delivery, row: SeenDelivery, { at }: Sent, mail: Handover | null): void {
  if (!isOpen(delivery)) return;
  if (row.status === 'failed' || row.status === 'skipped') setReleased(delivery, delivery.papers.keys());
  if (row.status === 'sent' || (row.status === 'uncertain' && row.reason === 'no_reply'))
    setReleased(
      delivery,
      [...delivery.papers.keys()].filter((paper) => paper.withdrawn),
    );
  if (mail?.answer === 'later' && (row.status === 'pending' || row.status === 'failed')) {
    const nominal = Math.min(120, 5 * 2 ** Math.min(20, row.attempts - 1)) * 60_000;
    const [soonest, latest] = [at + nominal * 0.75 - 1, at + nominal * 1.25 + 1];
    const next = row.nextAttemptAt ?? Number.POSITIVE_INFINITY;
    if (row.status === 'pending' && (next < soonest || next > latest || next >= delivery.expiresAt))
      throw new Wrong(
        `${nameOf(delivery)} is tried again at ${iso(row.nextAttemptAt)}, refused at ${iso(at)}`,
      );
    if (row.status === 'failed' && latest < delivery.expiresAt)
      throw new Wrong(
        `${nameOf(delivery)} was given up at ${iso(at)}, and had until ${iso(delivery.expiresAt)}`,
      );
  }
  delivery.attempts = row.attempts;
  delivery.nextAttemptAt = ['pending', 'claimed'].includes(row.status) ? row.nextAttemptAt : null;
}

/** The tables say what the model says, no more and no less. */
export function compare(model: Model, seen: Seen): void {
  for (const person of model.people) {
    const row = seen.people.get(person.id);
    if (row?.status !== person.status)
      throw new Wrong(`${person.id} is ${row?.status}, not ${person.status}`);
    if (row.nextDue !== person.nextDue)
      throw new Wrong(
        `${person.id} is due ${iso(row.nextDue)}, not ${iso(person.nextDue)} (${person.zone} ${person.time})`,
      );
  }
  const wanted = new Map(model.deliveries.map((one) => [keyOf(one.person.id, one.date), one]));
  for (const [key, row] of seen.deliveries) {
    const delivery = wanted.get(key);
    if (!delivery) throw new Wrong(`there is a row for ${key} (${row.status} ${row.reason}) that is not due`);
    for (const name of ['status', 'reason', 'dueAt', 'plannedAt', 'expiresAt'] as const)
      if (row[name] !== delivery[name] && !(name === 'reason' && isOpen(delivery)))
        throw new Wrong(`${nameOf(delivery)}: ${name} is ${row[name]}, not ${delivery[name]}`);
    const papers = (all: Iterable<[number, boolean]>) => [...all].map(String).sort().join(' ');
    const [has, should] = [papers(row.papers), papers([...delivery.papers].map(([one, is]) => [one.id, is]))];
    if (has !== should) throw new Wrong(`${nameOf(delivery)} holds papers ${has}, not ${should}`);
  }
  for (const delivery of model.deliveries) seenOf(seen, delivery);
  for (const plan of seen.plans) {
    const rows = seen.rowsOfPlan.get(plan.id) ?? 0;
    const told = plan.planned + Object.values(plan.skipped).reduce((a, b) => a + b, 0);
    if (plan.due !== rows || plan.due !== told)
      throw new Wrong(`plan ${plan.id}: ${plan.due} due, ${told} told, ${rows} rows`);
  }
}
