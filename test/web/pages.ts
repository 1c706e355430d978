import { fixedClock } from '../../src/clock.ts';
import type { Store } from '../../src/store/store.ts';
import { mailLinks } from '../../src/subscribers/tokens.ts';
import { createWeb } from '../../src/web/web.ts';
import { monday } from '../subscribers/people.ts';

export const webConfig = (publicUrl = 'https://papers.example.org') => ({
  secretKey: 'k'.repeat(43),
  web: { publicUrl, host: '127.0.0.1', port: 0 },
});

/** The pages over a store; `paths` gives the paths of a subscriber's links. */
export function openTestWeb(store: Store, publicUrl?: string, at = monday) {
  const config = webConfig(publicUrl);
  const problems: object[] = [];
  const web = createWeb({
    store,
    config,
    clock: fixedClock(at),
    log: { error: (what) => problems.push(what) },
  });
  return {
    web,
    config,
    problems,
    paths(id: number) {
      const links = mailLinks(config, id, 0);
      return {
        preferences: new URL(links.preferences).pathname,
        unsubscribe: new URL(links.unsubscribe).pathname,
      };
    },
    post: (path: string, fields: [string, string][] | string = '') =>
      web.request(path, {
        method: 'POST',
        body: typeof fields === 'string' ? fields : new URLSearchParams(fields).toString(),
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      }),
  };
}
