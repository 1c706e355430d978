import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ingestPapers } from '../../src/app.ts';
import type { ReturnEvent } from '../../src/bounces/event.ts';
import { resolveDelivery } from '../../src/delivery/acts.ts';
import type { Weekday } from '../../src/digest/schedule.ts';
import { weekdays } from '../../src/digest/schedule.ts';
import { insertSuppressions, liftSuppression } from '../../src/store/suppressions.ts';
import {
  eraseSubscriber,
  pauseSubscriber,
  resubscribeSubscriber,
  resumeSubscriber,
  unsubscribeSubscriber,
} from '../../src/subscribers/status.ts';
import { addSubscriber, editSubscriber, type SubscriberResult } from '../../src/subscribers/subscribers.ts';
import { day } from './calendar.ts';
import { compare, followPlan, followRecovery, followSend, nameOf, Wrong } from './follow.ts';
import {
  applyAct,
  changeSettings,
  type Model,
  newModel,
  nextDueOf,
  type Paper,
  type Person,
  setReleased,
  setStatus,
  unite,
} from './model.ts';
import { keyOf, observe } from './observe.ts';
import { openPost } from './post.ts';
import { type Act, type Answer, type Settings, type Step, type Story, topics } from './steps.ts';
import { openWorld, planIn, sendIn, type World } from './world.ts';

/** How often each thing happened. */
export type Tally = Map<string, number>;

const mostPeople = 5;
const mostPapers = 60;

/**
 * Lives through a story and holds the program against the model after each step. Throws Wrong. `meddle` is done to the
 * tables behind everybody's back after the last step.
 */
export async function play(
  story: Story,
  tally: Tally = new Map(),
  meddle: (raw: World['app']['store']['raw']) => void = () => {},
): Promise<void> {
  const world = await openWorld(story.start);
  const model = newModel();
  const stage: Stage = {
    world,
    model,
    leaps: [],
    names: 0,
    count: (what) => tally.set(what, (tally.get(what) ?? 0) + 1),
  };
  try {
    for (const [index, step] of story.steps.entries()) {
      try {
        if (await doStep(stage, step)) stage.count(step.do === 'act' ? step.act : step.do);
        if (index === story.steps.length - 1) meddle(world.app.store.raw);
        compare(model, observe(world.app.store));
      } catch (error) {
        if (!(error instanceof Wrong)) throw error;
        const at = new Date(world.at).toISOString();
        throw new Wrong(`step ${index} (${step.do}) at ${at}: ${error.message}`, { cause: error });
      }
    }
  } finally {
    await world.end();
  }
}

interface Stage {
  world: World;
  model: Model;
  /** Leaps of the clock that were not taken back. */
  leaps: number[];
  /** Numbers given to people, papers and addresses. */
  names: number;
  count: (what: string) => void;
}

const pick = <T>(list: readonly T[], index: number): T | undefined => list[index % list.length];
const pickOf = ({ model }: Stage, index: number, fits: (person: Person) => boolean) =>
  pick(model.people.filter(fits), index);
const isThere = (person: Person) => person.status !== 'erased';
const isBare = (paper: Paper) => paper.key === null && paper.mergedInto === null;
const slugs = (indices: Iterable<number>) =>
  [...indices].map((index) => (topics[index] as (typeof topics)[number]).slug);
const daysOf = (numbers: readonly number[]) => numbers.map((number) => weekdays[number - 1] as Weekday);

function accepted(result: SubscriberResult): SubscriberResult & { ok: true } {
  if (!result.ok) throw new Wrong(`refused: ${result.problems.map(({ message }) => message).join(' ')}`);
  return result;
}

