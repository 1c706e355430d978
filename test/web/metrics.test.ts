import { chmodSync, renameSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { fixedClock } from '../../src/clock.ts';
import { createReadinessLook } from '../../src/store/readiness.ts';
import { startWeb } from '../../src/web/start.ts';
import { createWeb } from '../../src/web/web.ts';
import { monday } from '../subscribers/people.ts';
import { newStore, temporaryFolder, temporaryStore } from '../support/store.ts';
import { openTestWeb, webConfig } from './pages.ts';

const token = 'scrape-me-if-you-can';
let close: (() => Promise<void>) | null = null;
afterEach(async () => {
  await close?.();
  close = null;
});

/** Asks a real server on loopback; resolves to the status and what it says. */
async function ask(tokenSet: string | null, headers: Record<string, string> = {}) {
  const store = temporaryStore();
  const metrics = { token: tokenSet, contentType: 'text/plain', read: async () => 'paperboy_up 1\n' };
  const web = await startWeb({ store, config: webConfig(), clock: fixedClock(monday), metrics });
  close = () => web.close();
  return await new Promise<{ status: number; text: string }>((resolve, reject) => {
    request({ host: '127.0.0.1', port: web.port, path: '/metrics', headers, agent: false }, (answer) => {
      let text = '';
      answer.on('data', (chunk) => {
        text += chunk;
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
    })
      .on('error', reject)
      .end();
  });
}

describe('/metrics', () => {
  test('without a token is for programs on this machine', async () => {
    expect(await ask(null)).toEqual({ status: 200, text: 'paperboy_up 1\n' });
  });

  test.each([
    ['X-Forwarded-For', '127.0.0.1'],
    ['Forwarded', 'for=127.0.0.1'],
    ['X-Real-IP', '::1'],
    ['Via', '1.1 proxy'],
    ['Host', 'rebound.example.org'],
  ])('without a token is not for what comes through a proxy or a browser (%s)', async (name, value) => {
    const answer = await ask(null, { [name]: value });
    expect(answer).toEqual({ status: 403, text: expect.stringContaining('Set METRICS_TOKEN') });
    expect(answer.text.trim()).not.toContain('\n');
  });

  test('with a token is for whoever brings it, from wherever', async () => {
    const headers = { Authorization: `Bearer ${token}`, 'X-Forwarded-For': '192.0.2.1' };
    expect(await ask(token, headers)).toEqual({ status: 200, text: 'paperboy_up 1\n' });
  });

  test.each([{}, { Authorization: 'Bearer wrong' }, { Authorization: token }, { Authorization: 'Bearer ' }])(
    'with a token is for nobody else, this machine included (%j)',
    async (headers) => {
      expect((await ask(token, headers)).status).toBe(401);
    },
  );

  test('answers nobody of whom it is not known where they are', async () => {
    const store = temporaryStore();
    const metrics = { token: null, contentType: 'text/plain', read: async () => 'paperboy_up 1\n' };
    const web = createWeb({ store, config: webConfig(), clock: fixedClock(monday), metrics });
    expect((await web.request('http://localhost/metrics')).status).toBe(403);
  });

  test('is not there where nobody measures', async () => {
    expect((await openTestWeb(temporaryStore()).web.request('/metrics')).status).toBe(404);
  });
});

describe('/readyz', () => {
  const readiness = async (web: ReturnType<typeof openTestWeb>['web']) => {
    const answer = await web.request('/readyz');
    return { status: answer.status, ...((await answer.json()) as object) };
  };

  test('says when the database can be read and not written', async () => {
    const store = temporaryStore();
    store.raw.pragma('query_only = ON');
    expect(await readiness(openTestWeb(store).web)).toEqual({
      status: 'unavailable',
      problem: 'the database can be read and not written',
    });
  });

  test('says when the file was moved away or replaced', async () => {
    const folder = temporaryFolder();
    const store = newStore(join(folder, 'paperboy.db'));
    onTestFinished(() => store.close());
    const { web } = openTestWeb(store);
    expect(await readiness(web)).toMatchObject({ status: 'ok' });
    renameSync(store.file, join(folder, 'elsewhere.db'));
    expect(await readiness(web)).toMatchObject({ problem: 'the database file was moved or replaced' });
    new BetterSqlite3(store.file).close();
    chmodSync(store.file, 0o600);
    expect(await readiness(web)).toMatchObject({ problem: 'the database file was moved or replaced' });
  });

  test('waits for nobody who is writing, and takes that for being writable', async () => {
    const store = temporaryStore();
    const other = new BetterSqlite3(store.file);
    onTestFinished(() => {
      other.close();
    });
    other.exec('BEGIN IMMEDIATE');
    const startedAt = performance.now();
    expect(await readiness(openTestWeb(store).web)).toMatchObject({ status: 'ok' });
    expect(performance.now() - startedAt).toBeLessThan(20_000);
    expect(store.raw.pragma('busy_timeout', { simple: true })).toBe(30_000);
  });

  test('tries to write twice a minute at most, and notices then', () => {
    const store = temporaryStore();
    let now = 0;
    const look = createReadinessLook(store, () => now);
    expect(look()).toBeNull();
    store.raw.pragma('query_only = ON');
    now = 29_000;
    expect(look()).toBeNull();
    now = 31_000;
    expect(look()).toBe('the database can be read and not written');
    store.raw.pragma('query_only = OFF');
    now = 62_000;
    expect(look()).toBeNull();
  });

  test('leaves a transaction alone that is under way on the same connection', () => {
    const store = temporaryStore();
    store.raw.exec('BEGIN IMMEDIATE');
    expect(createReadinessLook(store)()).toBeNull();
    expect(store.raw.inTransaction).toBe(true);
    store.raw.exec('ROLLBACK');
  });
});
