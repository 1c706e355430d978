import { createSignInLimits, type LimitSettings } from '../../src/admins/limits.ts';
import type { Store } from '../../src/store/store.ts';
import type { WebDependencies } from '../../src/web/context.ts';
import { createWeb } from '../../src/web/web.ts';
import { addTestAdmin, cheap, password } from '../admins/people.ts';
import { monday } from '../subscribers/people.ts';
import { webConfig } from './pages.ts';

export interface AdminWebOptions {
  publicUrl?: string;
  at?: number;
  limits?: LimitSettings;
  /** Whatever else the pages under test work with. */
  with?: Partial<WebDependencies>;
}

/** The pages over a store, with hashes that cost nothing, and a browser that keeps cookies. */
export function openAdminWeb(
  store: Store,
  { publicUrl, at = monday, limits, ...options }: AdminWebOptions = {},
) {
  const clock = { now: () => at };
  const web = createWeb({
    store,
    config: webConfig(publicUrl),
    clock,
    signIn: { passwords: cheap, limits: createSignInLimits(limits) },
    ...options.with,
  });
  return {
    web,
    /** Moves the clock. */
    wait(ms: number) {
      at += ms;
    },
    browser: () => openBrowser((path, init) => web.request(path, init)),
  };
}

export type Browser = ReturnType<typeof openBrowser>;

/** As much of a browser as forms and cookies take; follows no redirect. */
function openBrowser(request: (path: string, init?: RequestInit) => Response | Promise<Response>) {
  const cookies = new Map<string, string>();
  async function ask(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (cookies.size > 0) headers.set('Cookie', [...cookies].map((pair) => pair.join('=')).join('; '));
    const answer = await request(path, { ...init, headers });
    for (const line of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (/max-age=0\b/i.test(line)) cookies.delete(name);
      else cookies.set(name, value);
    }
    return answer;
  }
  const get = (path: string, headers: Record<string, string> = {}) => ask(path, { headers });
  /** Exactly these fields. */
  const post = (
    path: string,
    fields: Record<string, string | string[]> = {},
    headers: Record<string, string> = {},
  ) =>
    ask(path, {
      method: 'POST',
      body: new URLSearchParams(
        Object.entries(fields).flatMap(([name, value]) => [value].flat().map((one) => [name, one])),
      ).toString(),
      headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers },
    });
  return {
    cookies,
    get,
    post,
    text: async (path: string) => (await get(path)).text(),
    /** The fields, with what the page at `from` has in hidden fields of that form; at least its token. */
    async submit(from: string, path: string, fields: Record<string, string | string[]> = {}) {
      const page = await (await get(from)).text();
      const token = /name="form_token" value="([^"]+)"/.exec(page)?.[1] ?? '';
      return await post(path, { form_token: token, ...hiddenFields(page, path), ...fields });
    },
  };
}

function hiddenFields(page: string, path: string): Record<string, string> {
  const forms = [...page.matchAll(/<form[^>]*? action="([^"#]*)[^>]*>(.*?)<\/form>/gs)];
  const [, , form = ''] = forms.find(([, action]) => action === path) ?? [];
  const fields = form.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)">/g);
  return Object.fromEntries([...fields].map(([, name = '', value = '']) => [name, value]));
}

/** A browser in which `email` is signed in, added as an admin for it. */
export async function openSignedIn(store: Store, options: AdminWebOptions & { email?: string } = {}) {
  const site = openAdminWeb(store, options);
  const admin = await addTestAdmin(store, options.email);
  const browser = site.browser();
  const answer = await browser.post('/admin/sign-in', { name: admin.email, password });
  if (answer.status !== 303) throw new Error(await answer.text());
  return { ...site, admin, browser };
}
