import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { suppressAddress } from '../../../src/bounces/suppress.ts';
import type { Store } from '../../../src/store/store.ts';
import { countSubscribers, findSubscriberByKey } from '../../../src/store/subscribers.ts';
import { findSubscribedTopics } from '../../../src/store/subscriptions.ts';
import { eraseSubscriber, unsubscribeSubscriber } from '../../../src/subscribers/status.ts';
import { addSomebody, monday, openTestStore } from '../../subscribers/people.ts';
import { storedPaper } from '../../support/papers.ts';
import { openSignUpWeb } from './sign-up-pages.ts';

let store: Store;
let site: Awaited<ReturnType<typeof openSignUpWeb>>;
beforeEach(async () => {
  store = await openTestStore();
  site = await openSignUpWeb(store);
});
afterEach(() => store.close());

const rows = () => store.raw.prepare('SELECT count(*) FROM sign_ups').pluck().get();
const tokenIn = (page: string) => /name="form_token" value="([^"]+)"/.exec(page)?.[1] ?? '';

describe('the form', () => {
  test('is shown with what most people want, and takes the address from the front page', async () => {
    const answer = await site.post('/subscribe', { email: 'ana@example.org' });
    const page = await answer.text();
    expect(answer.status).toBe(200);
    expect(answer.headers.get('Cache-Control')).toBe('no-store');
    expect(page).toContain('value="ana@example.org"');
    expect(page).toMatch(/value="everything" checked/);
    expect(page).not.toMatch(/value="agents" checked/);
    expect(rows()).toBe(0);
  });

  test('ticks the topic that a link names, and none that is not there', async () => {
    const page = await (await site.web.request('/subscribe?topic=agents&topic=%22%3E%3Cscript%3E')).text();
    expect(page).toMatch(/value="agents" checked/);
    expect(page).not.toContain('value="everything" checked');
    expect(page).not.toContain('"><script>');
  });

  test('gives up what was ticked by itself for what somebody chooses, also without scripts', async () => {
    const usual = { usual_topic: 'everything' };
    const shown = await (await site.web.request('/subscribe')).text();
    expect(shown).toContain('name="usual_topic" value="everything"');
    expect(shown).toContain('until you choose something else');
    const chosen = async (fields: Record<string, string | string[]>) => {
      const page = await (await site.post('/subscribe', await site.fill({ act: 'more', ...fields }))).text();
      return [...page.matchAll(/name="topic" value="([^"]+)" checked/g)].map((match) => match[1]);
    };
    expect(await chosen({ ...usual, topic: ['everything', 'agents'] })).toEqual(['agents']);
    expect(await chosen({ ...usual, topic: 'everything', sentence: 'I work on graphs' })).toEqual([]);
    expect(await chosen({ ...usual, topic: 'everything' })).toEqual(['everything']);
    // Ticked by themselves: a script, or the form as it comes back, has taken the mark away.
    expect(await chosen({ topic: ['everything', 'agents'] })).toEqual(['everything', 'agents']);
    await site.signUp({ ...usual, topic: ['everything', 'diffusion'] });
    const link = site.latestLink();
    const asked = await (await site.web.request(link)).text();
    expect(asked).toContain('About diffusion');
    expect(asked).not.toContain('Everything trending');
  });

  test('begins with the search that a link names, as text', async () => {
    const query = encodeURIComponent('"language model" </textarea><script>');
    const page = await (await site.web.request(`/subscribe?query=${query}`)).text();
    expect(page).toContain('>&quot;language model&quot; &lt;/textarea&gt;&lt;script&gt;</textarea>');
    expect(page).not.toMatch(/value="everything" checked/);
  });

  test('guesses language and time zone by what the browser says, for the script to know better', async () => {
    const page = async (language: string) =>
      (await site.web.request('/subscribe', { headers: { 'Accept-Language': language } })).text();
    const german = await page('de-AT,de;q=0.9,en;q=0.8');
    expect(german).toMatch(/value="de" selected/);
    expect(german).toMatch(/value="Europe\/Vienna" selected/);
    expect(german).toContain('data-guess="timezone"');
    expect(await page('en-US')).toMatch(/value="UTC" selected/);
    expect(await page('xx;;;q=,,\u0000'.replace('\u0000', '%'))).toMatch(/value="en" selected/);
  });

  test('comes back as it was filled in, with each problem at its field and where it is', async () => {
    const answer = await site.signUp({
      email: 'ana@',
      query: ['diffusion', 'lora AND (qlora'],
      time: '25:00',
      day: [],
    });
    const page = await answer.text();
    expect(answer.status).toBe(422);
    expect(page).toContain('id="email-problem"');
    expect(page).toContain('aria-describedby="time-problem"');
    expect(page).toContain('id="days-problem"');
    expect(page).toMatch(/id="query-1"[^>]* aria-invalid="true" aria-describedby="query-1-problem"/);
    expect(page).toContain('lora AND <mark>(</mark>qlora');
    // From the top of the page there is a way to each.
    for (const [, id] of page.matchAll(/<a href="#([\w-]+)">/g)) expect(page).toContain(`id="${id}"`);
    expect(page).toContain('<a href="#query-1">Another search</a>');
    expect(page).toContain('>diffusion</textarea>');
    expect(page).toMatch(/value="Europe\/Berlin" selected/);
    expect(rows()).toBe(0);
  });

  test('gets one more field for a search, without scripts', async () => {
    const filled = await site.fill({ query: ['one'], act: 'more' });
    const page = await (await site.post('/subscribe', filled)).text();
    expect(page.match(/name="query"/g)).toHaveLength(2);
    expect(rows()).toBe(0);
  });

  test.each([
    'email',
    'sentence',
    'query',
    'timezone',
    'time',
    'max_papers',
    'locale',
    'quiet_mail',
    'topic',
    'day',
    'act',
    'form_token',
  ])('shows what is typed into %s as text and nothing else', async (field) => {
    const evil = `"'><script>alert(1)</script><img src=x onerror=alert(1)> &lt;b&gt; {{7*7}}`;
    for (const path of ['/subscribe', '/subscribe/preview']) {
      const page = await (await site.post(path, await site.fill({ [field]: evil }))).text();
      expect(page).not.toContain('<script>alert');
      expect(page).not.toContain('<img src=x');
      expect(page).not.toContain('"\'>');
    }
  });

  test('is closed where sign-up is closed', async () => {
    const other = await openTestStore();
    const { web, post } = await openSignUpWeb(other, { signUp: 'closed' });
    expect(await (await web.request('/subscribe')).text()).toContain('is closed here');
    for (const path of ['/', '/topics', '/topics/agents', '/search?q=agents', '/confirm/x', '/nowhere'])
      expect(await (await web.request(path)).text()).not.toContain('/subscribe');
    expect(await (await web.request('/')).text()).toContain('adds its readers');
    expect((await post('/subscribe', { email: 'ana@example.org' })).status).toBe(403);
    await other.close();
  });
});

