import { html } from 'hono/html';
import { steeringChoices } from '../../digest/steer.ts';
import { type ListedFeedback, listFeedback, type Verdict } from '../../store/feedback.ts';
import type { Subscriber } from '../../store/subscribers.ts';
import { removeFeedback } from '../../subscribers/feedback.ts';
import { readableText } from '../../tex/readable.ts';
import type { WebDependencies } from '../context.ts';
import type { Html } from '../shell/page.ts';
import { readPage } from './pages.ts';
import { type PreferencesGate, saved } from './preferences-gate.ts';

const pageLength = 50;
const words: Record<Verdict, string> = { more: 'More like this', less: 'Less like this' };

/** What a subscriber asked for more and less of, each to be taken back. */
export function likesPages(gate: PreferencesGate, { store, clock }: WebDependencies): void {
  const item = (subscriber: Subscriber, one: ListedFeedback): Html =>
    html`<li><span class="verdict">${words[one.verdict]}</span><span>${readableText(one.title)}</span>${gate.button(
      subscriber,
      '/likes/remove',
      'Take back',
      html`<input type="hidden" name="paper" value="${one.paperId}">`,
    )}</li>`;

  gate.get('/likes', async (c, subscriber) => {
    const beforeId = readPage(c);
    const found = await listFeedback(store.db, subscriber.id, { beforeId, limit: pageLength + 1 });
    const shown = found.slice(0, pageLength);
    const last = found.length > pageLength ? shown.at(-1) : undefined;
    return c.html(
      gate.page(subscriber, 'likes', 'What you like more and less', [
        saved(
          c.req.query('saved') === undefined
            ? undefined
            : 'Taken back. It does not change your digests any more.',
        ),
        shown.length === 0
          ? html`<p>Nothing yet. Each paper in your mail has the links “More like this” and “Less like this”: papers on what
it is about then come further up, or further down.</p>`
          : html`<p>Papers like these come further up or down in your digests; none is left out for it. The last ${steeringChoices} of
either kind count.</p>
<ul class="likes">${shown.map((one) => item(subscriber, one))}</ul>
${beforeId === undefined ? gate.button(subscriber, '/likes/remove', 'Take all back', html`<input type="hidden" name="paper" value="all">`) : ''}`,
        last
          ? html`<p><a href="${gate.path(subscriber, `/likes?before=${last.id}`)}">Older ones</a></p>`
          : html``,
      ]),
    );
  });

  gate.post('/likes/remove', async (c, subscriber) => {
    const { paper } = await c.req.parseBody();
    const id = paper === 'all' ? 'all' : Number(paper);
    if (id === 'all' || Number.isSafeInteger(id))
      await removeFeedback(store.db, subscriber.id, id, clock.now());
    return c.redirect(gate.path(subscriber, '/likes?saved'), 303);
  });
}
