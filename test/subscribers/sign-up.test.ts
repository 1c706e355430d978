import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { suppressAddress } from '../../src/bounces/suppress.ts';
import { type Letter, loadLetterTemplates, renderLetter } from '../../src/digest/letter.ts';
import { composeNotice } from '../../src/mail/notice.ts';
import type { Outcome } from '../../src/mail/transport.ts';
import { listConsents, listOpenSignUps, pruneSignUps } from '../../src/store/sign-ups.ts';
import type { Store } from '../../src/store/store.ts';
import { countSubscribers, findSubscriberByKey } from '../../src/store/subscribers.ts';
import { findSubscribedTopics } from '../../src/store/subscriptions.ts';
import { findSuppressed, insertSuppressions } from '../../src/store/suppressions.ts';
import { removeTopic } from '../../src/store/topic-archive.ts';
import { listTopics } from '../../src/store/topics.ts';
import { confirmSignUp, findSignUp } from '../../src/subscribers/confirm.ts';
import { makeConfirmLink } from '../../src/subscribers/confirm-link.ts';
import { mailSignUps } from '../../src/subscribers/mail-sign-ups.ts';
import { addOwnTopic, ownTopicLimits } from '../../src/subscribers/own-topics.ts';
import { type SignUpInput, signUp, signUpLimits } from '../../src/subscribers/sign-up.ts';
import { eraseSubscriber, pauseSubscriber, unsubscribeSubscriber } from '../../src/subscribers/status.ts';
import { editSubscriber } from '../../src/subscribers/subscribers.ts';
import { addSomebody, defaults, hashAddress, monday, openTestStore } from './people.ts';

let store: Store;
let now: number;
let letters: { to: string; letter: Letter; token: string }[];
let outcome: Outcome['kind'];
let canMail: boolean;
beforeEach(async () => {
  store = await openTestStore();
  now = monday;
  letters = [];
  outcome = 'sent';
  canMail = true;
});
afterEach(() => store.close());

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const reply = { phase: 'reply' as const, code: 250, enhanced: null, text: '' };
const ask = (input: Partial<SignUpInput> = {}) =>
  signUp(
    { db: store.db, now, defaults, canMail: async () => canMail },
    { email: 'ana@example.org', topics: ['agents'], own: [], ...input },
  );
const mail = () =>
  mailSignUps({
    db: store.db,
    now: () => now,
    hashAddress,
    confirmUrl: (token) => `https://papers.example/confirm/${token}`,
    preferencesUrl: ({ id }) => `https://papers.example/preferences/${id}`,
    async mail(to, letter) {
      letters.push({ to, letter, token: letter.url.split('/').at(-1) ?? '' });
      const kinds: Record<Outcome['kind'], Outcome> = {
        sent: { kind: 'sent', reply },
        retry: { kind: 'retry', reply },
        uncertain: { kind: 'uncertain', reply },
        failed: { kind: 'failed', reason: 'recipient_refused', reply },
        stop: { kind: 'stop', cause: 'unreachable', reply },
      };
      return kinds[outcome];
    },
  });
const link = async (input: Partial<SignUpInput> = {}) => {
  expect(await ask(input)).toEqual({ ok: true });
  await mail();
  return letters.at(-1)?.token ?? '';
};
const confirm = (token: string) => confirmSignUp({ db: store.db, now, hashAddress, defaults }, token);
const look = (token: string) => findSignUp({ db: store.db, now, hashAddress }, token);
const ana = () => findSubscriberByKey(store.db, 'ana@example.org');
const topicsOf = async (id: number | undefined) =>
  ((await findSubscribedTopics(store.db, [id ?? 0])).get(id ?? 0) ?? []).map(({ name }) => name);
const rows = () => store.raw.prepare('SELECT * FROM sign_ups ORDER BY id').all() as Record<string, unknown>[];

