import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readServer } from '../../../src/cli/remote/server-address.ts';
import { openTerminal } from '../terminal.ts';
import { openServed } from './served.ts';

const nowhere = openTerminal({ PAPERBOY_TOKEN: 'pb_x' }, { wait: async () => {} });
afterAll(() => nowhere.remove());
const run = (...args: string[]) => nowhere.run(...args);

describe('what is typed wrong ends with 2 before anything is asked', () => {
  test.each([
    ['papers.example.org', 'is no address'],
    ['ftp://papers.example.org', 'is no address'],
    ['https://me:secret@papers.example.org', 'without a name and a password'],
    ['https://papers.example.org/?a=b', 'without ? and #'],
    ['http://papers.example.org', 'PAPERBOY_INSECURE=1'],
  ])('--server %s', async (server, words) => {
    const { code, stderr } = await run('--server', server, 'topics', 'list');
    expect(code).toBe(2);
    expect(stderr).toContain(words);
    expect(stderr).not.toContain('secret');
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  test('a token that is missing', async () => {
    const terminal = openTerminal();
    const { code, stderr } = await terminal.run('--server', 'http://127.0.0.1:1', 'topics', 'list');
    terminal.remove();
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('PAPERBOY_TOKEN') });
  });

  test.each([['serve'], ['backup', 'x'], ['restore', 'x'], ['migrate'], ['ingest'], ['send'], ['demo']])(
    'a command that works where it is typed: %s',
    async (...words) => {
      const { code, stderr } = await run('--server', 'http://127.0.0.1:1', ...words);
      expect(code).toBe(2);
      expect(stderr).toBe(
        `error: \`paperboy ${words[0]}\` works on this machine alone: leave --server out, or run it where Paperboy runs\n`,
      );
    },
  );

  test('a plan, but for its dry run', async () => {
    const { code, stderr } = await run('--server', 'http://127.0.0.1:1', 'plan');
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('but for --dry-run') });
  });

  test('http:// to another machine, unless that is asked for', () => {
    const address = 'http://papers.example.org/below/api/v1/';
    expect(() => readServer(address, {})).toThrow('could read the token');
    expect(readServer(address, { PAPERBOY_INSECURE: '1' })).toBe('http://papers.example.org/below');
    for (const near of ['http://localhost:8080', 'http://127.1.2.3', 'http://[::1]:80'])
      expect(() => readServer(near, {})).not.toThrow();
    expect(() => readServer('http://127.0.0.1.example.org', {})).toThrow('could read the token');
  });

  test('a clock of its own', async () => {
    const at = ['--at', '2026-06-22T08:00:00Z'];
    const { code, stderr } = await run('--server', 'http://127.0.0.1:1', 'topics', 'remove', 'x', ...at);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('--at') });
  });
});

describe('a Paperboy', () => {
  let served: Awaited<ReturnType<typeof openServed>>;
  beforeAll(async () => {
    served = await openServed();
  }, 60_000);
  afterAll(() => served.close());

  test('says what a token may not do', async () => {
    expect(await served.as.read.run('topics', 'remove', 'agents')).toEqual({
      code: 1,
      stdout: '',
      stderr:
        'PAPERBOY_TOKEN may not do that: The token has not the scope “topics”. An admin can make one that has.\n',
    });
    expect((await served.as.read.run('topics', 'list')).code).toBe(0);
  });

  test('does not take a token that is none, and --json says so too', async () => {
    const { code, stdout, stderr } = await run('topics', 'list', '--json', '--server', served.url);
    expect(code).toBe(1);
    expect(stderr).toContain('does not take PAPERBOY_TOKEN: This token is unknown, expired or revoked.');
    expect(JSON.parse(stdout)).toEqual({ error: { name: 'CommandError', message: stderr.trim() } });
    expect(stdout + stderr).not.toContain('pb_x');
  });

  test('is found with the address of its API as well, and not below another path', async () => {
    const { code } = await served.terminal.run('--server', `${served.url}/api/v1/`, 'topics', 'list');
    expect(code).toBe(0);
    const lost = await served.terminal.run('--server', `${served.url}/papers`, 'topics', 'list');
    expect(lost).toMatchObject({ code: 1, stderr: expect.stringContaining('PUBLIC_URL') });
  });
});

