import type { SignInLimits } from '../../admins/limits.ts';
import type { Passwords } from '../../admins/passwords.ts';
import type { SignedIn } from '../../admins/sessions.ts';
import type { WebDependencies } from '../context.ts';
import type { Html } from '../shell/page.ts';

/** What the admin's pages work with besides. */
export interface AdminDependencies extends WebDependencies {
  readonly passwords: Passwords;
  readonly limits: SignInLimits;
  /** The path of PUBLIC_URL. */
  readonly base: string;
}

/** What is known about a request once gate.ts has let it in. */
export interface AdminEnv {
  Variables: {
    signedIn: SignedIn;
    /** The path of PUBLIC_URL: what every link starts with. */
    base: string;
    /** The hidden field that every form here carries; gate.ts refuses a form without it. */
    formToken: Html;
    /** The same for scripts, as the header `X-Form-Token`. */
    formTokenText: string;
  };
}
