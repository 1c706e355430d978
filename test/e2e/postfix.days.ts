import { execFileSync } from 'node:child_process';
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleepMs } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Dovecot, idsOf, startDovecot, whyNoDovecot } from '../support/dovecot.ts';
import { startNextHop } from './next-hop.ts';
import { cli, type Home, iso, makeHome, type RunAnswer, root } from './paperboy.ts';
import { startPostfix, whyNoPostfix } from './postfix.ts';

/** A real Postfix between Paperboy and its readers: what it returns is put where it belongs, told apart by VERP alone. */
const missing = whyNoPostfix() ?? whyNoDovecot();
if (missing) console.info(`Postfix is not tried: ${missing}`);

const at = Date.parse('2026-06-22T08:00:00Z');
const day = 86_400_000;
const papers = new URL('../fixtures/e2e/papers.jsonl', import.meta.url).pathname;
const readers = {
  good: ['good1@reader.example', 'good2@reader.example', 'good3@reader.example'],
  gone: 'gone@reader.example',
  full: 'full@reader.example',
  busy: 'busy@reader.example',
  spam: 'spam@reader.example',
  nowhere: 'somebody@nowhere.example',
  refused: 'refused@reader.example',
  policy: 'policy@reader.example',
};
const everybody = Object.values(readers).flat();

interface Bounce {
  class: string;
  reason: string;
  email: string;
  origin: string;
  deliveryId: number;
  suppressed: boolean;
}
interface Taken {
  read: number;
  recorded: number;
  known: number;
  unmatched: number;
  suppressed: number;
  moved: number;
}

async function subscribeAll(home: Home): Promise<void> {
  const before = ['--at', iso(at - 3_600_000)];
  await home.answer(['ingest', '--file', papers, ...before]);
  await home.answer(['topics', 'add', 'all-of-it', '--name', 'All', '--query', '*', ...before]);
  const rows = everybody.map((email) => `${email},UTC,08:00,2,all-of-it`);
  const file = join(home.dir, 'readers.csv');
  writeFileSync(file, ['email,timezone,time,max_papers,topics', ...rows, ''].join('\n'));
  await home.answer(['subscribers', 'import', file, ...before]);
}

/** Where deliveries fail, a run ends with 1. */
async function sendAll(home: Home, now: number, smtpUrl: string): Promise<RunAnswer> {
  const args = ['run', '--no-ingest', '--at', iso(now), '--json'];
  const { code, stdout, stderr } = await home.run(args, { SMTP_URL: smtpUrl });
  expect(code, stderr).toBe(1);
  return JSON.parse(stdout) as RunAnswer;
}

/** Waits for what other processes bring about; gives up after a minute with what there is. */
async function until<T>(look: () => T, isEnough: (found: T) => boolean): Promise<T> {
  for (let tries = 0; tries < 300; tries++) {
    const found = look();
    if (isEnough(found)) return found;
    await sleepMs(200);
  }
  return look();
}

const messagesIn = (folder: string): string[] =>
  ['new', 'cur'].flatMap((inner) =>
    readdirSync(join(folder, inner)).map((name) => join(folder, inner, name)),
  );
const byAddress = (bounces: Bounce[]) =>
  Object.fromEntries(bounces.map(({ email, class: kind, reason }) => [email, `${kind} ${reason}`]));