describe('what is none, or is away', () => {
  const asked: IncomingMessage[] = [];
  let answer: RequestListener;
  let server: Server;
  let url: string;
  beforeAll(async () => {
    server = createServer((request, response) => {
      asked.push(request);
      request.resume();
      answer(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => void server.close());

  async function ask(reply: RequestListener, ...words: string[]) {
    answer = reply;
    asked.length = 0;
    return await run('--server', `${url}/below/`, ...(words.length > 0 ? words : ['topics', 'list']));
  }
  const topics = (text: string) => (_: unknown, response: Parameters<RequestListener>[1]) =>
    response.setHeader('Content-Type', 'application/json').end(text);

  test('nobody listens there', async () => {
    const gone = createServer();
    await new Promise<void>((resolve) => gone.listen(0, '127.0.0.1', resolve));
    const { port } = gone.address() as AddressInfo;
    await new Promise((resolve) => gone.close(resolve));
    expect(await run('--server', `http://127.0.0.1:${port}`, 'topics', 'list')).toEqual({
      code: 1,
      stdout: '',
      stderr: `127.0.0.1:${port} could not be asked: nothing listens there.\n`,
    });
  });

  test('the path before ours is kept, and the token goes in the header', async () => {
    expect((await ask(topics('{"topics":[],"next":null}'))).code).toBe(0);
    expect(asked[0]?.url).toBe('/below/api/v1/topics?limit=200');
    expect(asked[0]?.headers.authorization).toBe('Bearer pb_x');
  });

  test('nothing is asked where it leads on to', async () => {
    const { code, stderr } = await ask((_, response) =>
      response.writeHead(302, { Location: `${url}/elsewhere` }).end(),
    );
    expect(code).toBe(1);
    expect(stderr).toContain(`leads on to ${url}/elsewhere`);
    expect(asked).toHaveLength(1);
  });

  test.each([
    ['a page', (_: unknown, response: Parameters<RequestListener>[1]) => response.end('<html>')],
    ['JSON that breaks off', topics('{"topics":[')],
    ['JSON of another version', topics('{"topics":[{"id":1}],"next":null}')],
    [
      'an error of a proxy',
      (_: unknown, response: Parameters<RequestListener>[1]) => response.writeHead(404).end('no'),
    ],
  ])('%s is told as that', async (_, reply) => {
    const { code, stdout, stderr } = await ask(reply);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('does not answer as Paperboy');
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  test('no page is asked for that is not shown', async () => {
    const audit = (id: number) => ({
      ...{ id, at: '2026-06-22T08:00:00Z', actor: { kind: 'cli' }, actorName: null, act: 'add' },
      ...{ subject: { kind: 'topic', id: 1 }, subjectName: null, before: null, after: {} },
    });
    const page = topics(JSON.stringify({ changes: [audit(9), audit(8)], next: 'more' }));
    const { code, stdout } = await ask(page, 'audit', 'list', '--limit', '2', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toHaveLength(2);
    expect(asked.map((one) => one.url)).toEqual(['/below/api/v1/audit?limit=2']);
  });

  test('a list that breaks off is told as that: what came of it is not all', async () => {
    const { code, stderr } = await ask(
      (_, response) => {
        response.writeHead(200, { 'Content-Type': 'text/csv' });
        response.write('email\nada@example.org\n', () => response.destroy());
      },
      ...['subscribers', 'export'],
    );
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('the connection was lost') });
    expect(stderr).not.toContain('exported');
  });

  test('no more of a list is sent than a server takes', async () => {
    const piece = Buffer.alloc(1024 * 1024, 'a');
    const huge = openTerminal(
      { PAPERBOY_TOKEN: 'pb_x' },
      {
        stdin: (async function* () {
          for (let sent = 0; sent < 30; sent++) yield piece;
        })(),
      },
    );
    answer = () => {};
    const { code, stderr } = await huge.run('--server', url, 'subscribers', 'import', '-');
    huge.remove();
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('20 MB at most') });
  });

  test('a list that never gets further is left', async () => {
    const { code, stderr } = await ask(topics('{"topics":[],"next":"again"}'));
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('the same page') });
    expect(asked).toHaveLength(2);
  });

  test('what only looks is asked again when the connection is lost or the server is busy', async () => {
    const { code } = await ask((request, response) => {
      if (asked.length === 1) request.socket.destroy();
      else if (asked.length === 2) response.writeHead(503).end();
      else if (asked.length === 3) response.writeHead(429, { 'Retry-After': '2' }).end();
      else topics('{"topics":[],"next":null}')(request, response);
    });
    expect(code).toBe(0);
    expect(asked).toHaveLength(4);
  });

  test('what is done once by its key is asked again with the same key', async () => {
    await ask((request) => request.socket.destroy(), 'topics', 'merge', 'a', 'b');
    const keys = asked.map(({ headers }) => headers['idempotency-key']);
    expect(keys).toHaveLength(4);
    expect(new Set(keys).size).toBe(1);
    expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('a list is sent again, as it was and with the same key', async () => {
    const list = openTerminal(
      { PAPERBOY_TOKEN: 'pb_x' },
      {
        wait: async () => {},
        stdin: Readable.from([Buffer.from('email\n'), Buffer.from('ada@example.org\n')]),
      },
    );
    const lists: string[] = [];
    asked.length = 0;
    answer = async (request, response) => {
      let list = '';
      for await (const piece of request) list += piece;
      lists.push(list);
      if (lists.length === 1) return request.socket.destroy();
      const report = { lines: 1, added: 1, unchanged: 0, invalid: [] };
      response.setHeader('Content-Type', 'application/json').end(JSON.stringify(report));
    };
    const { code, stdout } = await list.run('--server', url, 'suppressions', 'import', '-');
    list.remove();
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('1') });
    expect(lists).toEqual(['email\nada@example.org\n', 'email\nada@example.org\n']);
    const keys = asked.map(({ headers }) => headers['idempotency-key']);
    expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/);
    expect(keys[1]).toBe(keys[0]);
  });

  const topic = {
    ...{ id: 1, slug: 'a', name: 'A', query: 'a', description: null, visibility: 'public' },
    ...{ ownerId: null, archivedAt: null, subscriptions: 3 },
  };

  test('an edit names the state that was seen; changed in between, it is told once', async () => {
    const { code, stderr } = await ask(
      (request, response) => {
        if (request.method === 'GET') {
          response.setHeader('ETag', '"seen"');
          return topics(JSON.stringify(topic))(request, response);
        }
        const problem = { type: 'x', title: 'x', status: 412, detail: 'x' };
        response.writeHead(412, { 'Content-Type': 'application/problem+json' }).end(JSON.stringify(problem));
      },
      ...['topics', 'edit', 'a', '--name', 'B'],
    );
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('by somebody else') });
    expect(asked.map(({ method, headers }) => [method, headers['if-match']])).toEqual([
      ['GET', undefined],
      ['PATCH', '"seen"'],
    ]);
  });

  test('an edit whose answer was lost is not done again, and what is known is said', async () => {
    const { stderr } = await ask(
      (request, response) => {
        if (request.method === 'GET') topics(JSON.stringify(topic))(request, response);
        else request.socket.destroy();
      },
      ...['topics', 'edit', 'a', '--name', 'B'],
    );
    expect(stderr).toContain('Whether it was done is not known');
    expect(asked).toHaveLength(2);
  });

  test('what the API finds wrong is told by the option it came from', async () => {
    const errors = [{ pointer: '#/query', detail: 'Expected less.' }];
    const problem = { type: 'x', title: 'x', status: 422, detail: '#/query: Expected less.', errors };
    const { stderr } = await ask(
      (request, response) => {
        if (request.method === 'GET') return topics('{"topics":[],"next":null}')(request, response);
        response.writeHead(422, { 'Content-Type': 'application/problem+json' }).end(JSON.stringify(problem));
      },
      ...['topics', 'add', 'a', '--name', 'A', '--query', 'a'],
    );
    expect(stderr).toBe('--query: Expected less.\n');
  });
});
