import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeHashAddress } from '../../../src/mail/address-hash.ts';
import { listAudit } from '../../../src/store/audit-list.ts';
import type { Store } from '../../../src/store/store.ts';
import { findSuppressed, insertSuppressions } from '../../../src/store/suppressions.ts';
import { addSomebody, monday, openTestStore } from '../../subscribers/people.ts';
import { openSignedIn } from '../admin-pages.ts';
import { webConfig } from '../pages.ts';

const hashAddress = makeHashAddress(webConfig().secretKey);
let store: Store;
let site: Awaited<ReturnType<typeof openSignedIn>>;
beforeEach(async () => {
  store = await openTestStore();
  site = await openSignedIn(store);
});
afterEach(() => store.close());

const self = '/admin/suppressions';
const strip = (page: string) => page.replaceAll(/<[^>]+>/g, ' ').replaceAll(/\s+/g, ' ');
const read = async (path: string) => strip(await site.browser.text(path));
const suppress = (...emails: string[]) =>
  insertSuppressions(
    store.db,
    emails.map((email) => ({
      ...{ addressHash: hashAddress(email), reason: 'user_unknown', origin: 'smtp', note: '<b>550' },
      ...{ bounceId: null, createdAt: monday },
    })),
  );
const isSuppressed = async (email: string) => (await findSuppressed(store.db, [hashAddress(email)])).size > 0;
const lift = (path: string, note: string) => site.browser.submit(self, path, { note });

describe('who must not be mailed', () => {
  test('is listed from the newest back, named while somebody subscribes with it', async () => {
    await addSomebody(store, { email: 'p1@example.org' });
    await suppress(...Array.from({ length: 60 }, (_, n) => `p${n + 1}@example.org`));
    const page = await site.browser.text(self);
    expect(page.match(/<tr><td data-name="Since/g)).toHaveLength(50);
    expect(page).toContain('&lt;b&gt;550');
    expect(strip(page)).not.toContain('p1@example.org');
    const next = /rel="next" href="([^"]+)"/.exec(page)?.[1] ?? '';
    const rest = await site.browser.text(next);
    expect(rest.match(/<tr><td data-name="Since/g)).toHaveLength(10);
    expect(strip(rest)).toContain('p1@example.org');
    expect(await read('/admin/subscribers')).toContain('Who must not be mailed');
  });

  test('is found by the whole address, also after it was let off; what is none is told', async () => {
    await suppress('gone@example.org');
    expect(await read(`${self}?email=Gone%40Example.org`)).toContain('Gone@example.org user unknown');
    expect(await read(`${self}?email=other%40example.org`)).toContain('is not suppressed, and never was.');
    const wrong = await site.browser.get(`${self}?email=nobody`);
    expect([wrong.status, strip(await wrong.text())]).toEqual([422, expect.stringContaining('Nothing was')]);
    await lift(`${self}/1/lift`, 'they wrote');
    expect(await read(`${self}?email=gone%40example.org`)).toContain('they wrote');
    expect(await read(self)).toContain('No address is suppressed.');
  });

  test('is let off with a word on why, which is written down', async () => {
    await suppress('gone@example.org');
    expect((await lift(`${self}/1/lift`, ' ')).status).toBe(422);
    expect(await isSuppressed('gone@example.org')).toBe(true);
    expect((await lift(`${self}/1/lift`, 'they wrote')).headers.get('Location')).toBe(`${self}?said=lifted`);
    expect(await isSuppressed('gone@example.org')).toBe(false);
    const { entries } = await listAudit(store.db, { subject: 'suppression', limit: 1 });
    expect(entries).toMatchObject([
      { act: 'lift', actor: { kind: 'admin' }, after: { lifted: true, liftedNote: 'they wrote' } },
    ]);
    expect((await lift(`${self}/99/lift`, 'they wrote')).status).toBe(404);
  });

  test('is let off on the page of the subscriber, too', async () => {
    const id = await addSomebody(store, { email: 'ana@example.org' });
    const path = `/admin/subscribers/${id}`;
    expect(await read(path)).not.toContain('Let this address be mailed again');
    await suppress('ana@example.org');
    expect(await read(path)).toContain('Let this address be mailed again, because');
    expect((await lift(`${path}/lift`, '')).status).toBe(422);
    expect(await isSuppressed('ana@example.org')).toBe(true);
    const lifted = await lift(`${path}/lift`, 'a full mailbox');
    expect(await read(lifted.headers.get('Location') ?? '')).toContain('may be mailed again');
    expect(await isSuppressed('ana@example.org')).toBe(false);
  });
});
