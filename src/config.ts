import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { inspect, parseEnv } from 'node:util';
import { findMisspelt } from './config/redact.ts';
import {
  defaults,
  type LogLevel,
  type ReadSettings,
  redactions,
  type SettingName,
  type SourceName,
  settingsSchema,
} from './config/settings.ts';
import type { BounceAddress, DkimKeyFile } from './config/values.ts';
import type { Sender } from './digest/digest.ts';
import type { Weekday } from './digest/schedule.ts';
import { keepSecretKey } from './secret-key.ts';

/** What a new subscriber gets where nothing else is said. */
export interface DigestDefaults {
  readonly time: string;
  readonly timezone: string;
  readonly days: readonly Weekday[];
  readonly maxPapers: number;
  /** BCP 47. */
  readonly locale: string;
}

/** Everything that can be set, validated; deeply frozen. Printing it shows no secret. */
export interface Config {
  /** Absolute path of the SQLite file. */
  readonly databaseFile: string;
  readonly mail: {
    readonly from: Sender;
    /** Of whoever sends, for the footer; null: not told. */
    readonly postalAddress: string | null;
    /** What signs each mail; empty: it is left to the relay. */
    readonly dkimKeys: readonly DkimKeyFile[];
    /** Absolute; templates in it take the place of the shipped ones of the same name. Null: there are none. */
    readonly templatesDir: string | null;
    /** Null: mail goes to `outboxDir`. */
    readonly smtpUrl: string | null;
    readonly outboxDir: string;
    readonly connections: number;
    /** At most so many connections are used for one recipient domain at once; null: what is fair to the others. */
    readonly domainConnections: number | null;
    /** Null: as fast as it goes. */
    readonly messagesPerSecond: number | null;
    readonly messagesPerMinute: number | null;
    /** For each phase of SMTP alike; null: what RFC 5321 asks of each, up to ten minutes for the last reply. */
    readonly timeoutMs: number | null;
    /** What becomes of a delivery that the server may have accepted or not. */
    readonly uncertain: 'hold' | 'resend';
    /** Each mail's own return path is `localPart+TOKEN@domain`; null: MAIL_FROM for all. */
    readonly bounceAddress: BounceAddress | null;
    /** Whether what comes to that address is read: then mail to it unsubscribes too. */
    readonly readsReturnPath: boolean;
  };
  readonly bounces: {
    /** The mailbox that bounces come to; null: none is polled. Holds a password. */
    readonly imapUrl: string | null;
    /** Where messages that were understood are moved. */
    readonly imapDone: string;
    /** What relays' webhooks are verified with; null: that relay's are refused. */
    readonly webhooks: {
      readonly sesTopicArn: string | null;
      readonly postmarkSecret: string | null;
      readonly mailgunKey: string | null;
      readonly sendgridKey: string | null;
      readonly brevoSecret: string | null;
    };
  };
  readonly watch: {
    /** Who is told by mail when something needs a look; null: nobody. */
    readonly adminEmail: string | null;
    /** What `/metrics` asks for; null: it answers this machine only. */
    readonly metricsToken: string | null;
  };
  readonly admin: {
    /** Signs in the admin of ADMIN_EMAIL, or `admin`; null: there is no such one. */
    readonly password: string | null;
    readonly email: string | null;
  };
  readonly retention: {
    readonly signalsDays: number;
    readonly deliveriesDays: number;
  };
  /** Who may come in from outside. */
  readonly access: {
    /** Closed: only admins add subscribers. */
    readonly signUp: 'open' | 'closed';
    /** How many proxies before this program say where somebody asks from (X-Forwarded-For). */
    readonly trustedProxies: number;
  };
  /** Whether clicks on a digest's papers and loads of its image are counted, by edition and paper, for nobody in particular. */
  readonly counting: { readonly clicks: boolean; readonly opens: boolean };
  readonly web: {
    /** Without a closing slash. */
    readonly publicUrl: string;
    readonly host: string;
    readonly port: number;
  };
  readonly secretKey: string;
  /** Where the secret key is kept; null when it came from SECRET_KEY. */
  readonly secretKeyFile: string | null;
  readonly sources: {
    readonly enabled: readonly SourceName[];
    readonly arxivCategories: readonly string[];
    readonly huggingfaceUrl: string;
    readonly arxivApiUrl: string;
    readonly arxivFeedUrl: string;
    readonly contact: string | null;
    readonly ingestCron: string;
  };
  readonly digest: DigestDefaults & { readonly windowDays: number };
  readonly logLevel: LogLevel;
  /** Each setting as people may see it. */
  readonly settings: readonly Setting[];
  readonly warnings: readonly string[];
}

