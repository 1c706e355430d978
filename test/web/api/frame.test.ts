import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { revokeToken } from '../../../src/admins/tokens.ts';
import { listAudit } from '../../../src/store/audit-list.ts';
import { type Document, operationsOf } from './document.ts';
import { openWorld, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const topic = (slug: string) => ({ slug, name: slug, query: slug });

describe('the API lets in', () => {
  test('nobody without a token, and says how', async () => {
    const answer = await world.ask('GET', '/topics', { as: null });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('WWW-Authenticate')).toBe('Bearer realm="paperboy"');
    expect(answer.headers.get('Content-Type')).toBe('application/problem+json');
    expect(answer.json).toMatchObject({
      type: 'https://papers.example.org/api#problem-unauthorized',
      status: 401,
      detail: expect.stringContaining('Bearer pb_'),
    });
  });

  test('nobody by a cookie', async () => {
    const answer = await world.ask('GET', '/topics', {
      as: null,
      headers: { Cookie: `paperboy_session=${world.tokens.all}` },
    });
    expect(answer.status).toBe(401);
  });

  test('a token within its scope alone', async () => {
    expect((await world.ask('GET', '/topics', { as: 'read' })).status).toBe(200);
    const refused = await world.ask('POST', '/topics', { as: 'read', body: topic('x') });
    expect(refused.status).toBe(403);
    expect(refused.headers.get('WWW-Authenticate')).toContain('scope="topics"');
    expect((await world.ask('GET', '/topics', { as: 'topics' })).status).toBe(403);
  });

  test('nobody anywhere without a token, and a token that may look to nothing that changes anything', async () => {
    const { json } = await world.ask('GET', '/openapi.json', { as: null });
    for (const { path, method, operation } of operationsOf(json)) {
      const address = path.replaceAll(/\{[^}]+\}/g, '1');
      const ask = async (as: 'read' | null) =>
        (await world.ask(method.toUpperCase(), address, { as })).status;
      expect(await ask(null), operation.operationId).toBe(401);
      if (method !== 'get') expect(await ask('read'), operation.operationId).toBe(403);
      expect(operation.security?.[0]?.bearer[0] === 'read', operation.operationId).toBe(method === 'get');
    }
  });

  test('a wrong token some times, and then not at once again, while a good one of that network works', async () => {
    const other = await openWorld();
    const { request, tokens } = other;
    const wrong = () => request('/topics', { headers: { Authorization: `Bearer pb_${'x'.repeat(43)}` } });
    const statuses: number[] = [];
    for (let n = 0; n < 42; n++) statuses.push((await wrong()).status);
    expect(statuses.slice(0, 40)).toEqual(Array(40).fill(401));
    expect(statuses.at(-1)).toBe(429);
    expect((await wrong()).headers.get('Retry-After')).toMatch(/^\d+$/);
    const good = await request('/topics', { headers: { Authorization: `Bearer ${tokens.read}` } });
    expect(good.status).toBe(200);
    await other.close();
  });

  test('no token that was revoked', async () => {
    const other = await openWorld();
    await revokeToken(other.app.store.db, 1, 0);
    expect((await other.ask('GET', '/topics', { as: 'read' })).status).toBe(401);
    await other.close();
  });

  test('a program that says another origin, for it has a token', async () => {
    const answer = await world.ask('POST', '/topics', {
      body: topic('from-elsewhere'),
      headers: { Origin: 'https://elsewhere.example', 'Sec-Fetch-Site': 'cross-site' },
    });
    expect(answer.status).toBe(201);
    expect(answer.headers.get('Access-Control-Allow-Origin')).toBeNull();
  });
});

describe('the API says what is wrong with', () => {
  test('an unknown field, by its place', async () => {
    const answer = await world.ask('POST', '/topics', { body: { ...topic('y'), colour: 'red', 'a/b': 1 } });
    expect(answer.status).toBe(422);
    expect(answer.json.errors).toEqual([
      { pointer: '#/colour', detail: 'This is not known here.' },
      { pointer: '#/a~1b', detail: 'This is not known here.' },
    ]);
  });

  test('a field that is missing or of another kind', async () => {
    const answer = await world.ask('POST', '/topics', { body: { slug: 'y', name: 3 } });
    expect(answer.json.errors).toEqual([
      { pointer: '#/name', detail: expect.stringContaining('string') },
      { pointer: '#/query', detail: 'This is missing.' },
    ]);
  });

  test('a query, with the place drawn', async () => {
    const answer = await world.ask('POST', '/topics', { body: { ...topic('y'), query: 'gpt-4 AND (' } });
    expect(answer.status).toBe(422);
    expect(answer.json.errors).toEqual([{ pointer: '#/query', detail: expect.stringContaining('^') }]);
  });

  test('a parameter', async () => {
    for (const [query, parameter] of [
      ['?limit=9999', 'limit'],
      ['?limit=0', 'limit'],
      ['?cursor=abc', 'cursor'],
      ['?nonsense=1', 'nonsense'],
    ]) {
      const answer = await world.ask('GET', `/topics${query}`);
      expect(answer.status).toBe(400);
      expect(answer.json.errors).toMatchObject([{ parameter }]);
    }
  });

  test('what is no JSON, another kind of body, and too much of it', async () => {
    expect((await world.ask('POST', '/topics', { body: '{"slug"' })).status).toBe(400);
    const form = { headers: { 'Content-Type': 'application/x-www-form-urlencoded' }, body: 'slug=y' };
    expect((await world.ask('POST', '/topics', form)).status).toBe(415);
    expect((await world.ask('POST', '/topics', { body: ' '.repeat(300_000) })).status).toBe(413);
  });

  test('another form than JSON that is asked for', async () => {
    const accept = async (Accept: string) =>
      (await world.ask('GET', '/topics', { headers: { Accept } })).status;
    expect(await accept('text/html')).toBe(406);
    expect(await accept('application/json;q=0, */*')).toBe(406);
    expect(await accept('text/html, application/json;q=0.1')).toBe(200);
    expect(await accept('application/*')).toBe(200);
    expect(await accept('*/*')).toBe(200);
  });

  test('an address where nothing is, and a method that is not for one', async () => {
    expect((await world.ask('GET', '/nonsense')).status).toBe(404);
    expect((await world.ask('GET', '/topics/%FF')).status).toBe(404);
    expect((await world.ask('GET', '/topics/Not-A-Slug')).status).toBe(404);
    const refused = await world.ask('DELETE', '/topics');
    expect(refused.status).toBe(405);
    expect(refused.headers.get('Allow')).toBe('GET, HEAD, OPTIONS, POST');
    const options = await world.ask('OPTIONS', '/topics/x', { as: null });
    expect([options.status, options.headers.get('Allow')]).toEqual([204, 'GET, HEAD, OPTIONS, PATCH']);
  });
});

