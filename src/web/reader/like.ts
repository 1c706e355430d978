import { type Context, Hono } from 'hono';
import { html } from 'hono/html';
import { maskAddress } from '../../mail/addresses.ts';
import type { OwnedDelivery } from '../../store/deliveries.ts';
import type { Verdict } from '../../store/feedback.ts';
import {
  type FeedbackSubject,
  findSubject,
  recordFeedback,
  removeFeedback,
} from '../../subscribers/feedback.ts';
import { readableText } from '../../tex/readable.ts';
import { basePath, type WebDependencies } from '../context.ts';
import { frameOf, page } from '../shell/page.ts';
import { findDeliveryBearer } from './bearer.ts';
import { readerForms } from './forms.ts';

const questions: Record<Verdict, string> = { more: 'More like this?', less: 'Less like this?' };
const buttons: Record<Verdict, string> = { more: 'More like this', less: 'Less like this' };
const answers: Record<Verdict, string> = {
  more: 'You will see more like this',
  less: 'You will see less like this',
};
const meanings: Record<Verdict, string> = {
  more: 'Papers on what this one is about come further up in your next digests.',
  less: 'Papers on what this one is about come further down in your next digests. None is left out for it.',
};
const other: Record<Verdict, Verdict> = { more: 'less', less: 'more' };

/** “More like this” and “less like this” of a mail: a link asks, a button says it. */
export function likePages(dependencies: WebDependencies): Hono {
  const { store, config, clock } = dependencies;
  const site = new Hono();
  const base = basePath(config);
  const frame = frameOf(config);
  const forms = readerForms(dependencies);

  const form = (delivery: OwnedDelivery, action: string, label: string, quiet = false) =>
    html`<form method="post" action="${action}">${forms.token('like', delivery.id)}<button${
      quiet ? html` class="quiet"` : ''
    }>${label}</button></form>`;
  const paper = (subject: FeedbackSubject) =>
    html`<blockquote class="paper-title">${readableText(subject.title)}</blockquote>`;
  const path = (c: Context, verdict: Verdict) =>
    `${base}/like/${c.req.param('token')}/${c.req.param('position')}/${verdict}`;
  const whose = ({ email }: OwnedDelivery) => html`<p class="hint">For ${maskAddress(email)}</p>`;

  const ask = (c: Context, delivery: OwnedDelivery, subject: FeedbackSubject, verdict: Verdict) =>
    page(frame, questions[verdict], [
      whose(delivery),
      paper(subject),
      html`<p>${meanings[verdict]}</p>
<div class="actions">${form(delivery, path(c, verdict), buttons[verdict])}${form(
        delivery,
        path(c, other[verdict]),
        buttons[other[verdict]],
        true,
      )}</div>`,
    ]);

  const say = (c: Context, delivery: OwnedDelivery, subject: FeedbackSubject, verdict: Verdict) =>
    page(frame, answers[verdict], [
      whose(delivery),
      paper(subject),
      html`<p>${meanings[verdict]}</p>
<div class="actions">${form(delivery, `${path(c, verdict)}/undo`, 'Take it back', true)}${form(
        delivery,
        path(c, other[verdict]),
        buttons[other[verdict]],
        true,
      )}</div>
<p>All that you asked for more or less of is listed in your preferences: the link is in each mail.</p>`,
    ]);

  const nothing = page(
    frame,
    'This paper cannot be found',
    html`<p>The link may have been cut off on its way. Nothing was changed.</p>`,
  );

  /** What the link is about; null: the answer was given already. */
  async function read(c: Context) {
    const bearer = await findDeliveryBearer(c, 'feedback', dependencies);
    if (!bearer.ok) return bearer;
    const verdict = verdictOf(c.req.param('verdict'));
    const position = positionOf(c.req.param('position'));
    const subject = await findSubject(store.db, bearer.delivery.id, position);
    if (!subject || !verdict) return { ok: false as const, answer: await c.html(nothing, 404) };
    return { ok: true as const, delivery: bearer.delivery, subject, verdict, position };
  }

  site.get('/like/:token/:position/:verdict', async (c) => {
    const found = await read(c);
    if (!found.ok) return found.answer;
    const { delivery, subject, verdict } = found;
    return c.html((subject.choice?.verdict === verdict ? say : ask)(c, delivery, subject, verdict));
  });

  site.post('/like/:token/:position/:verdict', async (c) => {
    const found = await read(c);
    if (!found.ok) return found.answer;
    const { delivery, verdict, position } = found;
    const refusal = await forms.refuse(c, 'like', delivery.id, path(c, verdict));
    if (refusal) return refusal;
    const said = await recordFeedback(store.db, { deliveryId: delivery.id, position, verdict }, clock.now());
    return said.ok ? c.html(say(c, delivery, said.subject, verdict)) : c.html(nothing, 404);
  });

  site.post('/like/:token/:position/:verdict/undo', async (c) => {
    const found = await read(c);
    if (!found.ok) return found.answer;
    const { delivery, subject, verdict } = found;
    const refusal = await forms.refuse(c, 'like', delivery.id, path(c, verdict));
    if (refusal) return refusal;
    await removeFeedback(store.db, subject.subscriberId, subject.paperId, clock.now());
    return c.html(
      page(frame, 'Taken back', [
        whose(delivery),
        paper(subject),
        html`<p>It does not change your digests any more.</p>`,
      ]),
    );
  });
  return site;
}

function verdictOf(text: string | undefined): Verdict | null {
  return text === 'more' || text === 'less' ? text : null;
}

/** NaN for what is none. */
function positionOf(text = ''): number {
  return /^[1-9]\d{0,2}$/.test(text) ? Number(text) : Number.NaN;
}
