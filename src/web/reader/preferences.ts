import type { Context, Hono } from 'hono';
import { html } from 'hono/html';
import { localDateAt } from '../../digest/schedule.ts';
import { maskAddress } from '../../mail/addresses.ts';
import type { Subscriber } from '../../store/subscribers.ts';
import { findSubscribedTopics, listOpenTopics } from '../../store/subscriptions.ts';
import type { FieldProblem } from '../../subscribers/fields.ts';
import { pauseUntil, resumeSubscriber } from '../../subscribers/status.ts';
import { editSubscriber } from '../../subscribers/subscribers.ts';
import type { WebDependencies } from '../context.ts';
import { page } from '../shell/page.ts';
import { holderOf, readerLinks } from './links.ts';
import { accountPages } from './preferences-account.ts';
import { digestListPages } from './preferences-digests.ts';
import { type FormValues, preferencesForm, previewWishOf, readForm, valuesOf } from './preferences-form.ts';
import { openPreferencesGate } from './preferences-gate.ts';
import { likesPages } from './preferences-likes.ts';
import { ownTopicPages } from './preferences-topics.ts';
import { createPreviewDoor } from './preview.ts';
import { previewFragment, previewPlace, type ShownPreview } from './preview-view.ts';

/** What a subscriber steers by the link in every mail. Only POSTs change anything. */
export function preferencesPages(dependencies: WebDependencies): Hono {
  const { store, clock } = dependencies;
  const gate = openPreferencesGate(dependencies);
  const door = createPreviewDoor(dependencies);
  const unsubscribe = (subscriber: Subscriber) => readerLinks(dependencies).unsubscribe(holderOf(subscriber));
  ownTopicPages(gate, dependencies);
  likesPages(gate, dependencies);
  digestListPages(gate, dependencies);
  accountPages(gate, dependencies);

  async function show(
    c: Context,
    subscriber: Subscriber,
    given?: { values: FormValues; problems: FieldProblem[]; preview?: ShownPreview },
  ) {
    const [topics, live] = await Promise.all([
      listOpenTopics(store.db, subscriber.id),
      findSubscribedTopics(store.db, [subscriber.id]),
    ]);
    const chosen = (live.get(subscriber.id) ?? []).map(({ slug }) => slug);
    const problems = given?.problems ?? [];
    if (door.isOpen && !given?.preview) door.warm();
    const self = gate.path(subscriber);
    const content =
      subscriber.status === 'unsubscribed'
        ? html`<p>${maskAddress(subscriber.email)} is unsubscribed and gets no mail.</p>
<p><a href="${unsubscribe(subscriber)}">Subscribe again</a></p>`
        : [
            html`<p>${sayWhen(subscriber)}</p>`,
            notice(problems, c.req.query('saved') === ''),
            preferencesForm(
              self,
              gate.token(subscriber),
              given?.values ?? valuesOf(subscriber, chosen),
              topics,
              problems,
              door.isOpen ? previewPlace(self, `${self}/preview`, given?.preview ?? null) : null,
            ),
            html`<h2>${subscriber.status === 'paused' ? 'Resume or stop' : 'Pause or stop'}</h2>
<form class="until" method="post" action="${gate.path(subscriber, '/pause')}">${gate.token(subscriber)}
<label for="until">${subscriber.status === 'paused' ? 'Mail comes again from this day on' : 'Pause until'} <small>(left empty: until you resume)</small></label>
<div class="actions"><input id="until" name="until" type="date" min="${dayAfter(clock.now(), subscriber)}" value="${
              subscriber.resumeDate ?? ''
            }"${c.req.query('saved') === 'date' ? html` aria-invalid="true" aria-describedby="until-problem"` : ''}>
<button class="quiet">${subscriber.status === 'paused' ? 'Change' : 'Pause'}</button></div>
${c.req.query('saved') === 'date' ? html`<span class="wrong" id="until-problem">Choose a day after today and within a year.</span>` : ''}
<p class="hint">Your first mail then holds the best of what you missed, of the last three months at most.</p></form>
<div class="actions">
${subscriber.status === 'paused' ? gate.button(subscriber, '/resume', 'Resume now') : ''}
<form method="post" action="${unsubscribe(subscriber)}"><button class="quiet">Unsubscribe</button></form>
</div>`,
          ];
    return c.html(
      gate.page(subscriber, 'topics', 'Your preferences', content, { wide: true }),
      problems.length > 0 ? 422 : 200,
    );
  }

  gate.get('', show);

  gate.post('', async (c, subscriber) => {
    // Their form was open while they unsubscribed elsewhere: saving does not bring them back.
    if (subscriber.status === 'unsubscribed') return show(c, subscriber);
    const values = await readForm(c);
    if (!values)
      return c.html(
        page(
          gate.frame,
          'The form did not arrive whole',
          html`<p>Nothing was saved. Please <a href="${gate.path(subscriber)}">open your preferences</a> and try once more.</p>`,
        ),
        400,
      );
    if (values.act === 'preview') {
      const { shown } = await door.show(c, await previewWishOf(store.db, subscriber, values));
      return show(c, subscriber, { values, problems: [], preview: shown });
    }
    const some = (await listOpenTopics(store.db, subscriber.id)).length > 0;
    const problems: FieldProblem[] =
      some && values.topics.length === 0
        ? [{ field: 'topics', message: 'Choose at least one topic, or pause below.' }]
        : [];
    const edited =
      problems.length > 0
        ? null
        : await editSubscriber(store.db, subscriber.id, values, clock.now(), 'preferences');
    if (edited && !edited.ok) problems.push(...edited.problems);
    if (problems.length > 0) return show(c, subscriber, { values, problems });
    return c.redirect(`${gate.path(subscriber)}?saved`, 303);
  });

  gate.post('/preview', async (c, subscriber) => {
    const values = await readForm(c);
    const wish = values && (await previewWishOf(store.db, subscriber, values));
    const { shown, status } = await door.show(c, wish);
    return c.html(previewFragment(shown), status);
  });

  gate.post('/pause', async (c, subscriber) => {
    const { until } = await c.req.parseBody();
    const date = typeof until === 'string' && until !== '' ? until : null;
    const done = await pauseUntil(store.db, subscriber.id, date, clock.now());
    const wrong = !done.ok && done.reason === 'date';
    return c.redirect(`${gate.path(subscriber)}?saved${wrong ? '=date#until' : ''}`, 303);
  });

  gate.post('/resume', async (c, subscriber) => {
    await resumeSubscriber(store.db, subscriber.id, clock.now());
    return c.redirect(`${gate.path(subscriber)}?saved`, 303);
  });
  return gate.site;
}

function notice(problems: FieldProblem[], saved: boolean) {
  if (problems.length > 0)
    return html`<p class="notice wrong" role="alert">Nothing was saved yet: please look at what is marked below.</p>`;
  return saved ? html`<p class="notice good" role="status">Saved.</p>` : html``;
}

/** `YYYY-MM-DD` where they live. */
function dayAfter(now: number, { timezone }: Subscriber): string {
  return Temporal.PlainDate.from(localDateAt(now, timezone)).add({ days: 1 }).toString();
}

/** In the language of the page, whichever that of their mail is. */
function sayWhen({ status, nextDueAt, resumeAt, timezone }: Subscriber): string {
  if (status === 'paused' && resumeAt === null) return 'Mail is paused.';
  const next = nextDueAt ?? resumeAt;
  if (next === null) return '';
  const format = new Intl.DateTimeFormat('en-GB', {
    dateStyle: 'full',
    timeStyle: 'short',
    timeZone: timezone,
  });
  const when = format.format(next);
  return status === 'paused'
    ? `Mail is paused. The next papers are due ${when}.`
    : `The next papers are due ${when}.`;
}