/** Does it and follows it; false: there was nobody or nothing to do it to. */
async function doStep(stage: Stage, step: Step): Promise<boolean> {
  const { world, model } = stage;
  const { app, at } = world;
  const { db } = app.store;
  switch (step.do) {
    case 'join':
      return await addPerson(stage, step);
    case 'topics': {
      const person = pickOf(stage, step.who, ({ status }) => status === 'active' || status === 'paused');
      if (!person) return false;
      accepted(await editSubscriber(db, person.id, { topics: slugs(step.topics) }, at));
      person.topics = new Set(step.topics);
      return true;
    }
    case 'settings': {
      const person = pickOf(stage, step.who, isThere);
      if (!person) return false;
      const { zone, time, days, max } = step.change;
      accepted(
        await editSubscriber(
          db,
          person.id,
          { timezone: zone, time, days: days && daysOf(days), maxPapers: max },
          at,
        ),
      );
      const given = Object.entries(step.change).filter(([, value]) => value !== undefined);
      changeSettings(person, Object.fromEntries(given) as Partial<Settings>, at);
      return true;
    }
    case 'act': {
      const person = pickOf(stage, step.who, isThere);
      if (!person) return false;
      await act(stage, person, step.act);
      return true;
    }
    case 'resume': {
      const person = pickOf(stage, step.who, ({ status }) => status === 'paused');
      if (!person) return false;
      await resumeSubscriber(db, person.id, at);
      setStatus(person, 'active', at);
      return true;
    }
    case 'resubscribe': {
      const person = pickOf(stage, step.who, ({ status }) => status === 'unsubscribed');
      if (!person) return false;
      await resubscribeSubscriber(db, person.id, at);
      setStatus(person, 'active', at);
      return true;
    }
    case 'lift': {
      const person = pickOf(stage, step.who, (one) => isThere(one) && model.suppressed.has(one.email));
      if (!person) return false;
      model.suppressed.delete(person.email);
      await liftSuppression(db, app.hashAddress(person.email), 'it works again', at);
      return true;
    }
    case 'publish': {
      for (let n = 0; n < step.count && model.papers.length < mostPapers; n++) {
        const group = ++stage.names;
        const ages = {
          today: { announced: at, published: at - day },
          undated: { announced: null, published: null },
          days: { announced: null, published: at - 2 * day },
          old: { announced: at - 30 * day, published: at - 40 * day },
        };
        await publish(stage, { group, words: step.words, bareTitle: step.bareTitle, ...ages[step.age] });
      }
      return true;
    }
    case 'twin': {
      const like = pick(model.papers, step.paper);
      if (!like) return false;
      const { group, words } = like;
      for (let n = 0; n < step.count && model.papers.length < mostPapers; n++)
        await publish(stage, { group, words, bareTitle: step.bareTitle, announced: at, published: at - day });
      return true;
    }
    case 'vote': {
      const paper = pick(model.papers, step.paper);
      if (!paper) return false;
      await tell(stage, paper, { votes: step.votes });
      return true;
    }
    case 'withdraw': {
      const paper = pick(model.papers, step.paper);
      if (!paper || paper.mergedInto) return false;
      await tell(stage, paper, { withdrawn: true });
      paper.withdrawn = true;
      return true;
    }
    case 'revise': {
      const paper = pick(model.papers, step.paper);
      if (!paper || paper.mergedInto || paper.version === null) return false;
      paper.version++;
      await tell(stage, paper);
      paper.withdrawn = false;
      return true;
    }
    case 'identify': {
      const paper = pick(model.papers.filter(isBare), step.paper);
      if (!paper) return false;
      paper.key = `doi:10.5555/i${++stage.names}`;
      paper.version = 1;
      await tell(stage, paper);
      return true;
    }
    case 'unite': {
      const strongOf = ({ group }: Paper) =>
        model.papers.find((one) => one.group === group && one.key !== null && one.mergedInto === null);
      const bare = pick(
        model.papers.filter((one) => isBare(one) && strongOf(one)),
        step.paper,
      );
      const strong = bare && strongOf(bare);
      if (!strong || strong.version === null) return false;
      strong.version++;
      strong.title = bare.title;
      await tell(stage, strong);
      strong.withdrawn = false;
      unite(model, bare, strong);
      return true;
    }
    case 'wait':
      world.at += step.ms;
      return true;
    case 'leap':
      world.at += step.ms;
      stage.leaps.push(step.ms);
      return true;
    case 'takeBack': {
      const ms = stage.leaps.pop();
      world.at -= ms ?? 0;
      return ms !== undefined;
    }
    case 'untilDue': {
      const dues = model.people.flatMap((one) => one.nextDue ?? []);
      if (dues.length === 0) return false;
      world.at = Math.max(at, Math.min(...dues)) + step.ms;
      return true;
    }
    case 'plan': {
      const died = await planIn(world, step);
      if (died) await world.restart();
      const { sourceLate } = step;
      followPlan(model, observe(world.app.store), { at, sourceLate, died }, stage.count);
      if (died) stage.count('died while planning');
      return true;
    }
    case 'send':
      await sendAndFollow(stage, step);
      return true;
    case 'resolve': {
      const delivery = pick(
        model.deliveries.filter((one) => one.status === 'uncertain'),
        step.which,
      );
      if (!delivery) return false;
      const id = rowIdOf(stage, delivery);
      const resolved = await resolveDelivery({ db, now: at }, id, step.as);
      if (!resolved.ok) throw new Wrong(`${nameOf(delivery)} cannot be resolved: ${resolved.message}`);
      delivery.status = step.as;
      delivery.reason = step.as === 'failed' ? 'resolved_by_hand' : null;
      if (step.as === 'pending') {
        delivery.nextAttemptAt = at;
        delivery.expiresAt = Math.max(delivery.expiresAt, at + day);
      }
      if (step.as === 'failed') setReleased(delivery, delivery.papers.keys());
      if (step.as !== 'sent')
        // Whoever says that it did not arrive answers for it.
        for (const [paper, by] of delivery.person.received)
          if (by === delivery) delivery.person.received.delete(paper);
      return true;
    }
    case 'bounce': {
      const delivery = pick(
        model.deliveries.filter((one) => one.status === 'uncertain' || one.status === 'sent'),
        step.which,
      );
      if (!delivery || delivery.person.status === 'erased') return false;
      await app.recordReturns([bounceOf(rowIdOf(stage, delivery), step.as, ++stage.names)]);
      if (step.as !== 'delivered') {
        const [row] = world.app.store.raw
          .prepare(
            'SELECT d.sending_at >= s.address_since AS same FROM deliveries d JOIN subscribers s ON s.id = d.subscriber_id WHERE d.id = ?',
          )
          .all(rowIdOf(stage, delivery)) as { same: number }[];
        if (row?.same === 1) model.suppressed.add(delivery.person.email);
      }
      if (delivery.status === 'uncertain') Object.assign(delivery, { status: 'sent', reason: null });
      return true;
    }
  }
}

