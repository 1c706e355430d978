import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeHashAddress } from '../../../src/mail/address-hash.ts';
import type { Store } from '../../../src/store/store.ts';
import { findSubscriber } from '../../../src/store/subscribers.ts';
import { insertSuppressions } from '../../../src/store/suppressions.ts';
import { switchOffLinks } from '../../../src/subscribers/status.ts';
import { editSubscriber } from '../../../src/subscribers/subscribers.ts';
import { addSomebody, hashAddress, monday, openTestStore } from '../../subscribers/people.ts';
import { openTestWeb } from '../pages.ts';
import { mailDigest } from './mailed.ts';

let store: Store;
let site: ReturnType<typeof openTestWeb>;
let id: number;
let paths: { preferences: string; unsubscribe: string };
beforeEach(async () => {
  store = await openTestStore();
  site = openTestWeb(store);
  id = await addSomebody(store, { email: 'ana.lopez@example.org', topics: ['agents'] });
  paths = site.paths(id);
});
afterEach(() => store.close());

const person = () => findSubscriber(store.db, id);
const text = async (path: string) => (await site.web.request(path)).text();

describe('links that were switched off', () => {
  test('open neither preferences nor a digest nor likes, and those signed since do', async () => {
    const delivery = await mailDigest(store, id, [{ id: 1 }]);
    const { view, feedback } = site.deliveryPaths(id, delivery);
    await switchOffLinks(store.db, id, monday);
    for (const path of [paths.preferences, view, `${feedback}/1/more`]) {
      const answer = await site.web.request(path);
      expect([path, answer.status]).toEqual([path, 410]);
      expect(await answer.text()).toContain('This link was switched off');
    }
    expect((await site.post(paths.preferences)).status).toBe(410);
    const since = site.deliveryPaths(id, delivery, 1);
    for (const path of [site.paths(id, 1).preferences, since.view, `${since.feedback}/1/more`])
      expect((await site.web.request(path)).status).toBe(200);
  });

  test('still unsubscribe, by button and by one click, as the law and RFC 8058 want it', async () => {
    await switchOffLinks(store.db, id, monday);
    expect(await text(paths.unsubscribe)).toContain('Unsubscribe?');
    expect((await site.post(paths.unsubscribe, 'List-Unsubscribe=One-Click')).status).toBe(200);
    expect(await person()).toMatchObject({ status: 'unsubscribed' });
  });

  test('lead nowhere from there: no preferences, no address, no way back but to subscribe anew', async () => {
    await editSubscriber(store.db, id, { email: 'ana@new.example' }, monday, 'preferences', hashAddress);
    const shown = [await text(paths.unsubscribe), await (await site.post(paths.unsubscribe)).text()];
    for (const page of shown) {
      expect(page).not.toContain('/preferences/');
      expect(page).not.toContain('new.example');
      expect(page).not.toContain('/undo');
    }
    expect((await site.post(`${paths.unsubscribe}/undo`)).status).toBe(403);
    expect(await person()).toMatchObject({ status: 'unsubscribed' });
  });

  test('another address switches off the links in mails to the old one', async () => {
    await editSubscriber(store.db, id, { timezone: 'Asia/Tokyo' }, monday, 'preferences', hashAddress);
    expect((await site.web.request(paths.preferences)).status).toBe(200);
    await editSubscriber(store.db, id, { email: 'ana@new.example' }, monday, 'preferences', hashAddress);
    expect((await site.web.request(paths.preferences)).status).toBe(410);
    expect(await text(site.paths(id, 1).preferences)).toContain('a…a@new.example');
  });
});

describe('subscribing again', () => {
  test('is one press of a button that only our page has', async () => {
    await site.post(paths.unsubscribe);
    expect((await site.post(`${paths.unsubscribe}/undo`)).status).toBe(403);
    const back = await site.submit(paths.unsubscribe, `${paths.unsubscribe}/undo`);
    expect(await back.text()).toContain('Welcome back');
    expect(await person()).toMatchObject({ status: 'active' });
  });

  test('says so when the address is suppressed and no mail comes all the same', async () => {
    await insertSuppressions(store.db, [
      {
        ...{
          addressHash: makeHashAddress(site.config.secretKey)('ana.lopez@example.org'),
          reason: 'complaint',
          origin: 'mail',
        },
        ...{ note: null, bounceId: null, createdAt: monday },
      },
    ]);
    await site.post(paths.unsubscribe);
    const back = await (await site.submit(paths.unsubscribe, `${paths.unsubscribe}/undo`)).text();
    expect(back).toContain('No mail goes to this address all the same');
    expect(back).toContain('marked as spam');
    expect(back).not.toContain('Welcome back');
  });
});
