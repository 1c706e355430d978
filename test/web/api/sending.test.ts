import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fillWorld, openWorld, troubleWorld, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
  await fillWorld(world);
  await troubleWorld(world);
});
afterAll(() => world.close());

const find = async (query: string) => (await world.ask('GET', `/deliveries?${query}`)).json.deliveries;
const idOf = async (email: string) => (await find(`email=${email}`))[0].id as number;

describe('deliveries', () => {
  test('are found by what the pages find them by', async () => {
    expect(await find('status=failed')).toMatchObject([
      { email: 'refused-2@example.org', reason: 'message_refused', detail: expect.stringContaining('no') },
      { email: 'refused-1@example.org' },
    ]);
    expect(await find('email=ada@example.org&topic=all-of-it')).toMatchObject([
      { status: 'sent', editionDate: '2026-06-22', subscriberId: 1 },
    ]);
    expect(await find('run=1&limit=1')).toHaveLength(1);
    const wrong = await world.ask('GET', '/deliveries?email=nobody@example.org&topic=nonsense');
    expect(wrong.json.errors).toMatchObject([{ parameter: 'topic' }, { parameter: 'email' }]);
    const bogus = await world.ask('GET', '/deliveries?reason=bogus');
    expect(bogus).toMatchObject({ status: 400, json: { errors: [{ parameter: 'reason' }] } });
  });

  test('come with what came back about them', async () => {
    const { json } = await world.ask('GET', `/deliveries/${await idOf('back@example.org')}`);
    expect(json).toMatchObject({ delivery: { status: 'sent' }, returned: [{ class: 'hard', reply: '550' }] });
    expect((await world.ask('GET', '/deliveries/999')).status).toBe(404);
    const [bounce] = (await world.ask('GET', '/bounces?class=hard')).json.bounces;
    expect((await world.ask('GET', `/bounces/${bounce.id}`)).json).toEqual({
      ...bounce,
      delivery: { editionDate: '2026-06-22', status: 'sent' },
    });
  });

  test('that failed are retried, once, and only by who may send', async () => {
    const id = await idOf('refused-1@example.org');
    expect(await world.ask('POST', `/deliveries/${id}/retry`, { as: 'subscribers' })).toMatchObject({
      status: 403,
    });
    const retried = await world.ask('POST', `/deliveries/${id}/retry`);
    expect(retried.json).toMatchObject({ delivery: { status: 'pending' }, dropped: 0 });
    const again = await world.ask('POST', `/deliveries/${id}/retry`);
    expect(again).toMatchObject({ status: 409, json: { detail: expect.stringContaining('pending') } });
  });

  test('that are uncertain are resolved, and those that came back released', async () => {
    const id = await idOf('unheard-1@example.org');
    const resolved = await world.ask('POST', `/deliveries/${id}/resolve`, { body: { as: 'failed' } });
    expect(resolved.json).toMatchObject({ status: 'failed', reason: 'resolved_by_hand' });
    expect(await world.ask('POST', `/deliveries/${id}/resolve`, { body: { as: 'maybe' } })).toMatchObject({
      status: 422,
    });
    const back = await world.ask('POST', `/deliveries/${await idOf('back@example.org')}/release`);
    expect(back.json.papers).toBeGreaterThan(0);
  });

  test('are acted on all at once when it was said how many they are', async () => {
    const body = { act: 'resolve', as: 'sent', search: { date: '2026-06-22' } };
    const counted = await world.ask('POST', '/deliveries/many', { body });
    expect(counted.json).toMatchObject({ count: 1, done: 0 });
    expect(await find('status=uncertain')).toHaveLength(1);
    const done = await world.ask('POST', '/deliveries/many', {
      body: { ...body, upTo: counted.json.nextUpTo },
    });
    expect(done.json).toEqual({ count: null, done: 1, refused: 0, refusals: [], nextUpTo: null });
    expect(await world.ask('POST', '/deliveries/many', { body: { act: 'retry', as: 'sent' } })).toMatchObject(
      { status: 422 },
    );
  });
});