describe('signing up', () => {
  test('makes nobody a subscriber and no topic before it is confirmed', async () => {
    const token = await link({
      own: [{ kind: 'query', text: 'lora' }],
      timezone: 'asia/kolkata',
      time: '7:30',
    });
    expect((await countSubscribers(store.db)).active).toBe(0);
    expect(await listTopics(store.db)).toHaveLength(3);
    expect(letters).toMatchObject([
      { to: 'ana@example.org', letter: { kind: 'confirm', expiresAt: now + 7 * dayMs } },
    ]);
    expect(await look(token)).toMatchObject({
      state: 'open',
      email: 'ana@example.org',
      wishes: { topics: ['agents'], settings: { timezone: 'Asia/Kolkata', digestTime: '07:30' } },
    });
    expect(await look(token)).toMatchObject({ state: 'open' });
  });

  test('tells every problem and then keeps nothing', async () => {
    const result = await ask({
      email: 'a b@c',
      topics: ['agents', 'no-such'],
      timezone: 'Mars',
      own: [
        { kind: 'query', text: 'fine' },
        { kind: 'query', text: 'lora AND' },
      ],
    });
    expect(result).toMatchObject({
      reason: 'problems',
      problems: [{ field: 'email' }, { field: 'timezone' }, { field: 'own', index: 1 }, { field: 'topics' }],
    });
    expect(rows()).toEqual([]);
  });

  test('wants a topic, and takes one of one’s own for it', async () => {
    expect(await ask({ topics: [] })).toMatchObject({ reason: 'problems', problems: [{ field: 'topics' }] });
    expect(await ask({ topics: [], own: [{ kind: 'sentence', text: 'protein folding' }] })).toEqual({
      ok: true,
    });
    const many = Array.from({ length: ownTopicLimits.live + 1 }, (_, index) => ({
      kind: 'query' as const,
      text: `word${index}`,
    }));
    expect(await ask({ own: many })).toMatchObject({ reason: 'problems' });
  });

  test('another’s private topic is none', async () => {
    const ben = await addSomebody(store, { email: 'ben@example.org' });
    const own = await addOwnTopic(store.db, ben, { kind: 'query', text: 'secret' }, now);
    expect(await ask({ topics: [own.ok ? own.topic.slug : ''] })).toMatchObject({ reason: 'problems' });
  });

  test('while no mail can go out nothing is kept, whoever asks', async () => {
    canMail = false;
    await addSomebody(store, { email: 'known@example.org' });
    for (const email of ['known@example.org', 'new@example.org'])
      expect(await ask({ email })).toEqual({ ok: false, reason: 'no_mail' });
    expect(rows()).toEqual([]);
  });
});

describe('nobody learns from the answer who is known', () => {
  test('the same is answered and the same is asked of the database for each kind of address', async () => {
    const known = await addSomebody(store, { email: 'known@example.org', topics: ['agents'] });
    await pauseSubscriber(store.db, await addSomebody(store, { email: 'paused@example.org' }), now);
    await unsubscribeSubscriber(store.db, await addSomebody(store, { email: 'left@example.org' }), now);
    await eraseSubscriber(
      store.db,
      await addSomebody(store, { email: 'erased@example.org' }),
      now,
      hashAddress,
    );
    await suppressAddress(store.db, hashAddress('complained@example.org'), null, now);
    const asked: string[] = [];
    const prepare = store.raw.prepare.bind(store.raw);
    store.raw.prepare = (sql: string) => {
      asked.push(sql);
      return prepare(sql);
    };
    const answers = [];
    for (const name of ['new', 'known', 'paused', 'left', 'erased', 'complained']) {
      const answer = await ask({ email: `${name}@example.org` });
      answers.push(JSON.stringify(answer));
    }
    expect(new Set(answers)).toEqual(new Set(['{"ok":true}']));
    // Not only the answer: nothing is looked up that could make it take longer for one than for another.
    expect(asked.filter((sql) => /subscribers|suppressions/.test(sql))).toEqual([]);
    store.raw.prepare = prepare;
    await mail();
    expect(letters.map(({ to, letter }) => [to.split('@')[0], letter.kind])).toEqual([
      ['new', 'confirm'],
      ['known', 'known'],
      ['paused', 'known'],
      ['left', 'confirm'],
      ['erased', 'confirm'],
    ]);
    expect(letters[1]?.letter.url).toBe(`https://papers.example/preferences/${known}`);
    // What is not confirmed by a link is not kept any longer.
    expect(
      rows()
        .filter(({ mail: fate }) => fate !== 'confirm')
        .map(({ wishes }) => wishes),
    ).toEqual(['{}', '{}', '{}']);
  });

  test('an address gets three mails a day at most, and nobody is told', async () => {
    for (let times = 0; times < 10; times++) expect(await ask()).toEqual({ ok: true });
    await addSomebody(store, { email: 'known@example.org' });
    for (let times = 0; times < 10; times++)
      expect(await ask({ email: 'KNOWN@example.org' })).toEqual({ ok: true });
    await mail();
    expect(letters.filter(({ to }) => to === 'ana@example.org')).toHaveLength(signUpLimits.mailsADay);
    expect(letters.filter(({ to }) => to === 'known@example.org')).toHaveLength(signUpLimits.mailsADay);
    now += dayMs + 1;
    await link();
    expect(letters).toHaveLength(2 * signUpLimits.mailsADay + 1);
  });
});

