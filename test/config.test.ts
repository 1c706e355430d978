import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect, parseEnv } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { redactUrl } from '../src/config/redact.ts';
import { defaults } from '../src/config/settings.ts';
import { ConfigError, describeConfig, loadConfig } from '../src/config.ts';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'paperboy-config-'));
});
afterEach(() => rmSync(cwd, { recursive: true }));

const secret = 'a'.repeat(32);
const problemsOf = (env: Record<string, string>) => {
  try {
    loadConfig(env, cwd);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('expected a ConfigError');
};

test('nothing set gives the defaults, relative to the working directory', () => {
  const config = loadConfig({}, cwd);
  expect(config).toMatchObject({
    databaseFile: join(cwd, 'data/paperboy.db'),
    mail: {
      from: { name: 'Paperboy', address: 'paperboy@localhost' },
      smtpUrl: null,
      outboxDir: join(cwd, 'data/outbox'),
      connections: 10,
      messagesPerSecond: null,
      timeoutMs: null,
    },
    web: { publicUrl: 'http://localhost:8080', host: '127.0.0.1', port: 8080 },
    sources: { enabled: ['huggingface', 'arxiv'], contact: null, ingestCron: '20 * * * *' },
    digest: { time: '08:00', timezone: 'UTC', maxPapers: 10, windowDays: 14, locale: 'en' },
    warnings: [],
  });
  expect(config.digest.days).toHaveLength(7);
});

test.each([
  ['en-u-ca-buddhist-nu-thai', 'en'],
  ['pt-br-x-mine', 'pt-BR'],
  ['zh-hant-tw-u-nu-hanidec', 'zh-Hant-TW'],
  ['de-t-en-x-own', 'de'],
])('of a language tag its extensions are left out: %s', (tag, locale) => {
  expect(loadConfig({ DIGEST_LOCALE: tag }, cwd).digest.locale).toBe(locale);
});

test.each(['x-mine', 'en-u', 'en_US.UTF-8', `en-${'abcdefgh-'.repeat(9)}x`, 'qqq'])(
  'no language tag: %s',
  (tag) => {
    expect(problemsOf({ DIGEST_LOCALE: tag }).problems.map(({ name }) => name)).toEqual(['DIGEST_LOCALE']);
  },
);

test('.env fills what the environment does not name, and an empty variable means the default', () => {
  writeFileSync(
    join(cwd, '.env'),
    'PORT=9000\nHOST=0.0.0.0\nSMTP_URL=smtp://mail.example.org\nDIGEST_TIME=\n',
  );
  const config = loadConfig({ PORT: '9100', SMTP_URL: '' }, cwd);
  expect(config.web).toMatchObject({ port: 9100, host: '0.0.0.0' });
  expect(config.mail.smtpUrl).toBeNull();
  expect(config.digest.time).toBe('08:00');
  expect(config.settings.filter(({ origin }) => origin !== 'default').map((s) => [s.name, s.origin])).toEqual(
    [
      ['HOST', '.env'],
      ['PORT', 'environment'],
    ],
  );
});

test('every problem is told at once with name, value and what is expected', () => {
  const wrong = {
    DATABASE_URL: 'postgres://paper:boy@db/papers',
    SMTP_URL: 'http://mail.example.org',
    MAIL_FROM: 'nobody',
    SMTP_CONNECTIONS: '201',
    SEND_RATE: 'fast',
    PUBLIC_URL: 'papers.example.org',
    HOST: 'http://x',
    PORT: '65536',
    SECRET_KEY: 'short',
    SOURCES: 'arxiv,nature',
    ARXIV_CATEGORIES: 'cs.AI;cs.CL',
    HUGGINGFACE_URL: 'ftp://mirror.example.org',
    ARXIV_API_URL: 'x',
    ARXIV_FEED_URL: 'https://feed.example.org/?a=1',
    CONTACT: 'call (me)',
    INGEST_CRON: '61 * * * *',
    DIGEST_TIME: '8am',
    DIGEST_TIMEZONE: 'Mars/Olympus',
    DIGEST_DAYS: 'someday',
    DIGEST_MAX_PAPERS: '51',
    DIGEST_WINDOW_DAYS: '0',
    DIGEST_LOCALE: 'no-such-language-tag!',
    LOG_LEVEL: 'loud',
  };
  const error = problemsOf(wrong);
  expect(error.problems.map(({ name }) => name).sort()).toEqual(Object.keys(wrong).sort());
  expect(error.message).toContain('PORT is "65536": expected a whole number from 0 to 65535');
  expect(error.message).toContain('PostgreSQL is not supported yet');
  expect(error.message).not.toContain('boy@db');
  expect(error.message).not.toContain('"short"');
});

test.each([
  'sqlite::memory:',
  'sqlite:',
  'sqlite://data/paperboy.db',
  'data/paperboy.db',
  'sqlite:data/',
  'sqlite:a?b',
])('a database that is no file is refused: %s', (url) => {
  expect(problemsOf({ DATABASE_URL: url }).problems[0]?.name).toBe('DATABASE_URL');
});

test('a database may be named by an absolute path', () => {
  const file = join(cwd, 'elsewhere.db');
  expect(loadConfig({ DATABASE_URL: `sqlite:${file}` }, cwd).databaseFile).toBe(file);
  expect(loadConfig({ DATABASE_URL: `sqlite://${file}` }, cwd).databaseFile).toBe(file);
});

test('no password is ever shown, however the address is broken', () => {
  expect(redactUrl('smtp://me:hunter2@mail.example.org:587')).toBe('smtp://me:***@mail.example.org:587');
  expect(redactUrl('smtp://mail.example.org?password=hunter2')).not.toContain('hunter2');
  for (const password of [
    'hunter2/x',
    'hunter2@x',
    'hunter2#x',
    'hunter2?x',
    '1/hunter2',
    'hunter2%',
    'a b hunter2',
  ])
    for (const start of ['smtp://me:', 'smtp:me:', 'me:', 'smtp//me:'])
      expect(redactUrl(`${start}${password}@mail.example.org`)).not.toContain('hunter2');
});

test('a printed config shows the settings and no secret', () => {
  const config = loadConfig({ SECRET_KEY: secret, SMTP_URL: 'smtps://me:hunter2@mail.example.org' }, cwd);
  for (const shown of [inspect(config), JSON.stringify(config), describeConfig(config)]) {
    expect(shown).toContain('mail.example.org');
    expect(shown).not.toContain('hunter2');
    expect(shown).not.toContain(secret);
  }
});

test('a config cannot be changed, to its leaves', () => {
  const config = loadConfig({ SECRET_KEY: secret }, cwd);
  expect(Object.isFrozen(config.digest.days)).toBe(true);
  expect(() => Object.assign(config.web, { port: 1 })).toThrow(TypeError);
});

test('names close to ours are warned of, names of others are not', () => {
  const env = { SECRET_KEY: secret, SMTP_URI: 'smtp://u:hunter2@x', MAIL_FORM: 'x', DIGEST_HOUR: '8' };
  const others = {
    HOSTNAME: 'x',
    PATH: '/',
    MAIL: '/var/mail',
    LANG: 'C',
    HUGGINGFACE_TOKEN: 'x',
    SHELL: 'x',
  };
  expect(loadConfig({ ...env, ...others }, cwd).warnings).toEqual([
    'SMTP_URI is not a setting; did you mean SMTP_URL?',
    'MAIL_FORM is not a setting; did you mean MAIL_FROM?',
    'DIGEST_HOUR is not a setting and is not read.',
  ]);
});

describe('the secret key', () => {
  test('is made once, kept beside the database and readable by its owner alone', () => {
    const first = loadConfig({ DATABASE_URL: 'sqlite:deep/er/paperboy.db' }, cwd);
    const file = join(cwd, 'deep/er/secret.key');
    expect(first.secretKeyFile).toBe(file);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(first.secretKey.length).toBeGreaterThanOrEqual(43);
    expect(loadConfig({ DATABASE_URL: 'sqlite:deep/er/paperboy.db' }, cwd).secretKey).toBe(first.secretKey);
  });

  test('comes from SECRET_KEY when set, and no file is made', () => {
    const config = loadConfig({ SECRET_KEY: secret }, cwd);
    expect(config).toMatchObject({ secretKey: secret, secretKeyFile: null });
    expect(() => statSync(join(cwd, 'data'))).toThrow();
  });

  test('that was cut short on disk is refused, not replaced', () => {
    loadConfig({}, cwd);
    writeFileSync(join(cwd, 'data/secret.key'), 'abc');
    expect(problemsOf({}).message).toContain('remove it to have a new one made');
  });
});

describe('.env.example', () => {
  const text = readFileSync(join(import.meta.dirname, '../.env.example'), 'utf8');

  test('names every setting with its default, and nothing else', () => {
    const uncommented = parseEnv(text.replace(/^# (?=[A-Z_]+=)/gm, ''));
    const shown = Object.entries(defaults).map(([name, value]) => [name, value ?? '']);
    expect(uncommented).toEqual(Object.fromEntries(shown));
  });

  test('overrides nothing when it is copied as it stands', () => {
    expect(parseEnv(text)).toEqual({});
  });
});

test('one database has one secret key, whatever links lead to it', () => {
  const real = loadConfig({ DATABASE_URL: 'sqlite:real/paperboy.db' }, cwd);
  writeFileSync(real.databaseFile, '');
  mkdirSync(join(cwd, 'linked'));
  symlinkSync(real.databaseFile, join(cwd, 'linked/paperboy.db'));
  expect(loadConfig({ DATABASE_URL: 'sqlite:linked/paperboy.db' }, cwd)).toMatchObject({
    secretKey: real.secretKey,
    secretKeyFile: join(cwd, 'real/secret.key'),
  });
  const kept = join(cwd, 'linked/secret.key');
  writeFileSync(kept, secret, { mode: 0o600 });
  expect(loadConfig({ DATABASE_URL: 'sqlite:linked/paperboy.db' }, cwd).secretKey).toBe(secret);
});
