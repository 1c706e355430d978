/**
 * Fault injection: the whole program as a process of its own against a mail server that counts, with faults by a
 * seed; after each, mail and database are held against each other. Exits 1 when a rule broke.
 *
 *   npm run test:faults -- [--faults 1000] [--seed 1] [--seconds 60]
 */
import { parseArgs } from 'node:util';
import type { Stage } from '../e2e/fault-proxy.ts';
import type { Home } from '../e2e/paperboy.ts';
import { pick } from '../e2e/synthetic.ts';
import { createRandom } from '../support/random.ts';
import { clockFaults, wrongClock } from './clock.ts';
import { diskFaults, faultyDisk } from './disk.ts';
import { faultyFile, fileFaults } from './files.ts';
import { killAnytime, killAtStep } from './kills.ts';
import { mayMount } from './mounts.ts';
import { faultyServe, serveFaults } from './serve.ts';
import { several } from './several.ts';
import {
  faultyMessages,
  faultySession,
  greylist,
  messageFaults,
  nameOf,
  sessionFaults,
  wrongServer,
  wrongServers,
} from './smtp.ts';
import { steps } from './steps.ts';
import { makeStrangers, makeTemplate, openWorld, type World } from './world.ts';

export interface FaultOptions {
  faults: number;
  seed: number;
  /** Stops beginning new ones after so long. */
  seconds?: number;
  /** Only these kinds. */
  kinds?: readonly Kind[];
  /** Told of each act. */
  onAct?: (line: string) => void;
}

export interface FaultFigures {
  faults: number;
  byKind: Record<Kind, number>;
  /** How often the program was killed at each step. */
  steps: Map<string, number>;
  /** SMTP faults that struck. */
  smtp: Map<string, number>;
  installations: number;
  mails: number;
  uncertain: number;
  /** Of the uncertain ones, those that the server has. */
  uncertainAccepted: number;
  /** Copies that UNCERTAIN=resend allows. */
  resent: number;
  seconds: number;
}

/** How often each is drawn; a draw of `messages` is some fifteen faults. */
const weights = {
  step: 40,
  anytime: 5,
  messages: 9,
  session: 10,
  server: 2,
  greylist: 1,
  several: 5,
  disk: 5,
  clock: 2,
  file: 5,
  serve: 1,
};
export type Kind = keyof typeof weights;
const kinds = Object.keys(weights) as Kind[];
const actsPerWorld = 40;
/** Installations with UNCERTAIN=resend. */
const shareOfResend = 0.2;

/** Two installations at a time. `wrong` is empty when everything held. */
export async function injectFaults(
  options: FaultOptions,
): Promise<{ figures: FaultFigures; wrong: string[] }> {
  const began = performance.now();
  const random = createRandom(options.seed);
  const figures: FaultFigures = {
    ...{ faults: 0, installations: 0, mails: 0, uncertain: 0, uncertainAccepted: 0, resent: 0, seconds: 0 },
    byKind: Object.fromEntries(kinds.map((kind) => [kind, 0])) as Record<Kind, number>,
    steps: new Map(),
    smtp: new Map(),
  };
  const wrong: string[] = [];
  const decks = createDecks(random);
  const among = (options.kinds ?? kinds).flatMap((kind) => Array.from({ length: weights[kind] }, () => kind));
  const [template, strangers] = await Promise.all([makeTemplate(), makeStrangers()]);
  const over = () =>
    figures.faults >= options.faults ||
    performance.now() - began > (options.seconds ?? Number.POSITIVE_INFINITY) * 1000;

  async function lane(): Promise<void> {
    while (!over()) {
      const seed = Math.floor(random() * 2 ** 32);
      const resends = random() < shareOfResend;
      const world = await openWorld(template, seed, resends ? { UNCERTAIN: 'resend' } : {});
      figures.installations++;
      let spoiled = false;
      try {
        for (
          let acts = 0;
          acts < actsPerWorld && !over() && !spoiled && world.watch.wrong.length === 0;
          acts++
        ) {
          const kind = pick(random, among);
          const done = await act(world, kind, strangers);
          spoiled = done.spoiled ?? false;
          figures.faults += done.faults;
          figures.byKind[kind] += done.faults;
          options.onAct?.(`${figures.faults} ${kind}: ${done.what}`);
        }
        if (!spoiled) await world.finish();
      } catch (error) {
        wrong.push(`installation ${seed}: ${(error as Error).stack}`);
      }
      wrong.push(...world.watch.wrong.map((line) => `${line} [installation ${seed}]`));
      const { mails, uncertain, uncertainAccepted } = world.watch.counts();
      figures.mails += mails;
      figures.uncertain += uncertain;
      figures.uncertainAccepted += uncertainAccepted;
      figures.resent += world.watch.resent.size;
      await world.close();
    }
  }

  interface Done {
    what: string;
    faults: number;
    spoiled?: boolean;
  }

  async function act(world: World, kind: Kind, other: Home): Promise<Done> {
    switch (kind) {
      case 'step': {
        const step = decks.step();
        const faults = await killAtStep(world, step);
        if (faults > 0) figures.steps.set(step, (figures.steps.get(step) ?? 0) + 1);
        return { what: step, faults };
      }
      case 'anytime':
        return { what: 'killed', faults: await killAnytime(world) };
      case 'messages': {
        const struck = await faultyMessages(world, decks.messages());
        for (const name of struck) figures.smtp.set(name, (figures.smtp.get(name) ?? 0) + 1);
        return { what: struck.join(', '), faults: struck.length };
      }
      case 'session': {
        const fault = decks.session();
        const struck = await faultySession(world, fault);
        if (struck) figures.smtp.set(nameOf(fault), (figures.smtp.get(nameOf(fault)) ?? 0) + 1);
        return { what: nameOf(fault), faults: Number(struck) };
      }
      case 'server': {
        const what = pick(random, wrongServers);
        return { what, faults: Number(await wrongServer(world, what)) };
      }
      case 'greylist': {
        const what = `${await greylist(world)} put off`;
        return { what, faults: 1 };
      }
      case 'several': {
        const count = random() < 0.5 ? 2 : 3;
        return { what: `${count} processes`, faults: await several(world, count, random() < 0.6) };
      }
      case 'disk': {
        const what = decks.disk();
        return { what, faults: Number(await faultyDisk(world, what)) };
      }
      case 'clock': {
        const what = decks.clock();
        return { what, faults: Number(await wrongClock(world, what)) };
      }
      case 'file': {
        const what = decks.file();
        const spoiled = await faultyFile(world, what, other);
        return { what, faults: 1, spoiled };
      }
      case 'serve': {
        const what = decks.serve();
        world.watch.wrong.push(...(await faultyServe(what, Math.floor(random() * 1e6), other)));
        return { what, faults: 1 };
      }
    }
  }

  try {
    await Promise.all([lane(), lane()]);
  } finally {
    template.remove();
    strangers.remove();
  }
  figures.seconds = Math.round((performance.now() - began) / 1000);
  return { figures, wrong };
}