describe('the mail', () => {
  test('holds nothing that was typed but the address it goes to', async () => {
    const typed = 'EVIL https://spam.example "><script>';
    await link({
      own: [
        { kind: 'sentence', text: `${typed} sentence`, name: `${typed} name` },
        { kind: 'query', text: '"EVIL query"' },
      ],
      locale: 'de',
      timezone: 'Asia/Kolkata',
    });
    const templates = await loadLetterTemplates(new URL('../../templates', import.meta.url).pathname);
    const site = {
      sender: { name: 'Paperboy', address: 'p@papers.example' },
      home: 'https://papers.example/',
    };
    const { letter, to } = letters[0] as (typeof letters)[number];
    const rendered = renderLetter(templates, letter, site);
    expect(rendered.subject).toBe('Bitte bestätigen Sie Ihr Abonnement');
    const { raw } = composeNotice({ to, ...rendered }, site.sender, now);
    expect(raw.toString().replaceAll('=\r\n', '')).not.toMatch(/EVIL|spam\.example|<script>|Kolkata/);
  });

  test.each([
    'a@example.org\r\nBcc: victim@example.org',
    'a@example.org%0d%0aBcc:x',
    'a,b@example.org',
    '<a@example.org>, b@example.org',
  ])('is not sent to %j', async (email) => {
    expect(await ask({ email })).toMatchObject({ reason: 'problems', problems: [{ field: 'email' }] });
  });

  test('is tried again when the server did not take it, with another link, and given up in the end', async () => {
    outcome = 'retry';
    await ask();
    expect(await mail()).toEqual({ mailed: 0, putOff: 1, notMailed: 0 });
    expect(await mail()).toEqual({ mailed: 0, putOff: 0, notMailed: 0 });
    now += 61_000;
    outcome = 'sent';
    expect(await mail()).toEqual({ mailed: 1, putOff: 0, notMailed: 0 });
    expect(await look(letters[0]?.token ?? '')).toEqual({ state: 'unknown' });
    expect(await look(letters[1]?.token ?? '')).toMatchObject({ state: 'open' });
    outcome = 'stop';
    await ask();
    for (let times = 0; times < 40; times++, now += 5 * 60_000) await mail();
    expect(rows()[1]).toMatchObject({ mail: 'failed', mail_at: null, wishes: '{}' });
  });

  test('that may have arrived has a link that works', async () => {
    outcome = 'uncertain';
    expect(await look(await link())).toMatchObject({ state: 'open' });
    expect(await mail()).toEqual({ mailed: 0, putOff: 0, notMailed: 0 });
  });

  test('goes out once, however many processes send', async () => {
    await ask();
    const reports = await Promise.all([mail(), mail(), mail()]);
    expect(reports.reduce((sum, { mailed }) => sum + mailed, 0)).toBe(1);
    expect(letters).toHaveLength(1);
  });

  test('of a process that died is sent by the next one', async () => {
    await ask();
    await mailSignUps({
      ...{ db: store.db, now: () => now, hashAddress },
      ...{ confirmUrl: (token) => `https://papers.example/${token}`, preferencesUrl: () => '' },
      mail: () => Promise.reject(new Error('killed')),
    }).catch(() => {});
    expect(await mail()).toMatchObject({ mailed: 0 });
    now += 10 * 60_000;
    expect(await mail()).toMatchObject({ mailed: 1 });
  });
});

