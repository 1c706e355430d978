import type { SignInLimits } from '../admins/limits.ts';
import type { Passwords } from '../admins/passwords.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import type { LoadedCandidates } from '../delivery/candidate-set.ts';
import type { DryRuns } from '../delivery/dry-runs.ts';
import type { Previews } from '../delivery/previews.ts';
import type { TestSendDeps } from '../delivery/test-send.ts';
import type { TopicLooksKeeper } from '../delivery/topic-looks.ts';
import type { Digest, RenderedMail } from '../digest/digest.ts';
import type { MailTemplates } from '../digest/mail-templates.ts';
import type { Transport } from '../mail/transport.ts';
import type { Store } from '../store/store.ts';
import type { Underway } from '../subscribers/long-acts.ts';
import type { SignUpMailer } from '../subscribers/sign-up-mailer.ts';
import type { Metrics } from '../watch/metrics.ts';
import type { WebhookDependencies } from './hooks/webhooks.ts';
import type { SearchBudget } from './site/search-door.ts';

/** What the pages work with. The app (app.ts) is one. */
export interface WebDependencies {
  readonly store: Store;
  readonly config: Pick<Config, 'secretKey' | 'web'> &
    Partial<Pick<Config, 'access' | 'admin' | 'counting' | 'digest' | 'sources'>> & {
      readonly mail?: Pick<Config['mail'], 'templatesDir'>;
    };
  readonly clock: Clock;
  /** How the templates on disk stand to those that mails are made of; without it, all is taken for well. */
  readonly templates?: Pick<MailTemplates, 'look'>;
  /** Makes a mail of a digest, as the sender does; without it no digest can be looked at. */
  readonly renderer?: () => Promise<(digest: Digest) => RenderedMail>;
  /** Mails letters; without it nobody can sign up or change their address. */
  readonly signUps?: SignUpMailer;
  /** Plays what a digest would have held; without it there are no previews. */
  readonly previews?: Previews;
  /** Papers, trend and matcher as they stand; without it topics are not tried out. */
  readonly candidates?: () => Promise<LoadedCandidates>;
  /** The same as they were a while ago; made of `candidates` when absent. */
  readonly topicLooks?: TopicLooksKeeper | null;
  /** Tells who would get what; without it there is no dry run. */
  readonly dryRuns?: DryRuns;
  /** Makes a message of a delivery, as it goes out; without it, admins can look at no mail. */
  readonly composer?: () => Promise<TestSendDeps['compose']>;
  /** Opens the way that mail takes; without it no test of a mail is sent. */
  readonly transport?: () => Promise<Transport>;
  readonly messageId?: (subscriberId: number, editionDate: string) => string;
  /** Without it there is no `/metrics`. */
  readonly metrics?: Metrics & { readonly token: string | null };
  /** Without it there is nothing under `/webhooks`. */
  readonly webhooks?: WebhookDependencies;
  /** What goes on beyond a page's answer, for who ends the program. */
  readonly underway?: Underway;
  /** How admins sign in, where it is not as usual: tests take cheaper hashes. */
  readonly signIn?: { readonly passwords: Passwords; readonly limits: SignInLimits };
  /** How much of a token the API takes, where it is not as usual: tests ask more. */
  readonly api?: { readonly requestsAMinute: number };
  /** How long visitors may keep it searching, where it is not as usual: tests allow less. */
  readonly searching?: SearchBudget;
  /** Told of what goes wrong while answering; without it, stderr is. */
  readonly log?: {
    error(what: object, message: string): void;
    warn?(what: object, message: string): void;
    info?(what: object, message: string): void;
  };
}

/** The path of PUBLIC_URL without a closing slash: what every link within the pages starts with. */
export function basePath(config: WebDependencies['config']): string {
  return new URL(config.web.publicUrl).pathname.replace(/\/+$/, '');
}
