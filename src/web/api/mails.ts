import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { lookAtEdition } from '../../delivery/edition.ts';
import { type Explained, explainEdition } from '../../delivery/explain.ts';
import { previewMail } from '../../delivery/preview-mail.ts';
import { readMail } from '../../delivery/read-mail.ts';
import { sendTestMail } from '../../delivery/test-send.ts';
import { currentEdition, localDateAt } from '../../digest/schedule.ts';
import { TemplateError } from '../../digest/template-files.ts';
import type { OpenedMessage } from '../../mail/open-message.ts';
import { signalKinds } from '../../papers/paper.ts';
import type { Actor } from '../../store/acting.ts';
import type { Subscriber } from '../../store/subscribers.ts';
import { mailLinks, unsentLinks } from '../../subscribers/tokens.ts';
import { createLimiter, type Limiter } from '../shell/limiter.ts';
import type { ApiDependencies, ApiEnv } from './context.ts';
import { previewDocument } from './documents.ts';
import { ApiProblem } from './problem.ts';
import { actProblems, acts, body, idempotencyHeader, json, looks, problems } from './routes.ts';
import { count, date, id, idParams, instant } from './schemas.ts';
import { findWhole } from './subscriber-document.ts';

const tag = 'Mails';

const mailShape = {
  subject: z.string(),
  headers: z.array(z.object({ name: z.string(), value: z.string() })),
  html: z.string(),
  text: z.string(),
  bytes: z.object({ message: count, html: count, text: count }),
};

const deliveredRoute = createRoute({
  ...looks({
    tag,
    operationId: 'getMailOfDelivery',
    summary: 'The mail of a delivery, as it was or will be sent',
    description: 'Made anew of its papers, but for those withdrawn since, and dated now.',
  }),
  method: 'get',
  path: '/deliveries/{id}/mail',
  request: { params: idParams },
  responses: { 200: json(z.object(mailShape).openapi('Mail'), 'The mail.'), ...problems(404) },
});

const day = z
  .union([date, z.literal('next')])
  .optional()
  .openapi({
    description:
      'A local date of theirs, today when absent; `next`: today once its digest is due, else the day of the next one.',
  });
const dayQuery = z.strictObject({ date: day });

export const previewSchema = z
  .object({
    date,
    deliveryId: id.nullable().openapi({ description: 'Null: it is not planned yet.' }),
    ...mailShape,
    preheader: z.string().openapi({ description: 'What a list of mails shows after the subject.' }),
    papers: z.array(z.object({ key: z.string(), title: z.string() })),
  })
  .openapi('MailPreview');

const previewRoute = createRoute({
  ...looks({
    tag,
    operationId: 'previewMail',
    summary: 'The mail of a subscriber for a day: as it was planned, or as it would be by what is known now',
  }),
  method: 'get',
  path: '/subscribers/{id}/mail',
  request: { params: idParams, query: dayQuery },
  responses: {
    200: json(previewSchema, 'The mail.'),
    ...problems(404),
  },
});

const messageType = 'message/rfc822';
const messageRoute = createRoute({
  ...looks(
    { tag, operationId: 'previewMessage', summary: 'The same mail as it goes over the wire' },
    messageType,
  ),
  method: 'get',
  path: '/subscribers/{id}/mail.eml',
  request: { params: idParams, query: dayQuery },
  responses: {
    200: { description: 'The message.', content: { [messageType]: { schema: z.string() } } },
    ...problems(404),
  },
});

export const testedSchema = z.object({
  to: z.string(),
  through: z.string(),
  messageId: z.string(),
  reply: z.string().openapi({ description: 'What the mail server said.' }),
});