/** One setting as people may see it: secrets redacted. */
export interface Setting {
  name: SettingName;
  /** Empty: not set and without a default. */
  value: string;
  origin: 'default' | 'environment' | '.env';
}

/** One setting that cannot be used. */
export interface ConfigProblem {
  name: string;
  /** Redacted. */
  value: string;
  expected: string;
}

/** The settings cannot be used; the message has a line for each problem. */
export class ConfigError extends Error {
  override name = 'ConfigError';
  readonly problems: readonly ConfigProblem[];
  constructor(problems: readonly ConfigProblem[], options?: ErrorOptions) {
    const lines = problems.map(({ name, value, expected }) =>
      value === '' ? `  ${name}: ${expected}` : `  ${name} is ${JSON.stringify(value)}: expected ${expected}`,
    );
    super(`The settings cannot be used:\n${lines.join('\n')}`, options);
    this.problems = problems;
  }
}

/**
 * Reads the settings from `env` and from `cwd/.env` (the environment wins, even where it says nothing:
 * `SMTP_URL= npm start` mails nobody; empty means the default). Relative paths start at `cwd`. Makes and
 * keeps a secret key beside the database file when none is set. Throws ConfigError with every problem.
 */
export function loadConfig(env: NodeJS.ProcessEnv = process.env, cwd: string = process.cwd()): Config {
  const file = readEnvFile(join(cwd, '.env'));
  const raw: Record<string, string | null> = {};
  const settings: Setting[] = [];
  for (const name of Object.keys(defaults) as SettingName[]) {
    const given = (env[name] ?? file[name] ?? '').trim();
    const text = given === '' ? defaults[name] : given;
    raw[name] = text;
    const origin = given === '' ? 'default' : env[name] === undefined ? '.env' : 'environment';
    settings.push({ name, value: text === null ? '' : (redactions[name]?.(text) ?? text), origin });
  }
  const warnings = findMisspelt(new Set([...Object.keys(env), ...Object.keys(file)]), Object.keys(defaults));

  const read = settingsSchema(cwd).safeParse(raw);
  if (!read.success)
    throw new ConfigError(
      read.error.issues.map((issue) => ({
        name: String(issue.path[0]),
        value: settings.find(({ name }) => name === issue.path[0])?.value ?? '',
        expected: issue.message,
      })),
    );
  const secretKeyFile = read.data.SECRET_KEY ? null : secretKeyFileOf(read.data.DATABASE_URL);
  return freeze(
    assemble(read.data, {
      secretKey: read.data.SECRET_KEY ?? keepKey(secretKeyFile),
      secretKeyFile,
      settings,
      warnings,
    }),
  );
}

type Rest = Pick<Config, 'secretKey' | 'secretKeyFile' | 'settings' | 'warnings'>;