describe('the preview', () => {
  const paper = storedPaper({ id: 1, title: 'On $x^2$ & <b>bold</b>', paperUrl: 'javascript:alert(1)' });
  const note = {
    topics: ['<i>T</i>'],
    terms: [],
    changes: [],
    rising: false,
    percentile: 1,
    relevance: 1,
    score: 1,
  };

  test('shows what was chosen on the days it would have come, as text', async () => {
    site.world.preview = {
      ok: true,
      editions: [
        { date: '2026-06-22', dueAt: monday, papers: [{ ...paper, note }], more: 3 },
        { date: '2026-06-21', dueAt: null, papers: [], more: 0 },
      ],
    };
    const answer = await site.post(
      '/subscribe/preview',
      await site.fill({ query: 'lora', sentence: 'I work on graphs' }),
    );
    const fragment = await answer.text();
    expect(site.world.wishes[0]).toMatchObject({
      topics: [
        { name: 'About agents', query: 'agents' },
        { name: 'Graphs', query: 'like:"I work on graphs"' },
        { name: 'lora', query: 'lora' },
      ],
      ...{ timezone: 'Europe/Berlin', digestTime: '07:30', days: ['mon', 'tue'], maxPapers: 5 },
    });
    expect(fragment).toContain('1 mail with 1 paper');
    expect(fragment).toContain('3 further papers');
    expect(fragment).toContain('no digest on this day');
    expect(fragment).not.toMatch(/<b>bold|<i>T|javascript:|<html/);
    expect(rows()).toBe(0);
  });

  test('is read out as one sentence, in a place that the page had before', async () => {
    const page = await (await site.web.request('/subscribe')).text();
    expect(page.match(/role="status"|aria-live/g)).toEqual(['role="status"']);
    expect(page).toContain('<span id="preview-told" role="status">');
    const fragment = await (await site.post('/subscribe/preview', await site.fill())).text();
    expect(fragment).toContain(
      '<span id="preview-told" hx-swap-oob="innerHTML">Nothing in the last seven days.</span>',
    );
  });

  test('without scripts is shown by a button, and nothing is kept', async () => {
    const page = await (await site.post('/subscribe', await site.fill({ act: 'preview' }))).text();
    expect(site.world.wishes).toHaveLength(1);
    expect(page).toContain('Nothing in the last seven days');
    expect(rows()).toBe(0);
  });

  test.each([
    [{ ok: false as const, reason: 'busy' as const }, 503, 'cannot be shown just now'],
    [
      { ok: false as const, reason: 'failed' as const, message: 'secret path' },
      503,
      'cannot be shown just now',
    ],
  ])('that cannot be played says so: %j', async (preview, status, words) => {
    site.world.preview = preview;
    const answer = await site.post('/subscribe/preview', await site.fill());
    expect(answer.status).toBe(status);
    const text = await answer.text();
    expect(text).toContain(words);
    expect(text).not.toContain('secret');
  });

  test('leaves out another’s private topic and what is no query, and waits for a choice', async () => {
    const fragment = await (
      await site.post('/subscribe/preview', await site.fill({ topic: ['nope'], query: '((' }))
    ).text();
    expect(fragment).toContain('Choose a topic');
    expect(site.world.wishes).toEqual([]);
  });

  test('is limited', async () => {
    const filled = await site.fill();
    let last = await site.post('/subscribe/preview', filled);
    for (let times = 0; times < 100 && last.status === 200; times++)
      last = await site.post('/subscribe/preview', filled);
    expect(last.status).toBe(429);
    expect(Number(last.headers.get('Retry-After'))).toBeGreaterThan(0);
  });
});

