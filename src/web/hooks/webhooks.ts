import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { RecordReport, ReturnEvent } from '../../bounces/event.ts';
import { readBrevo } from '../../bounces/relays/brevo.ts';
import { type Relay, type RelayReading, relays, type WebhookCall } from '../../bounces/relays/call.ts';
import { makeTokenMemory, readMailgun } from '../../bounces/relays/mailgun.ts';
import { readPostmark } from '../../bounces/relays/postmark.ts';
import { readSendgrid } from '../../bounces/relays/sendgrid.ts';
import { readSes } from '../../bounces/relays/ses.ts';
import { type FetchText, fetchText, makeCertificates } from '../../bounces/relays/sns-fetch.ts';
import type { Config } from '../../config.ts';
import type { Db } from '../../store/store.ts';
import { atomically } from '../../store/subscribers.ts';
import type { WebDependencies } from '../context.ts';

/** What the relays' webhooks work with. */
export interface WebhookDependencies {
  readonly settings: Config['bounces']['webhooks'];
  recordReturns(events: readonly ReturnEvent[], db: Db): Promise<RecordReport>;
  /** How Amazon SNS is asked for its certificates, and told that its messages are wanted. */
  readonly get?: FetchText;
}

/** Above the batches of SendGrid (768 KB) and Brevo (500 events). */
export const maxCallBytes = 1024 * 1024;

/** How many events are recorded in one transaction: others can write in between. */
const eventsPerCommit = 100;

const settingNames = {
  ses: 'SES_TOPIC_ARN',
  postmark: 'POSTMARK_WEBHOOK_SECRET',
  mailgun: 'MAILGUN_SIGNING_KEY',
  sendgrid: 'SENDGRID_WEBHOOK_KEY',
  brevo: 'BREVO_WEBHOOK_SECRET',
} as const satisfies Record<Relay, string>;

export function isWebhook(path: string): boolean {
  return path.startsWith('/webhooks/');
}

type Read = (call: WebhookCall) => RelayReading | Promise<RelayReading>;

/**
 * `POST /webhooks/RELAY`: bounces, complaints and deliveries as the relay reports them. Answers in plain text:
 * 200 once all is recorded (or was before), 400 for what is not understood, 401 or 403 for what is not known to be
 * from the relay, 404 for a relay that is not set up, 503 for what the relay shall send again.
 */
export function webhookPages({ webhooks, config, store, clock, log }: WebDependencies): Hono {
  const site = new Hono();
  if (!webhooks) return site;
  const get = webhooks.get ?? fetchText;
  const readers = makeReaders(webhooks.settings, get, clock);

  site.use(
    '/webhooks/*',
    bodyLimit({ maxSize: maxCallBytes, onError: (c) => c.text('This is too much.\n', 413) }),
  );
  site.all('/webhooks/:relay', async (c) => {
    const relay = relays.find((name) => name === c.req.param('relay'));
    if (relay === undefined) return c.text(`There are webhooks for ${relays.join(', ')}.\n`, 404);
    const read = readers[relay];
    if (read === null)
      return c.text(`The webhook of ${relay} is not set up here: set ${settingNames[relay]}.\n`, 404);
    if (c.req.method !== 'POST') return c.text('Only POST is answered here.\n', 405, { Allow: 'POST' });
    try {
      const reading = await read({
        body: Buffer.from(await c.req.arrayBuffer()),
        header: (name) => c.req.header(name) ?? null,
        now: clock.now(),
        secretKey: config.secretKey,
      });
      return await answer(c, relay, reading);
    } catch (error) {
      log?.error({ err: error, relay }, 'what a relay reports could not be recorded');
      return c.text('It could not be recorded; please send it again.\n', 503);
    }
  });

  async function answer(c: Context, relay: Relay, reading: RelayReading): Promise<Response> {
    if (reading.kind === 'events') {
      const report = await record(reading.events);
      const { recorded, known, unmatched } = report;
      const result = `${recorded} recorded, ${known} known, ${unmatched} about nobody here`;
      if (recorded === 0)
        log?.info?.({ relay, known, unmatched, ignored: reading.ignored }, 'webhook: no effect');
      else log?.info?.({ relay, ...report }, 'webhook: recorded');
      return c.text(`${result}\n`);
    }
    if (reading.kind === 'confirm') {
      const failure = await confirm(reading.url);
      log?.info?.({ relay, failure }, 'webhook: the subscription to the topic was to be confirmed');
      return failure === null
        ? c.text('The subscription is confirmed.\n')
        : c.text(`The subscription could not be confirmed: ${failure}\n`, 503);
    }
    const status = { refused: 403, malformed: 400, unavailable: 503 } as const;
    log?.warn?.({ relay, why: reading.why }, `webhook: ${reading.kind}`);
    const isBySecret = relay === 'postmark' || relay === 'brevo';
    if (reading.kind === 'refused' && isBySecret) {
      c.header('WWW-Authenticate', 'Basic realm="Paperboy webhooks", charset="UTF-8"');
      return c.text(`Refused: ${reading.why}.\n`, 401);
    }
    const word = { refused: 'Refused', malformed: 'Not understood', unavailable: 'Not now' }[reading.kind];
    return c.text(`${word}: ${reading.why}.\n`, status[reading.kind]);
  }

  async function record(events: readonly ReturnEvent[]): Promise<RecordReport> {
    const sum: RecordReport = { recorded: 0, known: 0, unmatched: 0, suppressed: 0, resolved: 0 };
    for (let start = 0; start < events.length; start += eventsPerCommit) {
      const some = events.slice(start, start + eventsPerCommit);
      const report = await atomically(
        store.db,
        (db) => webhooks?.recordReturns(some, db) ?? Promise.resolve(sum),
      );
      for (const name of Object.keys(sum) as (keyof RecordReport)[]) sum[name] += report[name];
    }
    return sum;
  }

  async function confirm(url: string): Promise<string | null> {
    try {
      await get(url);
      return null;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }
  return site;
}

/** Null: the relay is not set up. */
function makeReaders(
  settings: WebhookDependencies['settings'],
  get: FetchText,
  clock: WebDependencies['clock'],
): Record<Relay, Read | null> {
  const { sesTopicArn, postmarkSecret, mailgunKey, sendgridKey, brevoSecret } = settings;
  const certificates = makeCertificates(get, clock);
  const tokens = makeTokenMemory();
  return {
    ses: sesTopicArn === null ? null : (call) => readSes(call, sesTopicArn, certificates),
    postmark: postmarkSecret === null ? null : (call) => readPostmark(call, postmarkSecret),
    mailgun: mailgunKey === null ? null : (call) => readMailgun(call, mailgunKey, tokens),
    sendgrid: sendgridKey === null ? null : (call) => readSendgrid(call, sendgridKey),
    brevo: brevoSecret === null ? null : (call) => readBrevo(call, brevoSecret),
  };
}