function rowIdOf({ world }: Stage, delivery: { person: Person; date: string }): number {
  return observe(world.app.store).deliveries.get(keyOf(delivery.person.id, delivery.date))?.id as number;
}

async function addPerson(stage: Stage, step: Extract<Step, { do: 'join' }>): Promise<boolean> {
  const { world, model } = stage;
  if (model.people.length >= mostPeople) return false;
  const email = `reader${++stage.names}@example.org`;
  const { zone, time, days, max } = step;
  const { app, at } = world;
  const { subscriber } = accepted(
    await addSubscriber(
      app.store.db,
      { email, timezone: zone, time, days: daysOf(days), maxPapers: max, topics: slugs(step.topics) },
      app.config.digest,
      at,
      app.hashAddress,
    ),
  );
  const person: Person = {
    id: subscriber.id,
    email,
    status: 'active',
    zone,
    time,
    days,
    max,
    topics: new Set(step.topics),
    left: new Set(),
    nextDue: null,
    joinedAt: at,
    received: new Map(),
  };
  person.nextDue = nextDueOf(person, at);
  model.people.push(person);
  return true;
}

async function act(stage: Stage, person: Person, what: Act): Promise<void> {
  const { world, model } = stage;
  const { at, app } = world;
  const { db } = app.store;
  const { hashAddress } = app;
  const email = `reader${++stage.names}@example.org`;
  if (what === 'pause') await pauseSubscriber(db, person.id, at);
  else if (what === 'unsubscribe') await unsubscribeSubscriber(db, person.id, at);
  else if (what === 'erase') await eraseSubscriber(db, person.id, at, hashAddress);
  else if (what === 'readdress')
    accepted(await editSubscriber(db, person.id, { email }, at, 'admin', hashAddress));
  else
    await insertSuppressions(db, [
      {
        addressHash: hashAddress(person.email),
        reason: 'manual',
        origin: 'admin',
        note: null,
        bounceId: null,
        createdAt: at,
      },
    ]);
  applyAct(model, person, what, at, email);
}