const testRoute = createRoute({
  ...acts('send', {
    tag,
    operationId: 'sendTestMail',
    summary: 'Send the mail of a subscriber for a day to an address, as a test',
    description:
      "Its subject begins with [Test], its links act for nobody, and it counts as nobody's digest. Ten in a quarter of an hour are the most.",
  }),
  method: 'post',
  path: '/subscribers/{id}/test-mail',
  request: {
    params: idParams,
    headers: idempotencyHeader,
    body: body(
      z
        .strictObject({
          to: z.string().max(320).openapi({ example: 'you@example.org' }),
          date: day,
        })
        .openapi('TestMail'),
    ),
  },
  responses: {
    200: json(testedSchema, 'It was sent.'),
    ...problems(404, ...actProblems),
  },
});

const share = z.number().min(0).max(1);
const ranked = {
  key: z.string(),
  title: z.string(),
  score: z.number(),
  percentile: share,
  relevance: share,
  rising: z.boolean(),
  topics: z.array(z.string()),
  terms: z.array(z.string()),
  steered: z.number().optional().openapi({ description: 'What of the score is by their feedback.' }),
  moreLike: z.string().optional(),
};
export const explainedSchema = z
  .object({
    email: z.string(),
    status: z.string(),
    schedule: z.object({
      time: z.string(),
      timezone: z.string(),
      days: z.array(z.string()),
      maxPapers: count,
    }),
    suppressed: z.object({ reason: z.string(), note: z.string().nullable(), since: instant }).nullable(),
    editionDate: date,
    dueAt: instant,
    planned: z.boolean(),
    delivery: z
      .object({
        id,
        status: z.string(),
        reason: z.string().nullable(),
        detail: z.string().nullable(),
        plannedAt: instant,
      })
      .nullable(),
    noDigest: z.string().nullable().openapi({ description: 'Why there is none; null: there is one.' }),
    candidates: count.openapi({ description: 'Papers that there are to choose from.' }),
    topics: z.array(z.object({ name: z.string(), query: z.string(), matches: count })),
    included: z.array(
      z.object({
        ...ranked,
        changes: z.array(
          z.object({
            kind: z.enum(signalKinds),
            value: z.number(),
            sinceYesterday: z.number().nullable(),
          }),
        ),
        votesByDay: z.array(z.number()).optional(),
        sharesTitle: z.literal(true).optional(),
      }),
    ),
    missed: z.array(
      z.object({
        ...ranked,
        reason: z.enum(['already_sent', 'near_duplicate', 'crowded_out', 'digest_full']),
        like: z.string().nullable(),
        likeTitle: z.string().nullable(),
      }),
    ),
    sentBefore: z.array(z.object({ key: z.string(), title: z.string(), editionDate: date.nullable() })),
  })
  .openapi('Explained');

const nextRoute = createRoute({
  ...looks({
    tag,
    operationId: 'explainNextDigest',
    summary: "What is in a subscriber's digest of today, or else the next one, what just missed, and why",
  }),
  method: 'get',
  path: '/subscribers/{id}/next-digest',
  request: { params: idParams },
  responses: { 200: json(explainedSchema, 'Each paper with what speaks for it.'), ...problems(404) },
});

const noMail = {
  unknown: 'There is no such delivery.',
  erased: 'Its subscriber was erased: there is nobody whom it could be addressed to.',
  no_papers: 'There is no mail: it holds no papers, or all of them were withdrawn.',
};

