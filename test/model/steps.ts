import fc from 'fast-check';
import { day, hour } from './calendar.ts';

/** What a mail server does with a message. `taken` and `lost`: the connection drops after the body. */
export const answers = ['ok', 'later', 'refused', 'unknown', 'taken', 'lost'] as const;
export type Answer = (typeof answers)[number];

export const acts = ['pause', 'unsubscribe', 'erase', 'readdress', 'suppress'] as const;
export type Act = (typeof acts)[number];

export const zones = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'America/Santiago',
  'Pacific/Auckland',
  'Asia/Kolkata',
  'Pacific/Apia',
  'Pacific/Honolulu',
] as const;

/** Topics are sets of words, so that matching is plain: a paper matches that has one of them and not the other. */
export const topics = [
  { slug: 'quasar', query: 'quasar', some: ['quasar'], none: [] },
  { slug: 'lichen', query: 'lichen', some: ['lichen'], none: [] },
  { slug: 'sky', query: 'quasar OR aurora', some: ['quasar', 'aurora'], none: [] },
  { slug: 'dry', query: 'lichen NOT fjord', some: ['lichen'], none: ['fjord'] },
] as const;
export const words = ['quasar', 'lichen', 'aurora', 'fjord'] as const;

export interface Settings {
  zone: string;
  time: string;
  days: number[];
  max: number;
}

/** How old a paper is when it comes, by the dates it bears. */
export const ages = ['today', 'undated', 'days', 'old'] as const;

/** One thing that happens. Plain values, so that a sequence that was found can stand in a test. */
export type Step =
  | ({ do: 'join'; topics: number[] } & Settings)
  | { do: 'topics'; who: number; topics: number[] }
  | { do: 'settings'; who: number; change: { [Name in keyof Settings]?: Settings[Name] | undefined } }
  | { do: 'act'; who: number; act: Act }
  | { do: 'resume' | 'resubscribe' | 'lift'; who: number }
  | { do: 'publish'; words: string[]; age: (typeof ages)[number]; count: number; bareTitle: boolean }
  | { do: 'twin'; paper: number; count: number; bareTitle: boolean }
  | { do: 'vote'; paper: number; votes: number }
  | { do: 'withdraw' | 'revise' | 'identify' | 'unite'; paper: number }
  | { do: 'wait'; ms: number }
  | { do: 'leap'; ms: number }
  | { do: 'takeBack' }
  | { do: 'untilDue'; ms: number }
  | { do: 'plan'; processes: number; sourceLate: boolean; diesAfter: number | null }
  | ({ do: 'send' } & Sending)
  | { do: 'resolve'; which: number; as: 'sent' | 'pending' | 'failed' }
  | { do: 'bounce'; which: number; as: 'hard' | 'complaint' | 'delivered' };

export interface Sending {
  processes: number;
  lanes: number;
  /** By subscriber, over and over. */
  answers: Answer[];
  server: 'up' | 'down' | 'busy';
  /** Turns of the event loop each message takes, over and over. */
  turns: number[];
  limit: number | null;
  /** The first process dies: after so many statements, or at its so manieth message, before or after it was taken. */
  dies: { after: number } | { atMessage: number; taken: boolean } | null;
  /** Somebody acts when a connection is opened for the so manieth time. */
  meanwhile: { at: number; who: number; act: Act } | null;
}

const who = fc.nat({ max: 5 });
const paper = fc.nat({ max: 60 });
const time = fc
  .tuple(fc.constantFrom(0, 1, 2, 3, 7, 8, 12, 18, 23), fc.constantFrom(0, 15, 30, 45))
  .map(([h, m]) => `${String(h).padStart(2, '0')}:${String(m).padStart(2, '0')}`);
