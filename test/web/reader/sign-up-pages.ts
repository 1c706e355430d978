import type { PastEdition, Preview, PreviewWish } from '../../../src/delivery/previews.ts';
import type { Letter } from '../../../src/digest/letter.ts';
import { makeHashAddress } from '../../../src/mail/address-hash.ts';
import type { Store } from '../../../src/store/store.ts';
import { addTopic } from '../../../src/store/topics.ts';
import { mailSignUps } from '../../../src/subscribers/mail-sign-ups.ts';
import { mailLinks } from '../../../src/subscribers/tokens.ts';
import { createWeb } from '../../../src/web/web.ts';
import { defaults, monday } from '../../subscribers/people.ts';
import { webConfig } from '../pages.ts';

/** The pages for somebody who signs up, with a mailbox, a mail server that can be away, and previews that are told. */
export async function openSignUpWeb(
  store: Store,
  {
    publicUrl,
    signUp = 'open',
    trustedProxies = 0,
  }: { publicUrl?: string; signUp?: 'open' | 'closed'; trustedProxies?: number } = {},
) {
  await addTopic(store.db, { slug: 'everything', name: 'Everything trending', query: '*' }, monday);
  const config = {
    ...webConfig(publicUrl),
    access: { signUp, trustedProxies },
    digest: { ...defaults, windowDays: 14 },
  };
  const hashAddress = makeHashAddress(config.secretKey);
  const world = {
    now: monday,
    canMail: true,
    letters: [] as { to: string; letter: Letter }[],
    wishes: [] as PreviewWish[],
    preview: { ok: true, editions: [] as PastEdition[] } as Preview,
    problems: [] as unknown[],
  };
  const clock = { now: () => world.now };
  let mailing: Promise<unknown> = Promise.resolve();
  const web = createWeb({
    ...{ store, config, clock },
    signUps: {
      canMail: async () => world.canMail,
      mail: () => {
        const sending = mailSignUps({
          ...{ db: store.db, now: clock.now, hashAddress },
          confirmUrl: (token) => `${config.web.publicUrl}/confirm/${token}`,
          preferencesUrl: ({ id, linkEpoch }) =>
            mailLinks(config, { subscriberId: id, linkEpoch }, 0).preferences,
          async mail(to, letter) {
            world.letters.push({ to, letter });
            return { kind: 'sent', reply: { phase: 'reply', code: 250, enhanced: null, text: '' } };
          },
        });
        mailing = sending;
        return sending;
      },
    },
    previews: {
      play: async (wish) => {
        world.wishes.push(wish);
        return world.preview;
      },
      warm() {},
      close: async () => {},
    },
    log: { error: (what) => world.problems.push(what), warn: (what) => world.problems.push(what) },
  });
  const post = async (
    path: string,
    fields: Record<string, string | string[]>,
    headers: Record<string, string> = {},
  ) =>
    web.request(path, {
      method: 'POST',
      body: new URLSearchParams(
        Object.entries(fields).flatMap(([name, value]) =>
          [value].flat().map((one): [string, string] => [name, one]),
        ),
      ).toString(),
      headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers },
    });
  /** The form as it is shown, filled in. */
  const fill = async (fields: Record<string, string | string[]> = {}) => {
    const shown = await (await web.request('/subscribe')).text();
    const token = /name="form_token" value="([^"]+)"/.exec(shown)?.[1] ?? '';
    return {
      form_token: token,
      ...{ email: 'ana@example.org', topic: ['agents'], sentence: '', query: '' },
      ...{
        timezone: 'Europe/Berlin',
        time: '07:30',
        day: ['mon', 'tue'],
        max_papers: '5',
        locale: 'de',
        quiet_mail: 'no',
      },
      nick_name: '',
      ...fields,
    };
  };
  return {
    ...{ web, world, config, post, fill, hashAddress },
    /** Fills the form in, waits as people do, and sends it. */
    async signUp(fields: Record<string, string | string[]> = {}, headers: Record<string, string> = {}) {
      const filled = await fill(fields);
      world.now += 5_000;
      const answer = await post('/subscribe', filled, headers);
      await mailing;
      return answer;
    },
    /** The path of the link in the latest mail. */
    latestLink: () => new URL(world.letters.at(-1)?.letter.url ?? 'https://none.example/').pathname,
  };
}
