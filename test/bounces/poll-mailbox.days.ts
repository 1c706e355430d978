import { chownSync, existsSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { lookAtMailbox, type PollDeps, pollMailbox } from '../../src/bounces/ingest/poll-mailbox.ts';
import type { Store } from '../../src/store/store.ts';
import { type Dovecot, startDovecot, whyNoDovecot } from '../support/dovecot.ts';
import { autoReplyTo, bounceOf, depsOf, letter, storeWithDeliveries } from './deliveries.ts';

const missing = whyNoDovecot();
if (missing) console.info(`IMAP is not tried: ${missing}`);

/** What servers offer: moving, copying and removing by UID, or neither. */
const kinds: [string, string[]][] = [
  ['that moves', []],
  ['that cannot move', ['imap_capability = IMAP4rev1 UIDPLUS LITERAL+ NAMESPACE']],
  ['that can do no more than RFC 3501 asks', ['imap_capability = IMAP4rev1']],
];

describe.skipIf(missing !== null).each(kinds)('a mailbox on a server %s', (_kind, settings) => {
  let dovecot: Dovecot;
  let deps: PollDeps;
  let store: Store;
  let count = 0;
  beforeAll(async () => {
    dovecot = await startDovecot(settings);
  });
  afterAll(() => dovecot.stop());
  beforeEach(async () => {
    store = await storeWithDeliveries(60);
    deps = { ...depsOf(store), url: dovecot.url, done: 'Bounces/Done' };
    clear();
  });

  function put(...mails: Buffer[]): void {
    for (const mail of mails) {
      const name = `${++count}.test`;
      const path = join(dovecot.maildir, 'tmp', name);
      writeFileSync(path, mail);
      chownSync(path, dovecot.owner.uid, dovecot.owner.gid);
      renameSync(path, join(dovecot.maildir, 'new', name));
    }
  }
  const filesIn = (folder: string) =>
    ['new', 'cur']
      .map((inner) => join(dovecot.maildir, folder, inner))
      .filter((path) => existsSync(path))
      .flatMap((path) => readdirSync(path).map((name) => join(path, name)));
  /** A file's name tells its flags: `…:2,S` was seen, `T` is marked as deleted. */
  const messagesIn = (folder: string) => filesIn(folder).filter((path) => !/:2,\w*T/.test(path));
  const done = () => messagesIn('.Bounces.Done');
  const left = () => messagesIn('.');
  function clear(): void {
    for (const path of [...filesIn('.'), ...filesIn('.Bounces.Done')]) rmSync(path);
  }

  test('is relieved of what was understood and of nothing else', async () => {
    put(bounceOf(1), letter, autoReplyTo(2), bounceOf(3, { to: 'bounce@papers.example' }));
    const report = await pollMailbox(deps);
    expect(report).toMatchObject({ read: 4, recorded: 1, suppressed: 1, unmatched: 1, moved: 2 });
    expect(report.classes).toMatchObject({ hard: 2, 'auto-reply': 1, 'not-a-bounce': 1 });
    expect(done()).toHaveLength(2);
    expect(left()).toHaveLength(2);
    expect(left().filter((name) => /:2,\w*S/.test(name))).toEqual([]);
  });

  test('is not read twice, unless that is asked for, and then nothing changes', async () => {
    put(letter, bounceOf(1));
    await pollMailbox(deps);
    expect(await pollMailbox(deps)).toMatchObject({ read: 0, moved: 0 });
    put(bounceOf(2), bounceOf(1));
    expect(await pollMailbox(deps)).toMatchObject({ read: 2, recorded: 1, known: 1, moved: 2 });
    expect(await pollMailbox({ ...deps, again: true })).toMatchObject({ read: 1, moved: 0 });
    expect(left()).toHaveLength(1);
  });

  test('keeps a message until what it says is kept, and is asked again for it', async () => {
    put(...Array.from({ length: 30 }, (_none, index) => bounceOf(index + 1)));
    let calls = 0;
    const failing: PollDeps['recordReturns'] = (events, db) => {
      if (++calls > 27) throw new Error('disk full');
      return deps.recordReturns(events, db);
    };
    await expect(pollMailbox({ ...deps, recordReturns: failing })).rejects.toThrow('disk full');
    expect([done().length, left().length]).toEqual([25, 5]);
    expect(await pollMailbox(deps)).toMatchObject({ read: 5, recorded: 5, moved: 5 });
    expect(left()).toEqual([]);
  });

  test('of any size is read in pages, and left between two of them when told to stop', async () => {
    put(...Array.from({ length: 60 }, (_none, index) => bounceOf(index + 1)));
    const stopping = new AbortController();
    const pages: number[] = [];
    const onPage: PollDeps['onPage'] = (fates, total) => {
      pages.push(fates.length, total);
      stopping.abort();
    };
    await pollMailbox({ ...deps, onPage, signal: stopping.signal });
    expect(pages).toEqual([25, 60]);
    expect(await pollMailbox({ ...deps })).toMatchObject({ read: 35, recorded: 35 });
    expect(done()).toHaveLength(60);
  });

  test('that is also where understood messages go is refused, before one is moved in a circle', async () => {
    put(bounceOf(1));
    await expect(pollMailbox({ ...deps, done: 'INBOX' })).rejects.toThrow('BOUNCE_IMAP_DONE');
    expect(left()).toHaveLength(1);
    expect(await pollMailbox(deps)).toMatchObject({ known: 1, moved: 1 });
  });

  test('that does not exist is said', async () => {
    await expect(lookAtMailbox(`${dovecot.url}/Nowhere`)).rejects.toThrow(
      /^imap:\/\/127\.0\.0\.1:\d+\/Nowhere: the server refused the mailbox/,
    );
    put(letter);
    expect(await lookAtMailbox(dovecot.url)).toMatchObject({ messages: 1 });
  });
});

describe('a mail server that fails', () => {
  async function answering(act: (socket: Socket, line: string) => void): Promise<PollDeps> {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket.on('error', () => {}));
      socket.write('* OK [CAPABILITY IMAP4rev1] hello\r\n');
      socket.on('data', (bytes) => act(socket, bytes.toString()));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    const { port } = server.address() as { port: number };
    const deps = depsOf(await storeWithDeliveries(1));
    return { ...deps, url: `imap://bounces:secret@127.0.0.1:${port}`, done: 'Done' };
  }

  test('to let us in is told without the password and without its own words', async () => {
    const deps = await answering((socket, line) => {
      const [tag = ''] = line.split(' ', 1);
      socket.write(`${tag} NO [AUTHENTICATIONFAILED] bounces with secret is nobody\r\n`);
    });
    const error = await pollMailbox(deps).catch((one: Error) => one);
    expect(error).toMatchObject({
      message: expect.stringContaining('refused the login (AUTHENTICATIONFAILED)'),
    });
    expect(String(error)).not.toMatch(/secret|bounces/);
  });

  test('in the middle is told as such', async () => {
    const deps = await answering((socket) => socket.destroy());
    await expect(pollMailbox(deps)).rejects.toThrow(/^imap:\/\/127\.0\.0\.1:\d+\/INBOX: /);
  });

  test('to answer does not keep the program from ending', async () => {
    const stopping = new AbortController();
    const deps = await answering(() => stopping.abort());
    const start = performance.now();
    await expect(pollMailbox({ ...deps, signal: stopping.signal })).rejects.toThrow('127.0.0.1');
    expect(performance.now() - start).toBeLessThan(8_000);
  });

  test('is never given a password in the clear beyond this machine', async () => {
    const { readImapUrl } = await import('../../src/bounces/ingest/imap-server.ts');
    expect(readImapUrl('imap://a%40b:c%3A@mail.example.org/Sub%20box')).toEqual({
      ...{ host: 'mail.example.org', port: 143, secure: false },
      ...{ user: 'a@b', pass: 'c:', mailbox: 'Sub box' },
    });
  });
});