const days = fc.oneof(
  { weight: 5, arbitrary: fc.constant<number[]>([1, 2, 3, 4, 5, 6, 7]) },
  { weight: 1, arbitrary: fc.constant<number[]>([1, 2, 3, 4, 5]) },
  { weight: 1, arbitrary: fc.subarray([1, 2, 3, 4, 5, 6, 7], { minLength: 1 }) },
);
const settings = { zone: fc.constantFrom(...zones), time, days, max: fc.integer({ min: 1, max: 4 }) };
const topicNumbers = topics.map((_, index) => index);
const someTopics = fc.oneof(
  { weight: 6, arbitrary: fc.subarray(topicNumbers, { minLength: 1 }) },
  { weight: 1, arbitrary: fc.constant<number[]>([]) },
);
const act = fc.constantFrom(...acts);
const answer = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Answer>('ok') },
  { weight: 5, arbitrary: fc.constantFrom(...answers) },
);
const often = <T>(weight: number, arbitrary: fc.Arbitrary<T>) => ({ weight, arbitrary });
const rarely = <T>(arbitrary: fc.Arbitrary<T>, freq: number) => fc.option(arbitrary, { freq, nil: null });

const sending: fc.Arbitrary<Sending> = fc.record({
  processes: fc.oneof(often(3, fc.constant(1)), often(1, fc.constant(2))),
  lanes: fc.integer({ min: 1, max: 3 }),
  answers: fc.oneof(
    often(2, fc.constant<Answer[]>(['ok'])),
    often(1, fc.array(answer, { minLength: 1, maxLength: 4 })),
  ),
  server: fc.oneof(
    often(8, fc.constant('up' as const)),
    often(1, fc.constantFrom('down' as const, 'busy' as const)),
  ),
  turns: fc.array(fc.nat({ max: 5 }), { minLength: 1, maxLength: 4 }),
  limit: fc.oneof(often(6, fc.constant(null)), often(1, fc.integer({ min: 1, max: 3 }))),
  dies: fc.oneof(
    often(5, fc.constant(null)),
    often(1, fc.record({ after: fc.integer({ min: 1, max: 40 }) })),
    often(1, fc.record({ atMessage: fc.integer({ min: 1, max: 3 }), taken: fc.boolean() })),
  ),
  meanwhile: rarely(fc.record({ at: fc.integer({ min: 1, max: 3 }), who, act }), 4),
});

const smallWait = fc.oneof(
  often(4, fc.integer({ min: 0, max: 30 * hour })),
  often(
    2,
    fc.integer({ min: 0, max: 15 }).map((n) => n * day),
  ),
  often(2, fc.integer({ min: -26 * hour, max: 0 })),
);

const newPapers = fc.record({
  do: fc.constant('publish' as const),
  words: fc.subarray([...words], { minLength: 1 }),
  age: fc.oneof(often(4, fc.constant('today' as const)), often(2, fc.constantFrom(...ages))),
  count: fc.integer({ min: 1, max: 4 }),
  bareTitle: fc.boolean(),
});
const join = fc.record({ do: fc.constant('join' as const), topics: someTopics, ...settings });