describe('confirming', () => {
  test('makes a subscriber with all that was asked for, and keeps that they wanted it', async () => {
    const token = await link({
      topics: ['agents', 'robotics'],
      own: [{ kind: 'sentence', text: 'I work on protein folding.' }],
      ...{
        timezone: 'Asia/Kolkata',
        time: '07:30',
        days: ['mon', 'thu'],
        maxPapers: '5',
        locale: 'de',
        quietMail: 'yes',
      },
    });
    now += hourMs;
    expect(await confirm(token)).toMatchObject({ state: 'subscribed' });
    const subscriber = await ana();
    expect(subscriber).toMatchObject({
      status: 'active',
      ...{ timezone: 'Asia/Kolkata', digestTime: '07:30', days: ['mon', 'thu'], maxPapers: 5 },
      ...{ locale: 'de', quietMail: true },
      nextDueAt: Date.parse('2026-06-25T02:00:00Z'),
    });
    expect(await topicsOf(subscriber?.id)).toEqual(['About agents', 'Protein folding', 'About robotics']);
    expect(await listConsents(store.db, subscriber?.id ?? 0)).toEqual([
      { askedAt: monday, givenAt: now, linkHash: expect.stringMatching(/^[0-9a-f]{64}$/) },
    ]);
    expect(rows()[0]).toMatchObject({ wishes: '{}', subscriber_id: subscriber?.id });
    const audit = store.raw.prepare("SELECT act, actor FROM admin_audit WHERE subject = 'subscriber'").all();
    expect(audit).toEqual([{ act: 'confirm', actor: 'system' }]);
  });

  test('twice, or twice at once, changes nothing more', async () => {
    const token = await link();
    const both = await Promise.all([confirm(token), confirm(token), confirm(token)]);
    expect(both.map(({ state }) => state).sort()).toEqual(['subscribed', 'used', 'used']);
    expect((await countSubscribers(store.db)).active).toBe(1);
    expect(await listConsents(store.db, (await ana())?.id ?? 0)).toHaveLength(1);
  });

  test('leaves nothing of its address with who has moved since, nor with who is erased', async () => {
    const found = await confirm(await link());
    if (found.state !== 'subscribed') throw new Error(found.state);
    const { id } = found.subscriber;
    expect(rows()).toMatchObject([{ email: 'ana@example.org' }]);
    await editSubscriber(store.db, id, { email: 'ana@second.example' }, now, 'preferences', hashAddress);
    expect(rows()).toEqual([]);
    store.raw.exec(
      `INSERT INTO sign_ups (email, email_key, wishes, created_at, expires_at, subscriber_id, confirmed_at)
       VALUES ('ana@example.org', 'ana@example.org', '{}', 0, 9e15, ${id}, 1)`,
    );
    await eraseSubscriber(store.db, id, now, hashAddress);
    expect(rows()).toEqual([]);
  });

  test('by a link of somebody else’s sign-up for the same address changes nothing once they are subscribed', async () => {
    const [first, second] = [await link(), await link({ topics: ['diffusion'] })];
    await confirm(second);
    expect(await confirm(first)).toMatchObject({ state: 'used' });
    expect(await topicsOf((await ana())?.id)).toEqual(['About diffusion']);
  });

  test('is not possible once the link is too old, and the address is forgotten then', async () => {
    const token = await link();
    now += signUpLimits.openMs;
    expect(await look(token)).toEqual({ state: 'unknown' });
    expect(await confirm(token)).toEqual({ state: 'unknown' });
    expect(await listOpenSignUps(store.db, { now, limit: 10 })).toEqual([]);
    expect(await pruneSignUps(store.db, now + 1, 10)).toBe(1);
    expect(await ana()).toBeNull();
  });

  test.each(['', 'x', '../../etc/passwd', makeConfirmLink().token, 'a'.repeat(10_000), '%00'])(
    'by a guess is not possible (%#)',
    async (guess) => {
      await link();
      expect(await confirm(guess)).toEqual({ state: 'unknown' });
    },
  );

  test('a link cannot be made from what the database holds', async () => {
    const token = await link();
    expect(JSON.stringify(rows())).not.toContain(token);
    expect(await look(String(rows()[0]?.link_hash))).toEqual({ state: 'unknown' });
  });

  test('leaves out a topic that was removed since', async () => {
    const token = await link({ topics: ['agents', 'robotics'] });
    await removeTopic(store.db, 'agents', now);
    await confirm(token);
    expect(await topicsOf((await ana())?.id)).toEqual(['About robotics']);
  });

  test('an old link brings nobody back who has unsubscribed since', async () => {
    const token = await link();
    await confirm(token);
    await unsubscribeSubscriber(store.db, (await ana())?.id ?? 0, now);
    expect(await confirm(token)).toMatchObject({ state: 'left' });
    expect((await ana())?.status).toBe('unsubscribed');
  });
});

