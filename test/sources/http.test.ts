import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { HttpError, type HttpSettings, makeHttp } from '../../src/sources/http.ts';
import { readRetryAfter } from '../../src/sources/http-attempt.ts';
import { takeTurn } from '../../src/store/http-cache.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { newStore } from '../support/store.ts';
import { serve } from './server.ts';

let store: Store;
/** Time that passes only by sleeping. */
let now: number;
let slept: number[];
beforeEach(() => {
  store = newStore();
  now = Date.parse('2026-07-01T12:00:00Z');
  slept = [];
});
afterEach(() => store.close());

function http(settings: Partial<HttpSettings> = {}) {
  return makeHttp({
    db: store.db,
    version: '0.1.0',
    contact: 'https://paperboy.example.org',
    now: () => now,
    sleep: async (ms) => {
      slept.push(ms);
      now += ms;
    },
    random: () => 0.5,
    ...settings,
  });
}
const text = (answer: { kind: string; body?: Buffer }): string | undefined => answer.body?.toString();
const gate = { name: 'arxiv', intervalMs: 3000 };

describe('fetching', () => {
  it('says who asks and how to reach them', async () => {
    const server = await serve((_, response) => response.end('hello'));
    expect(text(await http().get(server.url))).toBe('hello');
    expect(server.requests[0]?.headers['user-agent']).toBe('Paperboy/0.1.0 (+https://paperboy.example.org)');
  });

  it('asks only for what changed, once the answer before was stored', async () => {
    const server = await serve((request, response) => {
      if (request.headers['if-none-match'] === '"a"') return response.writeHead(304).end();
      response.writeHead(200, { etag: '"a"', 'last-modified': 'Wed, 01 Jul 2026 00:00:00 GMT' }).end('news');
    });
    const first = await http().get(server.url, { conditional: true });
    expect((await http().get(server.url, { conditional: true })).kind).toBe('ok');
    if (first.kind === 'ok') await first.remember();
    expect((await http().get(server.url, { conditional: true })).kind).toBe('not_modified');
    expect(server.requests[2]?.headers['if-modified-since']).toBe('Wed, 01 Jul 2026 00:00:00 GMT');
    expect((await http().get(server.url)).kind).toBe('ok');
  });

  it.each([429, 500, 503])('tries again after %i with growing waits', async (status) => {
    const server = await serve((_, response, count) =>
      count < 3 ? response.writeHead(status).end() : response.end('at last'),
    );
    expect(text(await http().get(server.url))).toBe('at last');
    expect(slept).toEqual([1000, 2000]);
  });

  it('gives up after its tries and says so', async () => {
    const server = await serve((_, response) => response.writeHead(502).end('<p>bad gateway</p>'));
    const error = await http()
      .get(server.url)
      .catch((cause: unknown) => cause as HttpError);
    expect(error).toBeInstanceOf(HttpError);
    expect(error).toMatchObject({ status: 502, body: '<p>bad gateway</p>' });
    expect((error as HttpError).message).toMatch(/answers 502 Bad Gateway \(tried 4 times\)/);
    expect(server.requests).toHaveLength(4);
  });

  it.each([400, 401, 404])('does not try again after %i', async (status) => {
    const server = await serve((_, response) => response.writeHead(status).end('no'));
    await expect(http().get(server.url)).rejects.toMatchObject({ status, body: 'no' });
    expect(server.requests).toHaveLength(1);
  });

  it('waits as Retry-After asks, in seconds or until a date', async () => {
    const server = await serve((_, response, count) => {
      if (count === 1) return response.writeHead(503, { 'retry-after': '20' }).end();
      if (count === 2)
        return response.writeHead(429, { 'retry-after': new Date(now + 45_000).toUTCString() }).end();
      response.end('ok');
    });
    await http().get(server.url);
    expect(slept).toEqual([20_000, 45_000]);
    expect([readRetryAfter('soon', now), readRetryAfter(null, now)]).toEqual([null, null]);
    expect(readRetryAfter('Wed, 01 Jul 2020 00:00:00 GMT', now)).toBe(0);
  });

  it('leaves a server alone that asks for a wait too long for one run', async () => {
    const server = await serve((_, response) => response.writeHead(503, { 'retry-after': '7200' }).end());
    await expect(http().get(server.url, { gate })).rejects.toThrow(/asks to wait until 2026-07-01T14:00:00/);
    expect(server.requests).toHaveLength(1);
    // … and so does the next command, for an hour at most.
    await expect(http().get(server.url, { gate })).rejects.toThrow(/not to be asked again before/);
    expect(server.requests).toHaveLength(1);
  });

  it('stops at the cap, counted after decompression', async () => {
    const server = await serve((_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(5_000_000)));
    });
    await expect(http({ maxBodyBytes: 1_000_000 }).get(server.url)).rejects.toThrow(
      /more than 1000000 bytes/,
    );
    expect(server.requests).toHaveLength(1);
    expect((await http().get(server.url)).kind).toBe('ok');
  });

  it('ends a request that hangs, in the head or in the body', async () => {
    const server = await serve((request, response) => {
      if (request.url === '/body') response.writeHead(200).write('begun');
    });
    const hasty = http({ timeoutMs: 80, retries: 0 });
    await expect(hasty.get(`${server.url}/head`)).rejects.toThrow(/no whole answer within 80 ms/);
    await expect(hasty.get(`${server.url}/body`)).rejects.toThrow(/no whole answer within 80 ms/);
  });

  it('tries again when the connection is lost', async () => {
    const server = await serve((_, response, count) =>
      count === 1 ? response.destroy() : response.end('ok'),
    );
    expect(text(await http().get(server.url))).toBe('ok');
  });

  it('follows redirects, but not for ever and not off http', async () => {
    const server = await serve((request, response) => {
      const to = { '/a': '/b', '/loop': '/loop', '/file': 'file:///etc/passwd' }[request.url ?? ''];
      if (to) return response.writeHead(302, { location: to }).end();
      response.end('there');
    });
    expect(text(await http().get(`${server.url}/a`))).toBe('there');
    await expect(http().get(`${server.url}/loop`)).rejects.toThrow(/redirects more than 5 times/);
    await expect(http().get(`${server.url}/file`)).rejects.toThrow(/no http\(s\) address/);
    await expect(http().get('ftp://example.org/')).rejects.toThrow(/no http\(s\) address/);
  });

  it('says when nobody answers', async () => {
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const { port } = closed.address() as { port: number };
    await new Promise((resolve) => closed.close(resolve));
    await expect(http({ retries: 0 }).get(`http://127.0.0.1:${port}/`)).rejects.toThrow(/ECONNREFUSED/);
  });
});

