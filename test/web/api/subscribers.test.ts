import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fillWorld, openWorld, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
  await fillWorld(world);
});
afterAll(() => world.close());

const add = (email: string, more: object = {}) =>
  world.ask('POST', '/subscribers', { body: { email, ...more } });
const edit = (id: number, body: object) =>
  world.ask('PATCH', `/subscribers/${id}`, { body, headers: { 'If-Match': '*' } });
const emails = (json: { subscribers: { email: string }[] }) => json.subscribers.map(({ email }) => email);

describe('subscribers', () => {
  test('are listed from either end, page by page', async () => {
    const newest = await world.ask('GET', '/subscribers?limit=2');
    expect(emails(newest.json)).toEqual(['cleo@example.org', 'bob@example.org']);
    const rest = await world.ask('GET', `/subscribers?limit=2&cursor=${newest.json.next}`);
    expect(emails(rest.json)).toEqual(['ada@example.org']);
    expect(rest.json.next).toBeNull();
    const oldest = await world.ask('GET', '/subscribers?order=oldest&limit=1');
    expect(emails(oldest.json)).toEqual(['ada@example.org']);
    // A cursor of one order is none of the other.
    expect((await world.ask('GET', `/subscribers?cursor=${oldest.json.next}`)).status).toBe(400);
  });

  test('are found by what the pages find them by', async () => {
    const find = async (query: string) => emails((await world.ask('GET', `/subscribers?${query}`)).json);
    expect(await find('search=BOB')).toEqual(['bob@example.org']);
    expect(await find('topic=adapters')).toEqual(['bob@example.org']);
    expect(await find('digestSince=2026-06-22')).toEqual(['bob@example.org', 'ada@example.org']);
    expect(await find('noDigestSince=2026-06-22')).toEqual(['cleo@example.org']);
    expect(await find('email=Ada@EXAMPLE.org')).toEqual(['ada@example.org']);
    expect(await find('email=nobody@example.org')).toEqual([]);
    expect((await world.ask('GET', '/subscribers/count?status=active')).json).toEqual({
      count: 3,
      isCapped: false,
    });
    const wrong = await world.ask('GET', '/subscribers?topic=nonsense&timezone=Mars');
    expect(wrong.json.errors).toMatchObject([{ parameter: 'topic' }, { parameter: 'timezone' }]);
  });

  test('are added with what is not given as the settings say', async () => {
    const added = await add('dora@example.org', {
      topics: ['agents'],
      quietMail: true,
      days: ['mon', 'tue'],
    });
    expect(added.status).toBe(201);
    expect(added.json).toMatchObject({
      status: 'active',
      time: '08:00',
      quietMail: true,
      days: ['mon', 'tue'],
      topics: ['agents'],
    });
    expect(added.headers.get('Location')).toBe(
      `https://papers.example.org/api/v1/subscribers/${added.json.id}`,
    );
  });

  test('are not added when something stands against it, and all of that is told', async () => {
    const refused = await add('nobody', { topics: ['nonsense'], timezone: 'Mars/Base' });
    expect(refused.status).toBe(422);
    expect(refused.json.errors.map((one: { pointer: string }) => one.pointer).sort()).toEqual([
      '#/email',
      '#/timezone',
      '#/topics',
    ]);
    const there = await add('ada@example.org');
    expect(there).toMatchObject({ status: 422, json: { detail: 'ada@example.org is there already.' } });
    expect(there.json.errors).toEqual([
      {
        pointer: '#/email',
        detail: 'ada@example.org is there already.',
        remedy: '`editSubscriber` changes them.',
        about: { kind: 'there', email: 'ada@example.org', subscriberId: 1 },
      },
    ]);
  });

  test('are edited as they were seen', async () => {
    const { json, headers } = await world.ask('GET', '/subscribers/2');
    expect(json).toMatchObject({ email: 'bob@example.org', suppressed: null });
    const etag = headers.get('ETag') ?? '';
    const edited = await world.ask('PATCH', '/subscribers/2', {
      body: { time: '07:30' },
      headers: { 'If-Match': etag },
    });
    expect(edited.json).toMatchObject({ time: '07:30', timezone: 'Europe/Berlin' });
    const again = await world.ask('PATCH', '/subscribers/2', {
      body: { time: '06:30' },
      headers: { 'If-Match': etag },
    });
    expect(again.status).toBe(412);
    expect((await edit(2, { addTopics: ['agents'], removeTopics: ['adapters'] })).json.topics).toEqual([
      'agents',
    ]);
    expect(await edit(999, { time: '07:30' })).toMatchObject({ status: 404 });
  });

  test('are paused until a date, resumed, unsubscribed and brought back', async () => {
    const { id } = (await add('eve@example.org', { topics: ['agents'] })).json;
    const act = (name: string, body?: object) => world.ask('POST', `/subscribers/${id}/${name}`, { body });
    expect((await act('pause', { until: '2026-07-01' })).json).toMatchObject({
      changed: true,
      subscriber: { status: 'paused', resumeDate: '2026-07-01', nextDueAt: null },
    });
    expect((await act('pause', { until: '2020-01-01' })).json.errors).toMatchObject([{ pointer: '#/until' }]);
    expect((await act('resume')).json).toMatchObject({ changed: true, subscriber: { status: 'active' } });
    expect((await act('resume')).json).toMatchObject({ changed: false });
    expect((await act('unsubscribe')).json).toMatchObject({
      subscriber: { status: 'unsubscribed', topics: [] },
    });
    expect((await act('resubscribe')).json).toMatchObject({
      subscriber: { status: 'active', topics: ['agents'] },
    });
  });

  test('are erased, and so is what was answered about them', async () => {
    const key = { 'Idempotency-Key': 'gone' };
    const body = { email: 'gone@example.org' };
    const { id } = (await world.ask('POST', '/subscribers', { body, headers: key })).json;
    expect((await world.ask('DELETE', `/subscribers/${id}`)).status).toBe(428);
    const erased = await world.ask('DELETE', `/subscribers/${id}`, { headers: { 'If-Match': '*' } });
    expect(erased.json).toEqual({ id, status: 'erased' });
    expect((await world.ask('GET', `/subscribers/${id}`)).json).toMatchObject({ status: 'erased' });
    expect((await world.ask('POST', `/subscribers/${id}/pause`)).status).toBe(409);
    const kept = JSON.stringify(world.app.store.raw.prepare('SELECT * FROM request_keys').all());
    expect(kept).not.toContain('gone@');
  });
});