/** Everything that can happen, the daily round most often. */
export const step: fc.Arbitrary<Step> = fc.oneof(
  often(5, join),
  often(2, fc.record({ do: fc.constant('topics' as const), who, topics: someTopics })),
  often(
    4,
    fc.record({
      do: fc.constant('settings' as const),
      who,
      change: fc.record(settings, { requiredKeys: [] }),
    }),
  ),
  often(8, fc.record({ do: fc.constant('act' as const), who, act })),
  often(
    9,
    fc.record({ do: fc.constantFrom('resume' as const, 'resubscribe' as const, 'lift' as const), who }),
  ),
  often(8, newPapers),
  often(
    5,
    fc.record({
      do: fc.constant('twin' as const),
      paper,
      count: fc.integer({ min: 1, max: 6 }),
      bareTitle: fc.boolean(),
    }),
  ),
  often(6, fc.record({ do: fc.constant('withdraw' as const), paper })),
  often(2, fc.record({ do: fc.constant('vote' as const), paper, votes: fc.nat({ max: 300 }) })),
  often(
    9,
    fc.record({
      do: fc.constantFrom(
        'withdraw' as const,
        'revise' as const,
        'identify' as const,
        'unite' as const,
        'unite' as const,
        'unite' as const,
      ),
      paper,
    }),
  ),
  often(5, fc.record({ do: fc.constant('wait' as const), ms: smallWait })),
  often(
    1,
    fc.record({ do: fc.constant('leap' as const), ms: fc.integer({ min: 1, max: 400 }).map((n) => n * day) }),
  ),
  often(4, fc.record({ do: fc.constant('takeBack' as const) })),
  often(
    14,
    fc.record({
      do: fc.constant('untilDue' as const),
      ms: fc.oneof(often(3, fc.constant(0)), often(1, fc.integer({ min: -1000, max: 3 * hour }))),
    }),
  ),
  often(
    16,
    fc.record({
      do: fc.constant('plan' as const),
      processes: fc.oneof(often(4, fc.constant(1)), often(1, fc.constant(2))),
      sourceLate: fc.boolean(),
      diesAfter: fc.oneof(often(6, fc.constant(null)), often(1, fc.integer({ min: 1, max: 60 }))),
    }),
  ),
  often(
    16,
    sending.map((one) => ({ do: 'send' as const, ...one })),
  ),
  often(
    3,
    fc.record({
      do: fc.constant('resolve' as const),
      which: fc.nat({ max: 20 }),
      as: fc.constantFrom('sent' as const, 'pending' as const, 'failed' as const),
    }),
  ),
  often(
    2,
    fc.record({
      do: fc.constant('bounce' as const),
      which: fc.nat({ max: 20 }),
      as: fc.constantFrom('hard' as const, 'complaint' as const, 'delivered' as const),
    }),
  ),
);

/** Instants around which zones change their offsets, in both hemispheres; one loses a day. */
export const starts = [
  '2026-03-07T12:00:00Z',
  '2026-03-28T00:00:00Z',
  '2026-04-03T12:00:00Z',
  '2026-09-05T06:00:00Z',
  '2026-09-25T12:00:00Z',
  '2026-10-03T00:00:00Z',
  '2026-10-24T06:00:00Z',
  '2026-10-31T12:00:00Z',
  '2011-12-28T12:00:00Z',
].map((text) => Date.parse(text));

const mostly = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { freq: 8, nil: null });

/** What a good day is made of; shrinking leaves out what does not matter. */
const goodDay: fc.Arbitrary<Step[]> = fc
  .tuple(
    fc.option(newPapers, { freq: 2, nil: null }),
    mostly(fc.constant<Step>({ do: 'untilDue', ms: 0 })),
    mostly(
      fc.boolean().map<Step>((sourceLate) => ({ do: 'plan', processes: 1, sourceLate, diesAfter: null })),
    ),
    fc.option(step, { freq: 1, nil: null }),
    mostly(sending.map((one) => ({ do: 'send' as const, ...one }))),
  )
  .map((steps) => steps.filter((one) => one !== null));

export interface Story {
  start: number;
  steps: Step[];
}

/** A start, mostly with somebody who reads and something to read, and then anything; `length` of 1 to `maxLength` turns. */
export function story(maxLength: number): fc.Arbitrary<Story> {
  return fc
    .record({
      start: fc.constantFrom(...starts),
      first: fc.array(join, { minLength: 0, maxLength: 3, size: 'max' }),
      papers: fc.option(newPapers, { freq: 4, nil: null }),
      turns: fc.array(
        fc.oneof(
          often(
            3,
            step.map((one) => [one]),
          ),
          often(2, goodDay),
        ),
        {
          minLength: 1,
          maxLength,
          size: 'max',
        },
      ),
    })
    .map(({ start, first, papers, turns }) => ({
      start,
      steps: [...first, ...(papers ? [papers] : []), ...turns.flat()],
    }));
}
