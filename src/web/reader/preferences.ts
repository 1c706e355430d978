import { type Context, Hono } from 'hono';
import { html } from 'hono/html';
import { maskAddress } from '../../mail/addresses.ts';
import type { Subscriber } from '../../store/subscribers.ts';
import { findSubscribedTopics, listOpenTopics } from '../../store/subscriptions.ts';
import type { FieldProblem } from '../../subscribers/fields.ts';
import { pauseSubscriber, resumeSubscriber } from '../../subscribers/status.ts';
import { editSubscriber } from '../../subscribers/subscribers.ts';
import { basePath, type WebDependencies } from '../context.ts';
import { page } from '../shell/page.ts';
import { findBearer } from './bearer.ts';
import { holderOf, readerLinks } from './links.ts';
import { type FormValues, preferencesForm, readForm, valuesOf } from './preferences-form.ts';

/** What a subscriber steers by the link in every mail. Only POSTs change anything. */
export function preferencesPages(dependencies: WebDependencies): Hono {
  const { store, config, clock } = dependencies;
  const site = new Hono();
  const base = basePath(config);
  const links = readerLinks(dependencies);
  const self = (subscriber: Subscriber) => links.preferences(holderOf(subscriber));
  const unsubscribe = (subscriber: Subscriber) => links.unsubscribe(holderOf(subscriber));

  async function show(
    c: Context,
    subscriber: Subscriber,
    given?: { values: FormValues; problems: FieldProblem[] },
  ) {
    const [topics, live] = await Promise.all([
      listOpenTopics(store.db, subscriber.id),
      findSubscribedTopics(store.db, [subscriber.id]),
    ]);
    const chosen = (live.get(subscriber.id) ?? []).map(({ slug }) => slug);
    const problems = given?.problems ?? [];
    const content =
      subscriber.status === 'unsubscribed'
        ? html`<p>${maskAddress(subscriber.email)} is unsubscribed and gets no mail.</p>
<form method="post" action="${unsubscribe(subscriber)}/undo"><button>Subscribe again</button></form>`
        : [
            html`<p>For ${maskAddress(subscriber.email)}. ${sayWhen(subscriber)}</p>`,
            notice(problems, c.req.query('saved') !== undefined),
            preferencesForm(
              self(subscriber),
              given?.values ?? valuesOf(subscriber, chosen),
              topics,
              problems,
            ),
            html`<h2>${subscriber.status === 'paused' ? 'Resume or stop' : 'Pause or stop'}</h2>
<div class="actions">
<form method="post" action="${self(subscriber)}/${subscriber.status === 'paused' ? 'resume' : 'pause'}"><button class="quiet">${
              subscriber.status === 'paused' ? 'Resume' : 'Pause'
            }</button></form>
<form method="post" action="${unsubscribe(subscriber)}"><button class="quiet">Unsubscribe</button></form>
</div>`,
          ];
    return c.html(page(base, 'Your preferences', content), problems.length > 0 ? 422 : 200);
  }

  site.get('/preferences/:token', async (c) => {
    const bearer = await findBearer(c, 'preferences', dependencies);
    return bearer.ok ? show(c, bearer.subscriber) : bearer.answer;
  });

  site.post('/preferences/:token', async (c) => {
    const bearer = await findBearer(c, 'preferences', dependencies);
    if (!bearer.ok) return bearer.answer;
    const { subscriber } = bearer;
    // Their form was open while they unsubscribed elsewhere: saving does not bring them back.
    if (subscriber.status === 'unsubscribed') return show(c, subscriber);
    const values = await readForm(c);
    if (!values)
      return c.html(
        page(
          base,
          'The form did not arrive whole',
          html`<p>Nothing was saved. Please <a href="${self(subscriber)}">open your preferences</a> and try once more.</p>`,
        ),
        400,
      );
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
    return c.redirect(`${self(subscriber)}?saved`, 303);
  });

  for (const [act, change] of [
    ['pause', pauseSubscriber],
    ['resume', resumeSubscriber],
  ] as const)
    site.post(`/preferences/:token/${act}`, async (c) => {
      const bearer = await findBearer(c, 'preferences', dependencies);
      if (!bearer.ok) return bearer.answer;
      await change(store.db, bearer.subscriber.id, clock.now());
      return c.redirect(`${self(bearer.subscriber)}?saved`, 303);
    });
  return site;
}

function notice(problems: FieldProblem[], saved: boolean) {
  if (problems.length > 0)
    return html`<p class="notice wrong" role="alert">Nothing was saved yet: please look at what is marked below.</p>`;
  return saved ? html`<p class="notice good" role="status">Saved.</p>` : html``;
}

function sayWhen({ status, nextDueAt, locale, timezone }: Subscriber): string {
  if (status === 'paused') return 'Mail is paused.';
  if (nextDueAt === null) return '';
  const format = new Intl.DateTimeFormat(locale, {
    dateStyle: 'full',
    timeStyle: 'short',
    timeZone: timezone,
  });
  return `The next papers are due ${format.format(nextDueAt)}.`;
}