describe('mails', () => {
  test('are seen as they were sent, and as they would be', async () => {
    const id = await idOf('ada@example.org');
    const sent = await world.ask('GET', `/deliveries/${id}/mail`);
    expect(sent.json).toMatchObject({ subject: expect.any(String), html: expect.stringContaining('<html') });
    const planned = await world.ask('GET', '/subscribers/1/mail?date=2026-06-22');
    expect(planned.json).toMatchObject({
      ...{ date: '2026-06-22', deliveryId: id, subject: sent.json.subject },
      preheader: expect.any(String),
      papers: expect.arrayContaining([{ key: expect.any(String), title: expect.any(String) }]),
    });
    expect((await world.ask('GET', '/subscribers/1/mail?date=next')).json).toEqual(planned.json);
    const raw = await world.ask('GET', '/subscribers/1/mail.eml', { headers: { Accept: 'message/rfc822' } });
    expect(raw.headers.get('Content-Type')).toBe('message/rfc822');
    expect(Buffer.byteLength(raw.json)).toBe(planned.json.bytes.message);
    const none = await world.ask('GET', '/subscribers/1/mail?date=2026-06-20');
    expect(none).toMatchObject({ status: 404, json: { detail: expect.stringContaining('2026-06-20') } });
    const explained = await world.ask('GET', '/subscribers/1/next-digest');
    expect(explained.json).toMatchObject({ planned: true, noDigest: null, included: expect.any(Array) });
  });

  test('are sent as a test, ten in a quarter of an hour', async () => {
    const before = world.mailed.length;
    const send = (to: string) =>
      world.ask('POST', '/subscribers/1/test-mail', { body: { to, date: '2026-06-22' } });
    expect((await send('you@example.org')).json).toEqual({
      ...{ to: 'you@example.org', through: 'a test', reply: 'ok' },
      messageId: expect.stringMatching(/^<test-/),
    });
    expect(world.mailed.slice(before).map(({ to }) => to)).toEqual(['you@example.org']);
    expect(await send('nobody')).toMatchObject({ status: 409 });
    for (let n = 0; n < 8; n++) await send('you@example.org');
    expect((await send('you@example.org')).status).toBe(429);
  });

  test('that have to be chosen for it are asked for sixty times a minute at most', async () => {
    const statuses = new Set<number>();
    for (let n = 0; n < 62; n++)
      statuses.add((await world.ask('GET', '/subscribers/1/next-digest', { as: 'read' })).status);
    expect([...statuses]).toEqual([200, 429]);
  });

  test('are made of templates that can be read', async () => {
    const listed = await world.ask('GET', '/templates');
    expect(listed.json).toMatchObject({
      problems: [],
      templates: expect.arrayContaining([expect.objectContaining({ name: 'digest.mjml', isOwn: false })]),
    });
    expect((await world.ask('GET', '/templates/digest.mjml')).json.source).toContain('<mjml');
    expect((await world.ask('GET', '/templates/..%2Fpackage.json')).status).toBe(404);
  });
});

test('runs are listed by kind, each with its log and what became of its deliveries', async () => {
  const plans = await world.ask('GET', '/runs/plan?limit=1');
  expect(plans.json.runs).toMatchObject([{ kind: 'plan', state: 'ended', planned: 5 }]);
  const older = await world.ask('GET', `/runs/plan?cursor=${plans.json.next}`);
  const { id } = older.json.runs[0];
  expect((await world.ask('GET', `/runs/plan/${id}`)).json.deliveries).toEqual([
    { status: 'sent', reason: null, count: 2 },
    { status: 'skipped', reason: 'no_topics', count: 1 },
  ]);
  expect((await world.ask('GET', '/runs/ingest')).json.runs).toMatchObject([{ source: 'file', records: 28 }]);
  expect((await world.ask('GET', '/runs/send/1/log')).json).toEqual({ lines: expect.any(Array) });
  expect((await world.ask('GET', '/runs/nonsense')).status).toBe(404);
  expect((await world.ask('GET', '/runs/ingest?source=file')).json.runs).toHaveLength(1);
  const odd = await world.ask('GET', '/runs/plan?source=file');
  expect(odd).toMatchObject({ status: 400, json: { errors: [{ parameter: 'source' }] } });
});