async function sendAndFollow(stage: Stage, sending: Extract<Step, { do: 'send' }>): Promise<void> {
  const { world, model, count } = stage;
  const before = new Map(
    model.people.map((one) => {
      const isSuppressed = one.status === 'active' && model.suppressed.has(one.email);
      return [one, { email: one.email, mailable: isSuppressed ? ('suppressed' as const) : one.status }];
    }),
  );
  const answerOf = new Map<string, Answer>();
  for (const [index, { email }] of model.people.entries())
    answerOf.set(email, pick(sending.answers, index) as Answer);
  const { meanwhile } = sending;
  const actor = meanwhile && pickOf(stage, meanwhile.who, isThere);
  const post = openPost(
    sending,
    (email) => answerOf.get(email) ?? 'ok',
    async () => {
      if (!actor) return;
      await act(stage, actor, meanwhile.act);
      count('somebody acted while sending');
    },
  );
  const died = await sendIn(world, sending, post);
  if (died) {
    await world.restart();
    count('died while sending');
  }
  const sent = { at: world.at, sending, handovers: post.handovers, died, before };
  followSend(model, observe(world.app.store), sent, count);
}

interface NewPaper {
  group: number;
  words: string[];
  announced: number | null;
  published: number | null;
  bareTitle: boolean;
}

/** Titles and abstracts of a group are nearly the same, those of two groups have nothing in common but words of topics. */
async function publish(stage: Stage, given: NewPaper): Promise<void> {
  const { world, model } = stage;
  const name = ++stage.names;
  const own = (count: number) => Array.from({ length: count }, (_, n) => `g${given.group}w${n}`).join(' ');
  const { bareTitle, ...facts } = given;
  const paper: Paper = {
    ...facts,
    id: 0,
    title: `${own(9)} t${name}`,
    abstract: `${given.words.join(' ')} ${own(40)}`,
    key: bareTitle ? null : `doi:10.5555/p${name}`,
    version: bareTitle ? null : 1,
    firstSeen: world.at,
    withdrawn: false,
    mergedInto: null,
  };
  await tell(stage, paper);
  paper.id = world.app.store.raw
    .prepare('SELECT id FROM papers WHERE title = ?')
    .pluck()
    .get(paper.title) as number;
  model.papers.push(paper);
}

/** Reads a file that tells of the paper; what dead processes held is cleared up before. */
async function tell(
  { world, model }: Stage,
  paper: Paper,
  said: { votes?: number; withdrawn?: boolean } = {},
): Promise<void> {
  const iso = (at: number | null) => (at === null ? undefined : new Date(at).toISOString());
  const record = {
    ...(paper.key === null ? {} : { id: paper.key }),
    title: paper.title,
    abstract: paper.abstract,
    authors: ['Ada Example'],
    version: paper.version,
    announcedAt: iso(paper.announced),
    publishedAt: iso(paper.published),
    withdrawnAt: said.withdrawn ? iso(world.at) : undefined,
    upvotes: said.votes,
  };
  const file = join(dirname(world.app.store.file), 'told.json');
  writeFileSync(file, JSON.stringify([record]));
  const [report] = await ingestPapers(world.app, { file });
  if (report?.status !== 'ok') throw new Wrong(`the file was not read: ${JSON.stringify(report)}`);
  followRecovery(model);
}

function bounceOf(deliveryId: number, as: 'hard' | 'complaint' | 'delivered', name: number): ReturnEvent {
  const reason = { hard: 'user_unknown', complaint: 'complaint', delivered: 'delivered' } as const;
  return {
    origin: 'mail',
    class: as,
    reason: reason[as],
    address: null,
    deliveryId,
    messageId: null,
    vouched: false,
    status: null,
    reply: null,
    diagnostic: '',
    occurredAt: null,
    key: `test:${name}`,
  };
}