/** Shuffled and dealt to the end before anything comes again: so each of them comes. */
function createDecks(random: () => number) {
  const deck = <T>(all: readonly T[]) => {
    let left: T[] = [];
    return () => {
      if (left.length === 0) left = shuffle(random, all);
      return left.pop() as T;
    };
  };
  let messages: { stage: Stage; act: (typeof messageFaults)[number]['act'] }[] = [];
  return {
    step: deck(steps),
    session: deck(sessionFaults),
    disk: deck(diskFaults),
    clock: deck(clockFaults),
    file: deck(fileFaults),
    serve: deck(serveFaults),
    /** The same pile until most of it has struck. */
    messages: () => {
      if (messages.length < messageFaults.length / 3)
        messages = [...messages, ...shuffle(random, messageFaults)];
      return messages;
    },
  };
}

function shuffle<T>(random: () => number, all: readonly T[]): T[] {
  const shuffled = [...all];
  for (let n = shuffled.length - 1; n > 0; n--) {
    const other = Math.floor(random() * (n + 1));
    [shuffled[n], shuffled[other]] = [shuffled[other] as T, shuffled[n] as T];
  }
  return shuffled;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      faults: { type: 'string', default: '1000' },
      seed: { type: 'string', default: '1' },
      seconds: { type: 'string' },
      kind: { type: 'string', multiple: true },
      verbose: { type: 'boolean', default: false },
    },
  });
  const { figures, wrong } = await injectFaults({
    faults: Number(values.faults),
    seed: Number(values.seed),
    ...(values.seconds ? { seconds: Number(values.seconds) } : {}),
    ...(values.kind ? { kinds: kinds.filter((kind) => values.kind?.includes(kind)) } : {}),
    ...(values.verbose ? { onAct: (line: string) => console.error(line) } : {}),
  });
  const { byKind, steps: hit, smtp, ...rest } = figures;
  const duplicates = wrong.filter((line) => /twice/.test(line)).length;
  console.table(byKind);
  console.table({ ...rest, duplicates, unaccounted: wrong.length - duplicates });
  const missed = steps.filter((step) => !hit.has(step));
  console.log(
    `Killed at ${hit.size} of ${steps.length} steps${missed.length ? `, not at ${missed.join(', ')}` : ''}.`,
  );
  // Steps are known by the program's SQL: one that is never reached any more has to be looked for again.
  if (missed.length > 0 && figures.byKind.step > 3 * steps.length)
    wrong.push(`no kill at ${missed.join(', ')}: steps.ts does not know them any more`);
  const all = [...messageFaults, ...sessionFaults].map(nameOf);
  const quiet = all.filter((name) => !smtp.has(name));
  console.log(
    `${smtp.size} of ${all.length} SMTP faults struck${quiet.length ? `, not ${quiet.join(', ')}` : ''}.`,
  );
  if (!mayMount())
    console.log('No file system may be mounted here: the disk was full by max_page_count alone.');
  for (const line of wrong.slice(0, 50)) console.error(`BROKEN  ${line}`);
  console.log(
    wrong.length === 0 ? `Everything held (seed ${values.seed}).` : `${wrong.length} rules broken.`,
  );
  process.exitCode = wrong.length === 0 ? 0 : 1;
}

if (import.meta.main) await main();