test('HEAD is answered as GET without its body, and nothing is kept by anybody', async () => {
  const head = await world.ask('HEAD', '/topics');
  expect([head.status, head.json]).toEqual([200, '']);
  for (const path of ['/topics', '/nonsense', '/openapi.json'])
    expect((await world.ask('GET', path)).headers.get('Cache-Control')).toBe('no-store');
});

describe('an edit', () => {
  test('says which state it is of', async () => {
    const added = await world.ask('POST', '/topics', { body: topic('edited') });
    const etag = added.headers.get('ETag') ?? '';
    const edit = (headers: Record<string, string>, name: string) =>
      world.ask('PATCH', '/topics/edited', { body: { name }, headers });
    expect((await edit({}, 'One')).status).toBe(428);
    const first = await edit({ 'If-Match': etag }, 'One');
    expect(first).toMatchObject({ status: 200, json: { name: 'One' } });
    const stale = await edit({ 'If-Match': etag }, 'Two');
    expect(stale.status).toBe(412);
    expect(stale.headers.get('ETag')).toBe(first.headers.get('ETag'));
    expect((await world.ask('GET', '/topics/edited')).json.name).toBe('One');
    expect((await edit({ 'If-Match': '*' }, 'Three')).status).toBe(200);
  });

  test('is written down in the name of the token', async () => {
    await world.ask('POST', '/topics', { as: 'topics', body: topic('audited') });
    const { entries } = await listAudit(world.app.store.db, { limit: 1 });
    expect(entries[0]).toMatchObject({ act: 'add', actor: { kind: 'token' }, actorName: 'topics' });
  });
});

describe('a request with a key', () => {
  const add = (key: string, slug: string) =>
    world.ask('POST', '/topics', { body: topic(slug), headers: { 'Idempotency-Key': key } });

  test('is done once, and answered the same again', async () => {
    const first = await add('k1', 'once');
    const again = await add('k1', 'once');
    expect(first.status).toBe(201);
    expect(again).toMatchObject({ status: 201, json: first.json });
    for (const name of ['Location', 'ETag', 'Content-Type'])
      expect(again.headers.get(name)).toBe(first.headers.get(name));
    expect(again.headers.get('Idempotency-Replayed')).toBe('true');
  });

  test('with that of another request is refused', async () => {
    await add('k2', 'two');
    const other = await add('k2', 'not-two');
    expect(other).toMatchObject({ status: 422, json: { type: expect.stringContaining('key-reused') } });
  });

  test('waits for nobody: while the first is under way it is told so', async () => {
    const both = await Promise.all([add('k3', 'three'), add('k3', 'three')]);
    expect(both.map(({ status }) => status).sort()).toEqual([201, 409]);
  });

  test('whose end is not known is not done again', async () => {
    await add('k4', 'four');
    world.app.store.raw
      .prepare("UPDATE request_keys SET status = NULL, headers = NULL, body = NULL WHERE key = 'k4'")
      .run();
    const again = await add('k4', 'four');
    expect(again).toMatchObject({ status: 409, json: { detail: expect.stringContaining('not known') } });
  });

  test('is forgotten after a day', async () => {
    await add('k5', 'five');
    world.wait(24 * 3_600_000);
    expect((await add('k5', 'other-than-five')).status).toBe(201);
  });

  test('of another token is another key', async () => {
    const key = { 'Idempotency-Key': 'k6' };
    await world.ask('POST', '/topics', { as: 'topics', body: topic('six'), headers: key });
    const other = await world.ask('POST', '/topics', { body: topic('not-six'), headers: key });
    expect(other.status).toBe(201);
  });

  test('that cannot be one is refused', async () => {
    expect((await add('x'.repeat(256), 'long')).status).toBe(400);
  });

  test('may be any POST that changes something, as the document says', async () => {
    const document = (await world.ask('GET', '/openapi.json')).json as Document;
    const without = operationsOf(document)
      .filter(({ method, operation }) => method === 'post' && operation.security?.[0]?.bearer[0] !== 'read')
      .filter(({ operation }) => !operation.parameters?.some(({ name }) => name === 'idempotency-key'));
    expect(without.map(({ path }) => path)).toEqual([]);
  });
});
