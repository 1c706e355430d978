import { createHash } from 'node:crypto';
import { makeHashAddress } from '../../../src/mail/address-hash.ts';
import type { Store } from '../../../src/store/store.ts';
import { mailLetters } from '../../../src/subscribers/mail-letters.ts';
import { mailSignUps } from '../../../src/subscribers/mail-sign-ups.ts';
import { mailLinks } from '../../../src/subscribers/tokens.ts';
import type { WebDependencies } from '../../../src/web/context.ts';
import { defaults, monday } from '../../subscribers/people.ts';
import { openSignedIn } from '../admin-pages.ts';
import { webConfig } from '../pages.ts';

/** All pages there are, as an installation has them, with an admin who is signed in and letters that are kept. */
export async function openEverything(store: Store, { trustedProxies = 0 }: { trustedProxies?: number } = {}) {
  const clock = { at: monday };
  const config = {
    ...webConfig(),
    access: { signUp: 'open' as const, trustedProxies },
    digest: { ...defaults, windowDays: 14 },
  };
  const letters: { to: string; url: string }[] = [];
  const common = {
    ...{ db: store.db, now: () => clock.at, hashAddress: makeHashAddress(config.secretKey) },
    async mail(to: string, letter: { url: string }) {
      letters.push({ to, url: letter.url });
      const reply = { phase: 'reply', code: 250, enhanced: null, text: '' } as const;
      return { kind: 'sent' as const, reply };
    },
  };
  const { publicUrl } = config.web;
  let mailing: Promise<unknown> = Promise.resolve();
  const mail = () => {
    const sending = (async () => {
      const report = await mailSignUps({
        ...common,
        confirmUrl: (token) => `${publicUrl}/confirm/${token}`,
        preferencesUrl: ({ id, linkEpoch }) =>
          mailLinks(config, { subscriberId: id, linkEpoch }, 0).preferences,
      });
      await mailLetters({
        ...common,
        moveUrl: (token) => `${publicUrl}/move/${token}`,
        unsubscribeUrl: (holder) => mailLinks(config, holder, 0).unsubscribe,
      });
      return report;
    })();
    mailing = sending;
    return sending;
  };
  const more: Partial<WebDependencies> = {
    ...{ config, clock: { now: () => clock.at }, signUps: { canMail: async () => true, mail } },
    previews: { play: async () => ({ ok: true, editions: [] }), warm() {}, close: async () => {} },
    log: { error() {}, warn() {} },
  };
  const signedIn = await openSignedIn(store, { with: more });
  return {
    ...signedIn,
    config,
    clock,
    letters,
    /** Opens the form, takes as long as people do, and sends it. */
    async signUp(email: string, fields: Record<string, string> = {}, headers: Record<string, string> = {}) {
      const page = await (await signedIn.web.request('/subscribe')).text();
      clock.at += 5_000;
      return await signedIn.web.request('/subscribe', {
        method: 'POST',
        body: new URLSearchParams({
          ...{
            form_token: /name="form_token" value="([^"]+)"/.exec(page)?.[1] ?? '',
            email,
            topic: 'agents',
          },
          ...{ day: 'mon', max_papers: '5', time: '08:00', timezone: 'UTC', locale: 'en', quiet_mail: 'no' },
          ...fields,
        }),
        headers,
      });
    },
    /** Until what was to be mailed is. */
    mailed: () => mailing,
  };
}

/** What is in each table, in short; but for when somebody was last here, and the challenges that anybody is given. */
export function readAll(store: Store): Record<string, string> {
  const tables = store.raw
    .prepare(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '%archive%' ORDER BY name",
    )
    .pluck()
    .all() as string[];
  return Object.fromEntries(
    tables
      .filter((table) => table !== 'passkey_challenges')
      .map((table) => {
        const rows = store.raw.prepare(`SELECT * FROM "${table}"`).all() as Record<string, unknown>[];
        const kept = rows.map(({ last_used_at: _, ...row }) => row);
        return [
          table,
          `${rows.length} rows, ${createHash('sha256').update(JSON.stringify(kept)).digest('hex')}`,
        ];
      }),
  );
}