function assemble(read: ReadSettings, rest: Rest): Config {
  return {
    databaseFile: read.DATABASE_URL,
    mail: {
      from: read.MAIL_FROM,
      postalAddress: read.POSTAL_ADDRESS,
      dkimKeys: read.DKIM_KEYS ?? [],
      templatesDir: read.TEMPLATES_DIR,
      smtpUrl: read.SMTP_URL,
      outboxDir: read.OUTBOX_DIR,
      connections: read.SMTP_CONNECTIONS,
      domainConnections: read.SMTP_DOMAIN_CONNECTIONS || null,
      messagesPerSecond: read.SEND_RATE,
      messagesPerMinute: read.SEND_RATE_PER_MINUTE,
      timeoutMs: read.SMTP_TIMEOUT === 0 ? null : read.SMTP_TIMEOUT * 1000,
      uncertain: read.UNCERTAIN,
      bounceAddress: bounceAddressOf(rest.settings, read),
      readsReturnPath: read.BOUNCE_IMAP_URL !== null || read.BOUNCE_ADDRESS !== null,
    },
    bounces: {
      imapUrl: read.BOUNCE_IMAP_URL,
      imapDone: read.BOUNCE_IMAP_DONE,
      webhooks: {
        sesTopicArn: read.SES_TOPIC_ARN,
        postmarkSecret: read.POSTMARK_WEBHOOK_SECRET,
        mailgunKey: read.MAILGUN_SIGNING_KEY,
        sendgridKey: read.SENDGRID_WEBHOOK_KEY,
        brevoSecret: read.BREVO_WEBHOOK_SECRET,
      },
    },
    watch: { adminEmail: read.ADMIN_EMAIL, metricsToken: read.METRICS_TOKEN },
    admin: { password: read.ADMIN_PASSWORD, email: read.ADMIN_EMAIL },
    retention: { signalsDays: read.KEEP_SIGNALS_DAYS, deliveriesDays: read.KEEP_DELIVERIES_DAYS },
    access: { signUp: read.SIGN_UP, trustedProxies: read.TRUST_PROXY },
    counting: { clicks: read.COUNT_CLICKS === 'yes', opens: read.COUNT_OPENS === 'yes' },
    web: { publicUrl: read.PUBLIC_URL, host: read.HOST, port: read.PORT },
    sources: {
      enabled: read.SOURCES,
      arxivCategories: read.ARXIV_CATEGORIES,
      huggingfaceUrl: read.HUGGINGFACE_URL,
      arxivApiUrl: read.ARXIV_API_URL,
      arxivFeedUrl: read.ARXIV_FEED_URL,
      contact: read.CONTACT,
      ingestCron: read.INGEST_CRON,
    },
    digest: {
      time: read.DIGEST_TIME,
      timezone: read.DIGEST_TIMEZONE,
      days: read.DIGEST_DAYS,
      maxPapers: read.DIGEST_MAX_PAPERS,
      locale: read.DIGEST_LOCALE,
      windowDays: read.DIGEST_WINDOW_DAYS,
    },
    logLevel: read.LOG_LEVEL,
    ...rest,
  };
}

/** Unset: `bounce@` the domain that mail is from. */
function bounceAddressOf(settings: readonly Setting[], read: ReadSettings): BounceAddress | null {
  const isSet = settings.some(({ name, origin }) => name === 'BOUNCE_ADDRESS' && origin !== 'default');
  if (isSet) return read.BOUNCE_ADDRESS;
  const { address } = read.MAIL_FROM;
  return { localPart: 'bounce', domain: address.slice(address.lastIndexOf('@') + 1) };
}

function readEnvFile(path: string): NodeJS.Dict<string> {
  try {
    return parseEnv(readFileSync(path, 'utf8'));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw new ConfigError([{ name: '.env', value: '', expected: (cause as Error).message }], { cause });
  }
}

/**
 * Beside the database: beside the file itself when a link leads there, or two ways to one database would have two
 * keys and the links in mails would work by one of them only. A key that lies beside the link already stays in use.
 */
function secretKeyFileOf(databaseFile: string): string {
  const given = join(dirname(databaseFile), 'secret.key');
  if (existsSync(given) || !existsSync(databaseFile)) return given;
  return join(dirname(realpathSync(databaseFile)), 'secret.key');
}

function keepKey(file: string | null): string {
  try {
    return keepSecretKey(file ?? '');
  } catch (cause) {
    throw new ConfigError([{ name: 'SECRET_KEY', value: '', expected: (cause as Error).message }], { cause });
  }
}

/** Freezes it to its leaves and lets `JSON.stringify`, `console.log` and loggers see only the redacted settings. */
function freeze(config: Config): Config {
  const show = () => Object.fromEntries(config.settings.map(({ name, value }) => [name, value]));
  Object.defineProperty(config, 'toJSON', { value: show });
  Object.defineProperty(config, inspect.custom, { value: show });
  return freezeDeeply(config);
}

function freezeDeeply<T extends object>(value: T): T {
  for (const inner of Object.values(value))
    if (typeof inner === 'object' && inner !== null) freezeDeeply(inner);
  return Object.freeze(value);
}

/** Aligned lines `NAME  value  (origin)`, then the warnings; no secrets. */
export function describeConfig(config: Pick<Config, 'settings' | 'secretKeyFile' | 'warnings'>): string {
  const width = Math.max(...config.settings.map(({ name }) => name.length));
  const lines = config.settings.map(({ name, value, origin }) => {
    const shown = name === 'SECRET_KEY' && config.secretKeyFile ? `kept in ${config.secretKeyFile}` : value;
    return `${name.padEnd(width)}  ${shown || '-'}${origin === 'default' ? '' : `  (${origin})`}`;
  });
  return [...lines, ...config.warnings.map((warning) => `warning: ${warning}`)].join('\n');
}