test('a story tells what there is, and why there was a digest or none', async () => {
  const { json } = await world.ask('GET', '/subscribers/1/story');
  expect(json.deliveries).toMatchObject([{ editionDate: '2026-06-22', status: 'sent' }]);
  expect(json.subscriptions.map((one: { topic: string }) => one.topic).sort()).toEqual([
    'all-of-it',
    'own-1',
  ]);
  expect(json.changes).toMatchObject([{ act: 'add', actor: { kind: 'system' } }]);
  const why = await world.ask('GET', '/subscribers/1/why?date=2026-06-22');
  expect(why.json).toMatchObject({ outcome: 'sent', delivery: { subscriberId: 1 } });
  const none = await world.ask('GET', '/subscribers/1/why?date=2026-06-21');
  expect(none.json).toMatchObject({ outcome: 'none', delivery: null, sentence: expect.any(String) });
});

async function untilDone(location: string | null) {
  for (;;) {
    const { json } = await world.ask('GET', (location ?? '').split('/api/v1')[1] ?? '');
    if (json.state !== 'running') return json;
    // It goes on between requests.
    await setImmediate();
  }
}

describe('a change for many', () => {
  test('is counted first, and done when that number is named', async () => {
    const change = { filter: { search: '@example.org' }, act: 'add_topic', topic: 'reasoning' };
    const asked = await world.ask('POST', '/subscribers/bulk', { body: change });
    expect(asked.status).toBe(200);
    const { count } = asked.json;
    expect(
      await world.ask('POST', '/subscribers/bulk', { body: { ...change, expected: count + 1 } }),
    ).toMatchObject({ status: 409 });
    const begun = await world.ask('POST', '/subscribers/bulk', { body: { ...change, expected: count } });
    expect(begun.status).toBe(202);
    expect(await untilDone(begun.headers.get('Location'))).toMatchObject({
      state: 'done',
      result: { changed: count },
    });
  });

  test('needs to be told for whom', async () => {
    const body = { act: 'pause' };
    expect(await world.ask('POST', '/subscribers/bulk', { body })).toMatchObject({ status: 422 });
    const both = { ...body, ids: [1], filter: {} };
    expect(await world.ask('POST', '/subscribers/bulk', { body: both })).toMatchObject({ status: 422 });
  });
});