describe('signing up', () => {
  test('mails a link; the page behind it has a button, and the button makes the subscriber', async () => {
    const answer = await site.signUp({ sentence: 'I work on protein folding.' });
    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain('look into your mailbox');
    const link = site.latestLink();
    for (let times = 0; times < 3; times++) expect((await site.web.request(link)).status).toBe(200);
    expect((await countSubscribers(store.db)).active).toBe(0);
    const shown = await site.web.request(link);
    const page = await shown.text();
    expect(shown.headers.get('Cache-Control')).toBe('no-store');
    expect(page).toContain('a…a@example.org');
    expect(page).not.toContain('ana@example.org');
    expect(page).toContain('Protein folding');
    const confirmed = await site.post(link, { form_token: tokenIn(page) });
    expect(await confirmed.text()).toContain('You are subscribed<');
    const ana = await findSubscriberByKey(store.db, 'ana@example.org');
    expect(ana).toMatchObject({
      status: 'active',
      timezone: 'Europe/Berlin',
      digestTime: '07:30',
      maxPapers: 5,
      locale: 'de',
    });
    const topics = (await findSubscribedTopics(store.db, [ana?.id ?? 0])).get(ana?.id ?? 0);
    expect(topics?.map(({ name }) => name).sort()).toEqual(['About agents', 'Protein folding']);
    const again = await (await site.post(link, { form_token: tokenIn(page) })).text();
    expect(again).toContain('subscribed already');
    expect((await countSubscribers(store.db)).active).toBe(1);
  });

  test('the button works only on its own page', async () => {
    await site.signUp();
    const link = site.latestLink();
    for (const form_token of ['', 'forged.abc', tokenIn(await (await site.web.request('/subscribe')).text())])
      expect((await site.post(link, { form_token })).status).toBe(403);
    const crossSite = await site.post(link, {}, { 'Sec-Fetch-Site': 'cross-site' });
    expect(crossSite.status).toBe(403);
    expect((await countSubscribers(store.db)).active).toBe(0);
  });

  test('answers in the same way for every address', async () => {
    await addSomebody(store, { email: 'known@example.org', topics: ['agents'] });
    await unsubscribeSubscriber(store.db, await addSomebody(store, { email: 'gone@example.org' }), monday);
    await eraseSubscriber(
      store.db,
      await addSomebody(store, { email: 'erased@example.org' }),
      monday,
      site.hashAddress,
    );
    await suppressAddress(store.db, site.hashAddress('bad@example.org'), null, monday);
    const answers = new Set<string>();
    for (const name of ['new', 'known', 'gone', 'erased', 'bad']) {
      const answer = await site.signUp({ email: `${name}@example.org` });
      const headers = [...answer.headers].filter(([header]) => header !== 'date');
      answers.add(JSON.stringify([answer.status, headers, (await answer.text()).replaceAll(name, 'NAME')]));
    }
    expect([...answers]).toHaveLength(1);
    expect(site.world.letters.map(({ to, letter }) => `${to.split('@')[0]} ${letter.kind}`)).toEqual([
      'new confirm',
      'known known',
      'gone confirm',
      'erased confirm',
    ]);
  });

  test('while the mail server is away is refused, for every address alike', async () => {
    site.world.canMail = false;
    await addSomebody(store, { email: 'known@example.org' });
    for (const email of ['known@example.org', 'new@example.org']) {
      const answer = await site.signUp({ email });
      expect(answer.status).toBe(503);
      expect(await answer.text()).toContain('try again in some minutes');
    }
    expect(rows()).toBe(0);
  });

  test('faster than anybody reads is asked to press again, and then works', async () => {
    const filled = await site.fill();
    const quick = await site.post('/subscribe', filled);
    expect(quick.status).toBe(422);
    site.world.now += 3_000;
    const again = await site.post('/subscribe', { ...filled, form_token: tokenIn(await quick.text()) });
    expect(again.status).toBe(200);
    expect(rows()).toBe(1);
  });

  test('of what fills in the field that nobody sees looks as if it worked', async () => {
    const [person, program] = [await site.signUp(), await site.signUp({ nick_name: 'Bob' })];
    expect(program.status).toBe(person.status);
    expect(await program.text()).toBe(await person.text());
    expect(rows()).toBe(1);
  });

  test('with a token that is missing, forged or old is not taken', async () => {
    const filled = await site.fill();
    site.world.now += 25 * 3_600_000;
    expect((await site.post('/subscribe', filled)).status).toBe(403);
    expect((await site.post('/subscribe', { ...filled, form_token: 'abc.def' })).status).toBe(403);
    expect((await site.post('/subscribe', filled, { 'Sec-Fetch-Site': 'cross-site' })).status).toBe(403);
    expect(rows()).toBe(0);
  });

  test.each(['x@example.org\r\nBcc: v@example.org', 'x@example.org, v@example.org', '"a b"@example.org'])(
    'does not take %j for an address',
    async (email) => {
      expect((await site.signUp({ email })).status).toBe(422);
      expect(site.world.letters).toEqual([]);
    },
  );

  // Ten thousand networks are in ../shell/limiter.test.ts.
  test('a thousand times from one network mails a few and keeps a few', async () => {
    const filled = await site.fill();
    site.world.now += 5_000;
    const statuses = new Map<number, number>();
    for (let times = 0; times < 1_000; times++) {
      const { status } = await site.post('/subscribe', { ...filled, email: `somebody${times}@example.org` });
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
    expect(statuses.get(200)).toBeLessThanOrEqual(20);
    expect(statuses.get(429)).toBeGreaterThanOrEqual(980);
    expect(rows()).toBeLessThanOrEqual(20);
  });

  test('from one block of networks is limited too, each network as the trusted proxy names it', async () => {
    const other = await openTestStore();
    const behind = await openSignUpWeb(other, { trustedProxies: 1 });
    const filled = await behind.fill();
    behind.world.now += 5_000;
    const ask = async (index: number, from: string) =>
      (
        await behind.post(
          '/subscribe',
          { ...filled, email: `s${index}@example.org` },
          { 'X-Forwarded-For': `1.2.3.4, ${from}` },
        )
      ).status;
    const statuses = [];
    for (let index = 0; index < 60; index++) statuses.push(await ask(index, `203.0.113.${index}`));
    expect(statuses.filter((status) => status === 200)).toHaveLength(40);
    expect(await ask(99, '198.51.100.1')).toBe(200);
    const refused = await behind.post(
      '/subscribe',
      { ...filled, email: 'x@example.org' },
      { 'X-Forwarded-For': '203.0.113.1' },
    );
    expect(Number(refused.headers.get('Retry-After'))).toBeGreaterThan(0);
    await other.close();
  });

  test('behind a proxy that nobody told of says so in the log, once', async () => {
    for (let times = 0; times < 2; times++) await site.signUp({}, { 'X-Forwarded-For': '203.0.113.1' });
    expect(site.world.problems).toHaveLength(1);
  });
});

describe('a link that leads nowhere', () => {
  test.each(['x', 'a'.repeat(32), '%3Cscript%3E', '..%2F..%2Fetc'])(
    '%s says so and helps on',
    async (token) => {
      const answer = await site.web.request(`/confirm/${token}`);
      expect(answer.status).toBe(404);
      const page = await answer.text();
      expect(page).toContain('/subscribe');
      expect(page).not.toContain('<script>');
    },
  );

  test('is what an old one becomes', async () => {
    await site.signUp();
    const link = site.latestLink();
    site.world.now += 8 * 24 * 3_600_000;
    expect((await site.web.request(link)).status).toBe(404);
  });

  test('tells who has unsubscribed since how to come back', async () => {
    await site.signUp();
    const link = site.latestLink();
    await site.post(link, { form_token: tokenIn(await (await site.web.request(link)).text()) });
    await unsubscribeSubscriber(
      store.db,
      (await findSubscriberByKey(store.db, 'ana@example.org'))?.id ?? 0,
      monday,
    );
    expect(await (await site.web.request(link)).text()).toContain('unsubscribed since');
    await suppressAddress(store.db, site.hashAddress('ben@example.org'), null, monday);
  });
});
