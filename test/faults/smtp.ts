import { type AddressInfo, createServer } from 'node:net';
import type { Fault, FaultSource, Stage } from '../e2e/fault-proxy.ts';
import type { Ended, Env } from '../e2e/paperboy.ts';
import { noted } from './kills.ts';
import type { Strike } from './watch.ts';
import { login, type World } from './world.ts';

/** A mail server that drops, stalls, says half, talks nonsense or refuses, at every phase. */

type Act = Fault['act'];
const silences: readonly Act[] = ['drop', 'hang', 'half', 'garbage'];
const says = (...replies: string[]): Act[] => replies.map((reply) => ({ reply }));

/** Once a message is begun. After the final dot the server has taken it, so it says nothing more that is definite. */
export const messageFaults: readonly { stage: Stage; act: Act }[] = (
  [
    ['mail', [...silences, ...says('421 4.3.2 leaving', '451 4.3.0 later')]],
    [
      'rcpt',
      [
        ...silences,
        ...says('421 4.7.0 too much', '450 4.2.0 greylisted', '452 4.2.2 full', '550 5.1.1 unknown'),
        ...says('552 5.2.2 full'),
      ],
    ],
    ['data', [...silences, ...says('421 4.3.2 leaving', '451 4.3.0 later', '554 5.5.1 no')]],
    ['body', [...silences, ...says('421 4.3.2 leaving', '451 4.3.0 later', '554 5.6.0 no')]],
    [
      'dot',
      [
        ...silences,
        ...says('421 4.3.2 leaving', '452 4.3.1 no room', '554 5.6.0 no', '550 5.7.1 looks like spam'),
      ],
    ],
    ['reply', silences],
  ] as [Stage, Act[]][]
).flatMap(([stage, acts]) => acts.map((act) => ({ stage, act })));

export const sessionFaults: readonly { stage: Stage; act: Act }[] = (
  [
    ['connect', ['drop', 'hang']],
    ['greeting', [...silences, ...says('421 4.3.2 later', '554 5.7.1 not you')]],
    ['ehlo', [...silences, ...says('421 4.7.0 busy', '550 5.7.1 bad name')]],
    // 220 and then no TLS: the proxy reads what should be a command and answers nothing.
    ['starttls', [...silences, ...says('454 4.7.0 not now', '554 5.7.1 no', '220 2.0.0 ready')]],
    ['auth', [...silences, ...says('421 4.7.0 busy', '454 4.7.0 later', '535 5.7.8 wrong')]],
    ['mail', says('550 5.1.8 sender rejected', '530 5.7.0 authenticate first')],
  ] as [Stage, Act[]][]
).flatMap(([stage, acts]) => acts.map((act) => ({ stage, act })));

export function nameOf({ stage, act }: { stage: Stage; act: Act }): string {
  return `${stage} ${typeof act === 'string' ? act : act.reply.slice(0, 3)}`;
}

/** A share of the messages meets one of the faults of the deck, which is used up. Returns what struck. */
export async function faultyMessages(world: World, deck: { stage: Stage; act: Act }[]): Promise<string[]> {
  const { proxy, random, watch } = world;
  await world.ensureReady(10);
  const strikes: Strike[] = [];
  const struck: string[] = [];
  let hangs = 0;
  proxy.fail(
    noted(strikes, (stage) => {
      if (!messageFaults.some((one) => one.stage === stage) || random() > 0.25) return null;
      const at = deck.findIndex((one) => one.stage === stage && (one.act !== 'hang' || hangs < 2));
      const [fault] = at < 0 ? [] : deck.splice(at, 1);
      if (!fault) return null;
      if (fault.act === 'hang') hangs++;
      struck.push(nameOf(fault));
      return fault.act;
    }),
  );
  const ended = await world.run(random() < 0.7 ? ['send'] : ['run', '--no-ingest']);
  proxy.heal();
  watch.look({ what: struck.join(', '), ended: [ended], strikes });
  return struck;
}

/** Connections fail before any message: all of them, or the first one. Nobody is blamed and nothing is lost. */
export async function faultySession(world: World, fault: { stage: Stage; act: Act }): Promise<boolean> {
  const { proxy, random, watch } = world;
  await world.ensureReady(4);
  const strikes: Strike[] = [];
  let left = random() < 0.6 ? Number.POSITIVE_INFINITY : 1;
  const source: FaultSource = (stage) => (stage === fault.stage && left-- > 0 ? fault.act : null);
  proxy.fail(noted(strikes, source));
  const env: Env =
    fault.stage === 'starttls'
      ? { SMTP_URL: urlOf(world, '?tls=required&tls.rejectUnauthorized=false') }
      : {};
  const before = world.sink.caught.length;
  const all = left > 1;
  const ended = await world.run(['send'], env);
  proxy.heal();
  const struck = strikes.length > 0;
  // A refusal of us says nothing about a recipient.
  watch.look({
    what: nameOf(fault),
    ended: [ended],
    strikes: strikes.map((one) => ({ ...one, code: null })),
  });
  if (struck && all && world.sink.caught.length > before)
    watch.wrong.push(`mail went through a server that fails at ${nameOf(fault)}`);
  return struck;
}

function urlOf({ proxy }: World, query: string): string {
  return `${proxy.url.replace('//', `//${login.user}:${login.pass}@`)}${query}`;
}

export const wrongServers = ['bad certificate', 'no STARTTLS', 'nobody listens', 'wrong password'] as const;

/** What is wrong with the server or the settings as a whole: the run stops, one line says why, nothing is sent. */
export async function wrongServer(world: World, what: (typeof wrongServers)[number]): Promise<boolean> {
  const { proxy, watch, sink } = world;
  await world.ensureReady(2);
  const before = sink.caught.length;
  let url = urlOf(world, '?tls=required');
  if (what === 'no STARTTLS') proxy.hidden.push('STARTTLS');
  if (what === 'nobody listens') url = `smtp://127.0.0.1:${await closedPort()}`;
  if (what === 'wrong password') url = `${proxy.url.replace('//', `//${login.user}:wrong@`)}?tls=none`;
  const ended = await world.run(['send'], { SMTP_URL: url });
  if (what === 'no STARTTLS') proxy.hidden.pop();
  watch.look({ what, ended: [ended] });
  if (ended.code !== 1 || !/Sending stopped/.test(ended.stderr) || sink.caught.length > before)
    watch.wrong.push(`${what}: exit ${ended.code}, ${sink.caught.length - before} sent, ${ended.stderr}`);
  return true;
}

async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Each recipient is put off the first time and served later, as greylisting does. Returns how many were. */
export async function greylist(world: World): Promise<number> {
  const { proxy, watch } = world;
  await world.nextEdition();
  const met = new Set<string>();
  const strikes: Strike[] = [];
  proxy.fail(
    noted(strikes, (stage, recipient) => {
      if (stage !== 'rcpt' || met.has(recipient)) return null;
      met.add(recipient);
      return { reply: '450 4.2.0 greylisted, come back later' };
    }),
  );
  const ended: Ended[] = [await world.run(['run', '--no-ingest'])];
  watch.look({ what: 'greylisted', ended, strikes });
  const later = await world.run(['send']);
  watch.look({ what: 'after greylisting', ended: [later], strikes });
  const answer = /(\d+) sent/.exec(later.stdout);
  if (met.size > 0 && Number(answer?.[1] ?? 0) < met.size)
    watch.wrong.push(`${met.size} were greylisted and then: ${later.stdout}`);
  proxy.heal();
  return met.size;
}