/** Mails as they were or would be, and why they hold what they hold. */
export function mailRoutes(dependencies: ApiDependencies): OpenAPIHono<ApiEnv> {
  const { store, clock, config, hashAddress, composer, renderer, candidates, messageId, transport } =
    dependencies;
  const { db } = store;
  const api = new OpenAPIHono<ApiEnv>();
  const tests = createLimiter({ windowMs: 15 * 60_000, each: { actor: 10 }, all: 100 });
  // Each looks at all there is to choose from, and everybody waits for it.
  const choices = createLimiter({ windowMs: 60_000, each: { actor: 60 }, all: 120 });
  const links = (holder: Parameters<typeof mailLinks>[1], deliveryId: number) =>
    mailLinks(config, holder, deliveryId);

  function needed<T>(part: T | undefined): T {
    if (part === undefined) throw new ApiProblem('unavailable', 'No mail can be made here.');
    return part;
  }
  async function orTemplates<T>(make: () => Promise<T>): Promise<T> {
    try {
      return await make();
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      throw new ApiProblem('conflict', error.message);
    }
  }
  const mailOf = ({ subject, headers, html, text, bytes }: OpenedMessage) => ({
    subject,
    headers,
    html,
    text,
    bytes,
  });

  api.openapi(deliveredRoute, async (c) => {
    const found = await orTemplates(async () =>
      readMail({ db, links, compose: await needed(composer)() }, c.req.valid('param').id),
    );
    if (!found.ok) throw new ApiProblem('not-found', noMail[found.reason]);
    return c.json(mailOf(found.mail), 200);
  });

  async function takeTurn(limiter: Limiter<'actor'>, { kind, id }: Actor, words: string): Promise<void> {
    const waitMs = await limiter.take({ actor: `${kind} ${id ?? ''}` });
    if (waitMs === null) return;
    const seconds = String(Math.ceil(waitMs / 1000));
    throw new ApiProblem('too-many-requests', words, { headers: { 'Retry-After': seconds } });
  }
  const tooMany = 'Sixty a minute are the most: /dry-run tells what many would get.';

  async function preview(subscriber: Subscriber, asked: string | undefined) {
    const day =
      asked === 'next'
        ? currentEdition(subscriber, clock.now()).date
        : (asked ?? localDateAt(clock.now(), subscriber.timezone));
    const found = await orTemplates(async () =>
      previewMail(
        {
          ...{ db, now: clock.now(), hashAddress, links },
          candidates: needed(candidates),
          messageId: needed(messageId),
          compose: await needed(composer)(),
        },
        subscriber,
        day,
      ),
    );
    if (!found.ok) throw new ApiProblem('not-found', `There is no mail for ${day}. ${found.sentence}`);
    return { day, found };
  }

  api.openapi(previewRoute, async (c) => {
    const { subscriber } = await findWhole(db, c.req.valid('param').id);
    await takeTurn(choices, c.var.actor, tooMany);
    const { day, found } = await preview(subscriber, c.req.valid('query').date);
    const render = await needed(renderer)();
    return c.json(previewDocument(day, found, render(found.digest).preheader), 200);
  });

  api.openapi(messageRoute, async (c) => {
    const { subscriber } = await findWhole(db, c.req.valid('param').id);
    await takeTurn(choices, c.var.actor, tooMany);
    const { found } = await preview(subscriber, c.req.valid('query').date);
    return c.body(new Uint8Array(found.raw), 200, { 'Content-Type': messageType });
  });

  api.openapi(testRoute, async (c) => {
    const { to, date } = c.req.valid('json');
    const { subscriber } = await findWhole(db, c.req.valid('param').id);
    const { found } = await preview(subscriber, date);
    await takeTurn(tests, c.var.actor, 'Ten tests in a quarter of an hour are the most.');
    const sent = await sendTestMail(
      {
        ...{
          db,
          now: clock.now(),
          hashAddress,
          compose: await needed(composer)(),
          transport: needed(transport),
        },
        homeUrl: `${config.web.publicUrl}/`,
        unsentLinks: unsentLinks(config.web.publicUrl),
      },
      found,
      to,
    );
    if (!sent.ok) throw new ApiProblem('conflict', sent.message);
    const { ok: _, ...told } = sent;
    return c.json(told, 200);
  });

  api.openapi(nextRoute, async (c) => {
    const { subscriber } = await findWhole(db, c.req.valid('param').id);
    await takeTurn(choices, c.var.actor, tooMany);
    const set = await needed(candidates)();
    try {
      const deps = { db, at: clock.now(), candidates: set, links, messageId: needed(messageId), hashAddress };
      const told: Explained = explainEdition(await lookAtEdition(deps, subscriber), set);
      return c.json(told satisfies z.infer<typeof explainedSchema>, 200);
    } finally {
      set.close();
    }
  });
  return api;
}