describe.skipIf(missing !== null)('what a real Postfix returns', () => {
  let dovecot: Dovecot;
  let home: Home;
  let piped: Home;
  let nextHop: Awaited<ReturnType<typeof startNextHop>>;
  let postfix: Awaited<ReturnType<typeof startPostfix>>;

  beforeAll(async () => {
    dovecot = await startDovecot();
    nextHop = await startNextHop();
    home = makeHome({ BOUNCE_ADDRESS: 'bounce@maildir.example.org', BOUNCE_IMAP_URL: dovecot.url });
    piped = makeHome({ BOUNCE_ADDRESS: 'bounce@pipe.example.org' });
    chmodSync(piped.dir, 0o755);
    const { maildir, owner } = dovecot;
    postfix = await startPostfix({
      ...{ nextHop: nextHop.port, maildir, owner, pipeTo: writePipe(piped) },
      refuses: [
        [readers.refused, '550 5.1.1 User unknown'],
        [readers.policy, '554 5.7.1 Service unavailable; client blocked by policy'],
      ],
    });
    return async () => {
      await postfix.stop();
      await nextHop.close();
      await dovecot.stop();
      home.remove();
      piped.remove();
    };
  });

  test('suppresses who is gone, and nobody else, whether it is read from a mailbox or from files', async () => {
    await subscribeAll(home);
    const { send } = await sendAll(home, at, postfix.url);
    // Two are refused while Paperboy is still talking to Postfix; all else it takes, and some of that comes back.
    expect(send).toMatchObject({ sent: everybody.length - 2, failed: 2, uncertain: 0 });

    // Four that come back, and a notice that one is tried further.
    const returned = await until(
      () => messagesIn(dovecot.maildir),
      (mails) => mails.length >= 5,
    );
    expect(returned, postfix.log()).toHaveLength(5);
    expect([...new Set(nextHop.taken)].sort()).toEqual(readers.good);
    expect(nextHop.taken).toHaveLength(3);
    const ids = (await home.answer<{ messageId: string }[]>(['deliveries', 'list'])).map(
      (one) => one.messageId,
    );
    for (const mail of returned.map((path) => readFileSync(path, 'latin1'))) {
      expect(mail).toMatch(/^To: bounce\+[0-9a-z]{17,27}@maildir\.example\.org/m);
      expect(ids.filter((id) => mail.includes(id))).toEqual([]);
    }

    const first = await home.answer<Taken>(['bounces', 'ingest', '--imap', '--at', iso(at + 3_600_000)]);
    expect(first).toMatchObject({ read: 5, recorded: 5, unmatched: 0, suppressed: 2, moved: 5 });
    expect(messagesIn(dovecot.maildir)).toEqual([]);

    // The same mails as files: nothing changes.
    const done = join(dovecot.maildir, '.Paperboy');
    const again = await home.answer<Taken>(['bounces', 'ingest', done, '--at', iso(at + 7_200_000)]);
    expect(again).toMatchObject({ read: 5, recorded: 0, known: 5, suppressed: 0 });

    const bounces = await home.answer<Bounce[]>(['bounces', 'list']);
    expect(byAddress(bounces)).toEqual({
      [readers.gone]: 'hard user_unknown',
      [readers.nowhere]: 'hard host_unknown',
      [readers.refused]: 'hard user_unknown',
      [readers.full]: 'soft mailbox_full',
      [readers.busy]: 'soft delayed',
      [readers.spam]: expect.stringMatching(/^soft (?:spam|policy|content_rejected)$/),
    });
    expect(bounces.filter(({ origin }) => origin === 'smtp').map(({ email }) => email)).toEqual([
      readers.refused,
    ]);
    const suppressed = await home.answer<{ email: string }[]>(['suppressions', 'list']);
    expect(suppressed.map(({ email }) => email).sort()).toEqual(
      [readers.gone, readers.nowhere, readers.refused].sort(),
    );

    // The next day only they are left out.
    const next = await sendAll(home, at + day, postfix.url);
    expect(next.plan).toMatchObject({ due: everybody.length });
    expect(next.send).toMatchObject({ sent: everybody.length - 4, failed: 1 });
    await until(
      () => nextHop.taken.length,
      (count) => count >= 6,
    );
    expect(nextHop.taken.slice(3).sort()).toEqual(readers.good);
  });

  test('waits in its queue while a pipe cannot keep it, and then finds its delivery', async () => {
    await subscribeAll(piped);
    const { send } = await sendAll(piped, at, postfix.url);
    expect(send).toMatchObject({ sent: everybody.length - 2, failed: 2 });

    // The pipe runs as nobody, and the database is still root's alone.
    const piping = (status: string) =>
      postfix.log().match(new RegExp(`^.*relay=paperboy.*status=${status}.*$`, 'gm')) ?? [];
    await until(
      () => piping('deferred'),
      (lines) => lines.length > 0,
    );
    expect(piping('deferred'), postfix.log()).not.toEqual([]);
    expect(await piped.answer<Bounce[]>(['bounces', 'list'])).toHaveLength(1);

    const nobody = idsOf('nobody');
    execFileSync('chown', ['-R', `${nobody.uid}:${nobody.gid}`, piped.dir]);
    await until(
      () => piping('sent'),
      (lines) => lines.length >= 5,
    );
    expect(piping('bounced')).toEqual([]);
    expect(piping('sent').length, piping('').join('\n')).toBe(5);

    const suppressed = await piped.answer<{ email: string }[]>(['suppressions', 'list']);
    expect(suppressed.map(({ email }) => email).sort()).toEqual(
      [readers.gone, readers.nowhere, readers.refused].sort(),
    );
  });
});

/** What Postfix starts for each bounce: Paperboy in its folder, with its settings. */
function writePipe({ dir, env }: Home): string {
  const file = join(dir, 'pipe.sh');
  const settings = Object.entries(env).map(
    ([name, value]) => `export ${name}='${value.replaceAll("'", "'\\''")}'`,
  );
  const node = join(root, 'node_modules/.bin/node');
  const run = `exec ${node} ${cli} bounces ingest - --at ${iso(at + 3_600_000)}`;
  writeFileSync(file, ['#!/bin/sh', `cd ${dir}`, ...settings, run, ''].join('\n'), { mode: 0o755 });
  return file;
}