describe('coming back', () => {
  test('who unsubscribed is the same subscriber again, with what they asked for now', async () => {
    const id = await addSomebody(store, { email: 'Ana@example.org', topics: ['diffusion'], time: '18:00' });
    for (let index = 0; index < ownTopicLimits.live; index++)
      await addOwnTopic(store.db, id, { kind: 'query', text: `word${index}` }, now);
    await unsubscribeSubscriber(store.db, id, now);
    now += dayMs;
    const token = await link({
      own: [
        { kind: 'query', text: 'word3' },
        { kind: 'query', text: 'quite new' },
      ],
    });
    expect(await confirm(token)).toMatchObject({ state: 'subscribed' });
    expect(await ana()).toMatchObject({ id, status: 'active', digestTime: '08:00' });
    expect(await topicsOf(id)).toEqual(expect.arrayContaining(['About agents', 'word3', 'quite new']));
    expect(await topicsOf(id)).toHaveLength(3);
  });

  test('who was erased is let off by their own confirmation alone', async () => {
    const id = await addSomebody(store, { email: 'ana@example.org' });
    await eraseSubscriber(store.db, id, now, hashAddress);
    const token = await link();
    expect(await findSuppressed(store.db, [hashAddress('ana@example.org')])).toHaveProperty('size', 1);
    await confirm(token);
    expect(await findSuppressed(store.db, [hashAddress('ana@example.org')])).toHaveProperty('size', 0);
    expect(await ana()).toMatchObject({ status: 'active' });
    expect((await ana())?.id).not.toBe(id);
  });

  test.each(['complaint', 'user_unknown', 'mailbox_full', 'manual', 'imported'])(
    'an address that is suppressed for %s gets no mail, and no link lets it off',
    async (reason) => {
      const token = await link();
      const addressHash = hashAddress('ana@example.org');
      await insertSuppressions(store.db, [
        { addressHash, reason, origin: 'mail', note: null, bounceId: null, createdAt: now },
      ]);
      expect(await confirm(token)).toMatchObject({ state: 'suppressed' });
      letters = [];
      await ask();
      await mail();
      expect(letters).toEqual([]);
      expect(await ana()).toBeNull();
    },
  );

  test('erasing somebody forgets what they had asked for', async () => {
    await confirm(await link());
    await ask();
    await eraseSubscriber(store.db, (await ana())?.id ?? 0, now, hashAddress);
    expect(rows()).toEqual([]);
    expect(await listConsents(store.db, 1)).toHaveLength(1);
  });
});

describe('a flood of sign-ups', () => {
  test('makes the oldest that nobody confirmed make room, and nobody else', async () => {
    await ask();
    await mail();
    await confirmSignUp({ ...{ db: store.db, now, hashAddress }, defaults }, letters[0]?.token ?? '');
    const insert = store.raw.prepare(
      "INSERT INTO sign_ups (email, email_key, wishes, created_at, expires_at) VALUES (?, ?, '{}', ?, ?)",
    );
    store.raw.transaction(() => {
      for (let index = 0; index < signUpLimits.waiting + 500; index++)
        insert.run(`s${index}@example.org`, `s${index}@example.org`, now, now + signUpLimits.openMs);
    })();
    await ask({ email: 'new@example.org' });
    const count = (where: string) =>
      store.raw.prepare(`SELECT count(*) FROM sign_ups WHERE ${where}`).pluck().get();
    expect(count('confirmed_at IS NULL')).toBe(signUpLimits.waiting);
    expect(count("email = 'new@example.org'")).toBe(1);
    expect(count("email = 's0@example.org'")).toBe(0);
    expect(count('confirmed_at IS NOT NULL')).toBe(1);
    const plan = store.raw
      .prepare(
        'EXPLAIN QUERY PLAN SELECT id FROM sign_ups WHERE confirmed_at IS NULL ORDER BY id DESC LIMIT 1 OFFSET 15000',
      )
      .all();
    expect(JSON.stringify(plan)).toContain('sign_ups_open');
  });

  test('keeps an abstract of theirs for each, and no more words', async () => {
    const abstract = 'We study how robots grasp. '.repeat(100);
    expect(await ask({ own: [{ kind: 'sentence', text: abstract }] })).toEqual({ ok: true });
    const own = Array.from({ length: 8 }, () => ({
      kind: 'query' as const,
      text: `${'robots OR '.repeat(90)}arms`,
    }));
    expect(await ask({ own })).toMatchObject({ ok: false, problems: [{ field: 'topics' }] });
    expect(store.raw.prepare('SELECT max(length(wishes)) FROM sign_ups').pluck().get()).toBeLessThan(7_000);
  });
});
