import { z } from 'zod';
import { redactSecret, redactUrl } from './redact.ts';
import * as values from './values.ts';

export const sourceNames = ['huggingface', 'arxiv'] as const;
export type SourceName = (typeof sourceNames)[number];
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** What each setting is when nothing is said; null: it has no default. `.env.example` says the same. */
export const defaults = {
  DATABASE_URL: 'sqlite:data/paperboy.db',
  SMTP_URL: null,
  MAIL_FROM: 'Paperboy <paperboy@localhost>',
  POSTAL_ADDRESS: null,
  DKIM_KEYS: null,
  TEMPLATES_DIR: null,
  OUTBOX_DIR: 'data/outbox',
  SMTP_CONNECTIONS: '10',
  SMTP_DOMAIN_CONNECTIONS: '0',
  SEND_RATE: '0',
  SEND_RATE_PER_MINUTE: '0',
  SMTP_TIMEOUT: '0',
  UNCERTAIN: 'hold',
  BOUNCE_ADDRESS: null,
  BOUNCE_IMAP_URL: null,
  BOUNCE_IMAP_DONE: 'Paperboy',
  SES_TOPIC_ARN: null,
  POSTMARK_WEBHOOK_SECRET: null,
  MAILGUN_SIGNING_KEY: null,
  SENDGRID_WEBHOOK_KEY: null,
  BREVO_WEBHOOK_SECRET: null,
  ADMIN_EMAIL: null,
  ADMIN_PASSWORD: null,
  PUBLIC_URL: 'http://localhost:8080',
  HOST: '127.0.0.1',
  PORT: '8080',
  SECRET_KEY: null,
  SOURCES: 'huggingface,arxiv',
  ARXIV_CATEGORIES: 'cs.AI,cs.CL,cs.CV,cs.IR,cs.LG,cs.RO,stat.ML',
  HUGGINGFACE_URL: 'https://huggingface.co',
  ARXIV_API_URL: 'https://export.arxiv.org',
  ARXIV_FEED_URL: 'https://rss.arxiv.org',
  CONTACT: null,
  INGEST_CRON: '20 * * * *',
  DIGEST_TIME: '08:00',
  DIGEST_TIMEZONE: 'UTC',
  DIGEST_DAYS: 'mon,tue,wed,thu,fri,sat,sun',
  DIGEST_MAX_PAPERS: '10',
  DIGEST_WINDOW_DAYS: '14',
  DIGEST_LOCALE: 'en',
  KEEP_SIGNALS_DAYS: '400',
  KEEP_DELIVERIES_DAYS: '800',
  METRICS_TOKEN: null,
  LOG_LEVEL: 'info',
} as const satisfies Record<string, string | null>;
export type SettingName = keyof typeof defaults;

/** How the settings that can hold a secret are shown. */
export const redactions: Partial<Record<SettingName, (text: string) => string>> = {
  DATABASE_URL: redactUrl,
  SMTP_URL: redactUrl,
  PUBLIC_URL: redactUrl,
  HUGGINGFACE_URL: redactUrl,
  ARXIV_API_URL: redactUrl,
  ARXIV_FEED_URL: redactUrl,
  SECRET_KEY: redactSecret,
  BOUNCE_IMAP_URL: redactUrl,
  POSTMARK_WEBHOOK_SECRET: redactSecret,
  MAILGUN_SIGNING_KEY: redactSecret,
  BREVO_WEBHOOK_SECRET: redactSecret,
  METRICS_TOKEN: redactSecret,
  ADMIN_PASSWORD: redactSecret,
};

/** Every setting's text, or null where there is none, to its value. Relative paths start at `cwd`. */
export function settingsSchema(cwd: string) {
  return z.object({
    DATABASE_URL: values.databaseFile(cwd),
    SMTP_URL: values.smtpUrl.nullable(),
    MAIL_FROM: values.sender,
    POSTAL_ADDRESS: values.postalAddress.nullable(),
    DKIM_KEYS: values.dkimKeys(cwd).nullable(),
    TEMPLATES_DIR: values.folder(cwd).nullable(),
    OUTBOX_DIR: values.folder(cwd),
    SMTP_CONNECTIONS: values.wholeNumber(1, 200),
    SMTP_DOMAIN_CONNECTIONS: values.wholeNumber(0, 200),
    SEND_RATE: values.rate,
    SEND_RATE_PER_MINUTE: values.rate,
    SMTP_TIMEOUT: values.wholeNumber(0, 3600),
    UNCERTAIN: values.oneOf(['hold', 'resend']),
    BOUNCE_ADDRESS: values.bounceAddress.nullable(),
    BOUNCE_IMAP_URL: values.imapUrl.nullable(),
    BOUNCE_IMAP_DONE: values.mailboxName,
    SES_TOPIC_ARN: values.snsTopicArn.nullable(),
    POSTMARK_WEBHOOK_SECRET: values.webhookSecret.nullable(),
    MAILGUN_SIGNING_KEY: values.webhookSecret.nullable(),
    SENDGRID_WEBHOOK_KEY: values.sendgridKey.nullable(),
    BREVO_WEBHOOK_SECRET: values.webhookSecret.nullable(),
    ADMIN_EMAIL: values.mailAddress.nullable(),
    ADMIN_PASSWORD: values.adminPassword.nullable(),
    PUBLIC_URL: values.baseUrl,
    HOST: values.host,
    PORT: values.wholeNumber(0, 65535),
    SECRET_KEY: values.secret.nullable(),
    SOURCES: values.sources(sourceNames),
    ARXIV_CATEGORIES: values.arxivCategories,
    HUGGINGFACE_URL: values.baseUrl,
    ARXIV_API_URL: values.baseUrl,
    ARXIV_FEED_URL: values.baseUrl,
    CONTACT: values.contact.nullable(),
    INGEST_CRON: values.cron,
    DIGEST_TIME: values.digestTime,
    DIGEST_TIMEZONE: values.timezone,
    DIGEST_DAYS: values.days,
    DIGEST_MAX_PAPERS: values.wholeNumber(1, 50),
    DIGEST_WINDOW_DAYS: values.wholeNumber(1, 90),
    DIGEST_LOCALE: values.locale,
    KEEP_SIGNALS_DAYS: values.wholeNumber(100, 36_500),
    KEEP_DELIVERIES_DAYS: values.wholeNumber(100, 36_500),
    METRICS_TOKEN: values.webhookSecret.nullable(),
    LOG_LEVEL: values.oneOf(logLevels),
  } satisfies Record<SettingName, z.ZodType>);
}

export type ReadSettings = z.infer<ReturnType<typeof settingsSchema>>;
