import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeHashAddress } from '../../../src/mail/address-hash.ts';
import type { Store } from '../../../src/store/store.ts';
import { findSubscriber } from '../../../src/store/subscribers.ts';
import { insertSuppressions } from '../../../src/store/suppressions.ts';
import { eraseSubscriber, switchOffLinks } from '../../../src/subscribers/status.ts';
import { addSomebody, monday, openTestStore } from '../../subscribers/people.ts';
import { openTestWeb } from '../pages.ts';

let store: Store;
let site: ReturnType<typeof openTestWeb>;
let id: number;
let own: string;
beforeEach(async () => {
  store = await openTestStore();
  site = openTestWeb(store);
  id = await addSomebody(store, { email: 'ana@old.example', topics: ['agents'] });
  own = site.paths(id).preferences;
});
afterEach(() => store.close());

const email = async () => (await findSubscriber(store.db, id))?.email;
const ask = (address: string) => site.steer(id, `${own}/address`, [['email', address]]);
/** The path in the last letter. */
const link = () =>
  new URL(site.mailed.findLast((one) => one.letter.kind === 'move')?.letter.url ?? '').pathname;
const hash = (key: string) => makeHashAddress(site.config.secretKey)(key);

describe('another address', () => {
  test('is theirs once the new mailbox has pressed the button; the old one is told, and its links open nothing', async () => {
    const answer = await ask('ana@new.example');
    expect(answer.headers.get('Location')).toBe(`${own}/account?saved=address`);
    expect(site.mailed).toMatchObject([{ to: 'ana@new.example', letter: { kind: 'move' } }]);
    expect(link()).not.toContain('@');
    const page = await (await site.web.request(link())).text();
    expect(page).toContain('a…a@new.example');
    expect(await email()).toBe('ana@old.example');
    const done = await site.submit(link(), link());
    expect(await done.text()).toContain('Your address is changed');
    expect(await email()).toBe('ana@new.example');
    const told = site.mailed.at(-1);
    expect(told).toMatchObject({ to: 'ana@old.example', letter: { kind: 'moved', locale: 'en' } });
    // Who reads the old mailbox may be somebody else by now: they can end it, and learn nothing.
    const way = new URL(told?.letter.url ?? '').pathname;
    expect(await (await site.web.request(way)).text()).not.toMatch(/new\.example|\/preferences\//);
    expect((await site.web.request(own)).status).toBe(410);
    expect((await site.web.request(site.paths(id, 1).preferences)).status).toBe(200);
    expect((await site.web.request(link())).status).toBe(404);
  });

  test('one that belongs to somebody, or must not be mailed, is answered alike and not mailed', async () => {
    await addSomebody(store, { email: 'taken@new.example' });
    const suppressed = { addressHash: hash('bad@new.example'), reason: 'complaint', origin: 'mail' };
    await insertSuppressions(store.db, [{ ...suppressed, note: null, bounceId: null, createdAt: monday }]);
    const free = await ask('free@new.example');
    for (const address of ['taken@new.example', 'bad@new.example']) {
      const answer = await ask(address);
      expect(answer.status).toBe(free.status);
      expect(answer.headers.get('Location')).toBe(free.headers.get('Location'));
    }
    expect(site.mailed.map(({ to }) => to)).toEqual(['free@new.example']);
  });

  test('nobody can have mailboxes flooded: three mails a day, of one subscriber and to one address', async () => {
    for (let time = 0; time < 5; time++) await ask('ana@new.example');
    expect(site.mailed).toHaveLength(3);
    const other = await addSomebody(store, { email: 'other@old.example' });
    await site.steer(other, `${site.paths(other).preferences}/address`, [['email', 'ana@new.example']]);
    expect(site.mailed).toHaveLength(3);
  });

  test('what is no address is told of, and is no header', async () => {
    for (const address of ['nonsense', 'a@b.example\r\nBcc: c@d.example', '']) {
      const answer = await ask(address);
      expect(answer.status).toBe(422);
      expect(await answer.text()).toContain('id="email-problem"');
    }
    expect(site.mailed).toEqual([]);
  });

  test('the link ends after days, when links are switched off, when the address is taken, when they are erased', async () => {
    await ask('ana@new.example');
    const later = openTestWeb(store, undefined, monday + 4 * 86_400_000);
    expect((await later.web.request(link())).status).toBe(404);
    expect((await site.web.request(link())).status).toBe(200);
    const taker = await addSomebody(store, { email: 'ana@new.example' });
    expect((await site.web.request(link())).status).toBe(404);
    await eraseSubscriber(store.db, taker, monday, () => 'some hash');
    expect((await site.web.request(link())).status).toBe(200);
    await switchOffLinks(store.db, id, monday);
    expect((await site.web.request(link())).status).toBe(404);
    await eraseSubscriber(store.db, id, monday, () => 'another hash');
    expect(store.raw.prepare('SELECT count(*) FROM address_changes').pluck().get()).toBe(0);
  });

  test('no button but that of our own page confirms, and a guessed link is none', async () => {
    await ask('ana@new.example');
    expect((await site.post(link())).status).toBe(403);
    expect(await email()).toBe('ana@old.example');
    expect((await site.web.request(`/move/${'A'.repeat(32)}`)).status).toBe(404);
    expect((await site.web.request(`${link()}x`)).status).toBe(404);
  });
});