describe('the gate', () => {
  it('lets one request through at a time, three seconds apart, whoever asks', async () => {
    let open = 0;
    let most = 0;
    const starts: number[] = [];
    const server = await serve((_, response) => {
      starts.push(now);
      open += 1;
      most = Math.max(most, open);
      setTimeout(() => {
        open -= 1;
        response.end('ok');
      }, 5);
    });
    // Real time passes as well, so that a turn does not run out while its request is on the wire.
    const sleep = async (ms: number): Promise<void> => {
      await new Promise((resolve) => setTimeout(resolve, 3));
      now += ms;
    };
    // Two connections to one file, as two processes have.
    const folder = mkdtempSync(join(tmpdir(), 'paperboy-'));
    const stores = [openStore(join(folder, 'a.db')), openStore(join(folder, 'a.db'))] as const;
    onTestFinished(async () => {
      for (const opened of stores) await opened.close();
      rmSync(folder, { recursive: true });
    });
    const [one, other] = [http({ sleep, db: stores[0].db }), http({ sleep, db: stores[1].db })];
    await Promise.all([
      one.get(server.url, { gate }),
      one.get(server.url, { gate }),
      other.get(server.url, { gate }),
    ]);
    expect(most).toBe(1);
    expect(starts).toHaveLength(3);
    for (const [index, at] of starts.entries())
      if (index > 0) expect(at - (starts[index - 1] as number)).toBeGreaterThanOrEqual(3000);
  });

  it('is kept in the database, so that the next process waits too', async () => {
    const server = await serve((_, response) => response.end('ok'));
    await http().get(server.url, { gate });
    now += 1000;
    await http().get(server.url, { gate });
    expect(slept).toEqual([2000]);
    now += 10_000;
    await http().get(server.url, { gate });
    expect(slept).toEqual([2000]);
  });

  it('rests between tries of one request too', async () => {
    const server = await serve((_, response, count) =>
      count === 1 ? response.writeHead(500).end() : response.end('ok'),
    );
    await http().get(server.url, { gate });
    expect(slept.reduce((sum, ms) => sum + ms, 0)).toBeGreaterThanOrEqual(3000);
  });

  it('opens again when the process that had its turn died', async () => {
    await takeTurn(store.db, { name: 'arxiv', holder: 'dead', leaseMs: 20_000, maxClosedMs: 3_600_000 }, now);
    const server = await serve((_, response) => response.end('ok'));
    onTestFinished(() => expect(server.requests).toHaveLength(1));
    expect((await http().get(server.url, { gate })).kind).toBe('ok');
    expect(slept.reduce((sum, ms) => sum + ms, 0)).toBe(20_000);
  });

  it('is not closed for good by a clock that was set back', async () => {
    const server = await serve((_, response) => response.end('ok'));
    await http().get(server.url, { gate });
    now -= 86_400_000;
    await http().get(server.url, { gate });
    expect(slept).toEqual([]);
  });
});
