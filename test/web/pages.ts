import { join } from 'node:path';
import { fixedClock } from '../../src/clock.ts';
import type { Digest } from '../../src/digest/digest.ts';
import type { Letter } from '../../src/digest/letter.ts';
import { renderDigest } from '../../src/digest/render.ts';
import { loadTemplates } from '../../src/digest/templates.ts';
import { makeHashAddress } from '../../src/mail/address-hash.ts';
import type { Store } from '../../src/store/store.ts';
import { mailLetters } from '../../src/subscribers/mail-letters.ts';
import { mailLinks } from '../../src/subscribers/tokens.ts';
import type { WebDependencies } from '../../src/web/context.ts';
import { makeFormToken } from '../../src/web/shell/forms.ts';
import { createWeb } from '../../src/web/web.ts';
import { monday } from '../subscribers/people.ts';

export const webConfig = (publicUrl = 'https://papers.example.org') => ({
  secretKey: 'k'.repeat(43),
  web: { publicUrl, host: '127.0.0.1', port: 0 },
});

/** As the sender renders; the templates are compiled when the first test asks. */
const loadRenderer = async () => {
  templates ??= loadTemplates(join(projectFolder, 'templates'));
  const compiled = await templates;
  const sender = { name: 'Paperboy', address: 'paperboy@papers.example.org' };
  return (digest: Digest) => renderDigest(compiled, digest, { sender, postalAddress: null });
};
let templates: ReturnType<typeof loadTemplates> | undefined;
const projectFolder = join(import.meta.dirname, '../..');

/** The pages over a store; `paths` gives the paths of a subscriber's links. */
export function openTestWeb(
  store: Store,
  publicUrl?: string,
  at = monday,
  more: Partial<WebDependencies> = {},
) {
  const config = webConfig(publicUrl);
  const problems: object[] = [];
  const mailed: { to: string; letter: Letter }[] = [];
  let mailing: Promise<unknown> = Promise.resolve();
  const mailNow = () => {
    const sending = mailLetters({
      ...{ db: store.db, now: () => at, hashAddress: makeHashAddress(config.secretKey) },
      moveUrl: (token) => `${config.web.publicUrl}/move/${token}`,
      unsubscribeUrl: (holder) => mailLinks(config, holder, 0).unsubscribe,
      async mail(to, letter) {
        mailed.push({ to, letter });
        return { kind: 'sent', reply: { phase: 'reply', code: 250, enhanced: null, text: '' } };
      },
    });
    mailing = sending;
    return sending;
  };
  /** With the letters that it leads to on their way. */
  const send = async (path: string, body: string) => {
    const answer = await web.request(path, {
      method: 'POST',
      body,
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    });
    await mailing;
    return answer;
  };
  const web = createWeb({
    store,
    config,
    clock: fixedClock(at),
    renderer: loadRenderer,
    signUps: { canMail: async () => true, mail: mailNow },
    log: { error: (what) => problems.push(what) },
    ...more,
  });
  return {
    web,
    config,
    problems,
    /** Mails that are no digests; those that wait go out after each POST. */
    mailed,
    mailNow,
    paths(id: number, linkEpoch = 0) {
      const links = mailLinks(config, { subscriberId: id, linkEpoch }, 0);
      return {
        preferences: new URL(links.preferences).pathname,
        unsubscribe: new URL(links.unsubscribe).pathname,
      };
    },
    /** Those of one of their deliveries. */
    deliveryPaths(subscriberId: number, deliveryId: number, linkEpoch = 0) {
      const { view = '', feedback = '' } = mailLinks(config, { subscriberId, linkEpoch }, deliveryId);
      return { view: new URL(view).pathname, feedback: new URL(feedback).pathname };
    },
    post: (path: string, fields: [string, string][] | string = '') =>
      send(path, typeof fields === 'string' ? fields : new URLSearchParams(fields).toString()),
    /** As `post`, with the token that the forms of this subscriber's preferences hold. */
    steer: (id: number, path: string, fields: [string, string][] = []) =>
      send(
        path,
        new URLSearchParams([
          ['form_token', makeFormToken({ form: 'preferences', holder: id }, config.secretKey, at)],
          ...fields,
        ]).toString(),
      ),
    /** Opens a page and sends its form of this action with what the page itself filled in, and `fields`. */
    async submit(pagePath: string, action: string, fields: Record<string, string> = {}) {
      const shown = await (await web.request(pagePath)).text();
      const form = [...shown.matchAll(/<form[^>]* action="([^"]*)"[^>]*>.*?<\/form>/gs)].find(
        (match) => match[1] === action,
      );
      if (!form) throw new Error(`${pagePath} has no form to ${action}`);
      const hidden = [...form[0].matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)];
      return this.post(action, [
        ...hidden.map(([, name = '', value = '']): [string, string] => [name, value]),
        ...Object.entries(fields),
      ]);
    },
  };
}