test('papers are searched and shown with their signals', async () => {
  const found = await world.ask('GET', '/papers?query=low-rank&limit=2&sort=relevance');
  expect(found.json.papers).toHaveLength(2);
  const [{ key }] = found.json.papers;
  const one = await world.ask('GET', `/papers/${encodeURIComponent(key)}`);
  expect(one.json).toMatchObject({ paper: { key }, trend: { parts: expect.any(Array) } });
  expect((await world.ask('GET', '/papers?query=%28')).json.errors).toMatchObject([{ parameter: 'query' }]);
  expect((await world.ask('GET', '/papers/trending')).json).toMatchObject({ span: 'day', papers: [] });
  expect((await world.ask('GET', '/topics/all-of-it/papers')).json.papers.length).toBeGreaterThan(0);
});

test('an address is suppressed and let off again, with the reason', async () => {
  const body = { email: 'Never@example.org', note: 'asked by phone' };
  expect((await world.ask('POST', '/suppressions', { body })).json).toMatchObject({ added: true });
  expect((await world.ask('POST', '/suppressions', { body })).json).toMatchObject({ added: false });
  const listed = await world.ask('GET', '/suppressions?email=never@example.org');
  expect(listed.json.suppressions).toMatchObject([{ reason: 'manual', note: 'asked by phone', email: null }]);
  const lift = (email: string) => world.ask('POST', '/suppressions/lift', { body: { email, note: 'over' } });
  expect((await lift('never@example.org')).status).toBe(200);
  expect((await lift('never@example.org')).status).toBe(404);
});

test('the overview tells what today came to, and tokens tell no secret', async () => {
  const { json } = await world.ask('GET', '/overview?days=7');
  expect(json).toMatchObject({ timezone: 'UTC', today: { date: '2026-06-22' }, subscribers: { active: 8 } });
  expect(json.days).toHaveLength(7);
  const tokens = await world.ask('GET', '/tokens');
  expect(tokens.json.tokens).toHaveLength(5);
  expect(JSON.stringify(tokens.json)).not.toContain(world.tokens.read);
});

test('the audit log is read by who, what and when', async () => {
  const byTopic = await world.ask('GET', '/audit?about=topic&limit=1&day=2026-06-22');
  expect(byTopic.json.changes).toMatchObject([{ subject: { kind: 'topic' }, act: 'add' }]);
  expect(byTopic.json.next).toEqual(expect.any(String));
  expect((await world.ask('GET', '/audit?by=token&act=retry')).json.changes).toMatchObject([
    { actorName: 'all' },
  ]);
});

test('candidates are told by trend, page by page', async () => {
  const whole = (await world.ask('GET', '/papers/candidates?limit=200')).json.candidates;
  expect(whole.length).toBeGreaterThan(5);
  const scores = whole.map(({ score }: { score: number }) => score);
  expect(scores).toEqual(scores.toSorted((a: number, b: number) => b - a));
  const paged = [];
  for (let cursor = ''; ; ) {
    const { json } = await world.ask('GET', `/papers/candidates?limit=2${cursor}`);
    paged.push(...json.candidates);
    if (json.next === null) break;
    cursor = `&cursor=${json.next}`;
  }
  expect(paged).toEqual(whole);
  const { key } = whole[3].paper;
  const one = await world.ask('GET', `/papers/candidates?key=${encodeURIComponent(key)}`);
  expect(one.json).toEqual({ candidates: [whole[3]], next: null });
});