test('a list is uploaded, looked at, and imported', async () => {
  const csv = 'E-mail,Zone,Topic\nfred@example.org,Asia/Tokyo,agents\nnobody,UTC,\n';
  const headers = { 'Content-Type': 'text/csv; charset=utf-8' };
  const kept = await world.ask('POST', '/subscribers/imports', { body: csv, headers });
  expect(kept.json.columns).toMatchObject([
    { name: 'E-mail', field: 'email', examples: ['fred@example.org', 'nobody'] },
    { name: 'Zone', field: null },
    { name: 'Topic', field: 'topics' },
  ]);
  const run = (body: object) => world.ask('POST', `/subscribers/imports/${kept.json.id}/run`, { body });
  const columns = ['email', 'timezone', 'topics'];
  expect(await run({ dryRun: true, columns: [null, null, null] })).toMatchObject({ status: 422 });
  const dry = await run({ dryRun: true, columns });
  expect(await untilDone(dry.headers.get('Location'))).toMatchObject({
    result: { dryRun: true, lines: 2, added: 1, invalid: 1, looked: [{ line: 2 }, { line: 3 }] },
  });
  expect(emails((await world.ask('GET', '/subscribers?search=fred')).json)).toEqual([]);
  await untilDone((await run({ dryRun: false, columns })).headers.get('Location'));
  expect((await world.ask('GET', '/subscribers?search=fred')).json.subscribers).toMatchObject([
    { timezone: 'Asia/Tokyo' },
  ]);
  const report = await world.request(`/subscribers/imports/${kept.json.id}/report.csv`, {
    headers: { Authorization: `Bearer ${world.tokens.read}` },
  });
  expect(await report.text()).toContain('fred@example.org,added');
  expect(await run({ dryRun: true })).toMatchObject({ status: 404 });
});

describe('a list with a key of its own', () => {
  const post = (path: string, body: string | Uint8Array, key: string) =>
    world.ask('POST', path, { body, headers: { 'Content-Type': 'text/csv', 'Idempotency-Key': key } });

  test('is kept once, as long as it is kept at all', async () => {
    const csv = 'email\ngwen@example.org\n';
    const first = await post('/subscribers/imports', csv, 'list');
    const again = await post('/subscribers/imports', csv, 'list');
    expect(again).toMatchObject({ status: 201, json: { id: first.json.id } });
    expect(again.headers.get('Idempotency-Replayed')).toBe('true');
    expect(again.headers.get('Location')).toBe(first.headers.get('Location'));
    // Other bytes, though both are the same text.
    const odd = (byte: number) => new Uint8Array([...Buffer.from(csv), byte]);
    expect((await post('/subscribers/imports', odd(0xff), 'odd')).status).toBe(201);
    expect(await post('/subscribers/imports', odd(0xfe), 'odd')).toMatchObject({
      status: 422,
      json: { type: expect.stringContaining('key-reused') },
    });
    world.wait(2 * 3_600_000);
    expect((await post('/subscribers/imports', csv, 'list')).json.id).not.toBe(first.json.id);
  });

  test('suppresses once', async () => {
    const csv = 'email\nhope@example.org\n';
    expect((await post('/suppressions/import', csv, 'bounced')).json).toMatchObject({ added: 1 });
    expect((await post('/suppressions/import', csv, 'bounced')).json).toMatchObject({ added: 1 });
    expect((await post('/suppressions/import', csv, 'another')).json).toMatchObject({
      added: 0,
      unchanged: 1,
    });
    expect((await post('/suppressions/import', csv, 'no key')).status).toBe(400);
  });

  test('is not remembered by it once somebody in it is erased', async () => {
    await post('/subscribers/imports', 'email\nIVY@example.org\n', 'ivy');
    const ivy = await world.ask('POST', '/subscribers', {
      body: { email: 'ivy@example.org', topics: ['all-of-it'] },
    });
    const headers = { 'If-Match': ivy.headers.get('ETag') ?? '' };
    expect((await world.ask('DELETE', `/subscribers/${ivy.json.id}`, { headers })).status).toBe(200);
    expect(
      world.app.store.raw.prepare("SELECT count(*) FROM request_keys WHERE key = 'ivy'").pluck().get(),
    ).toBe(0);
  });
});

test('a list that is none, or of another kind, is refused', async () => {
  const upload = (body: string, type: string) =>
    world.ask('POST', '/subscribers/imports', { body, headers: { 'Content-Type': type } });
  expect((await upload('name\nx\n', 'application/json')).status).toBe(415);
  expect((await upload('', 'text/csv')).status).toBe(422);
});

test('an export streams as CSV or as JSON lines', async () => {
  const read = async (path: string, accept?: string) =>
    await world.request(path, {
      headers: { Authorization: `Bearer ${world.tokens.read}`, ...(accept ? { Accept: accept } : {}) },
    });
  const csv = await read('/subscribers/export.csv');
  expect(csv.headers.get('Content-Type')).toContain('text/csv');
  expect(await csv.text()).toMatch(/^email,timezone,time,days,max_papers,topics\nada@example\.org/);
  const lines = (await (await read('/subscribers/export.jsonl?search=ada')).text()).trim().split('\n');
  expect(lines.map((text) => JSON.parse(text).email)).toEqual(['ada@example.org']);
  expect((await read('/subscribers/export.csv', 'application/json')).status).toBe(406);
  const head = await world.ask('HEAD', '/subscribers/export.csv', { headers: { Accept: 'text/csv' } });
  expect([head.status, head.headers.get('Content-Type')]).toEqual([200, 'text/csv; charset=utf-8']);
});
