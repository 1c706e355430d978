import { type Context, Hono } from 'hono';
import { html } from 'hono/html';
import { explainDay, type Why } from '../../delivery/why.ts';
import { isDate, localDateAt } from '../../digest/schedule.ts';
import { makeHashAddress } from '../../mail/address-hash.ts';
import { atomically } from '../../store/atomically.ts';
import { findSubscriber, type Subscriber } from '../../store/subscribers.ts';
import { findSubscribedTopics } from '../../store/subscriptions.ts';
import { liftSuppression } from '../../store/suppressions.ts';
import { listPublicQueries } from '../../store/topic-list.ts';
import type { FieldProblem } from '../../subscribers/fields.ts';
import {
  eraseSubscriber,
  pauseSubscriber,
  resubscribeSubscriber,
  resumeSubscriber,
  unsubscribeSubscriber,
} from '../../subscribers/status.ts';
import { editSubscriber } from '../../subscribers/subscribers.ts';
import { describeSuppression, findSuppression } from '../../subscribers/suppressed.ts';
import { known } from '../shell/known.ts';
import type { Html } from '../shell/page.ts';
import { stateOf } from '../shell/state.ts';
import type { AdminDependencies, AdminEnv } from './context.ts';
import { readTexts } from './form-values.ts';
import { adminPage, dueInstant, instant, localInstant, notice } from './layout.ts';
import { readSubscriberForm, type SubscriberValues, subscriberForm } from './subscriber-form.ts';
import { tellStory } from './subscriber-story.ts';
import { statusWord } from './subscriber-words.ts';
import { liftForm, noNote, readNote } from './suppressions.ts';

const acts = {
  pause: { change: pauseSubscriber, name: 'Pause', said: 'Paused.' },
  resume: { change: resumeSubscriber, name: 'Resume', said: 'Resumed.' },
  unsubscribe: { change: unsubscribeSubscriber, name: 'Unsubscribe', said: 'Unsubscribed.' },
  resubscribe: {
    change: resubscribeSubscriber,
    name: 'Subscribe again',
    said: 'Subscribed again, with the topics they left.',
  },
} as const;

const saidWords: Record<string, string> = {
  added: 'Added.',
  saved: 'Saved.',
  lifted: 'Their address may be mailed again.',
  ...Object.fromEntries(Object.entries(acts).map(([act, { said }]) => [act, said])),
};

/** As their form has it; topics in an order that does not hang on when they came. */
function valuesOf(one: Subscriber, live: readonly { slug: string }[]): SubscriberValues {
  return {
    ...{ email: one.email, timezone: one.timezone, time: one.digestTime, days: [...one.days] },
    ...{ maxPapers: String(one.maxPapers), locale: one.locale, quietMail: one.quietMail ? 'yes' : 'no' },
    topics: live.map(({ slug }) => slug).sort(),
  };
}

/** One person: why they did or did not get a digest, what they get, their story, and what can be done. */
export function subscriberPage({ store, base, clock, config }: AdminDependencies): Hono<AdminEnv> {
  const { db } = store;
  const hashAddress = makeHashAddress(config.secretKey);
  const site = new Hono<AdminEnv>();
  const path = (id: number) => `${base}/admin/subscribers/${id}`;

  async function show(
    c: Context<AdminEnv>,
    one: Subscriber,
    given: {
      values?: SubscriberValues;
      problems?: readonly FieldProblem[];
      /** The state that what is typed began with. */
      seen?: string;
      wrong?: string;
    } = {},
  ) {
    const now = clock.now();
    const isErased = one.status === 'erased';
    const today = localDateAt(now, one.timezone);
    const asked = c.req.query('date') ?? '';
    const isOdd = asked !== '' && !isDate(asked);
    const date = asked === '' || isOdd ? today : asked;
    const suppression = isErased ? null : await findSuppression(db, hashAddress, one.emailKey);
    const live = (await findSubscribedTopics(db, [one.id])).get(one.id) ?? [];
    const topics = [
      ...live.filter(({ visibility }) => visibility === 'private'),
      ...(await listPublicQueries(db)),
    ];
    const said = known(saidWords, c.req.query('said'));
    const current = valuesOf(one, live);
    const values = given.values ?? current;
    const before = Number(c.req.query('before') ?? Number.NaN);
    const story = await tellStory(db, one, {
      base,
      ...(Number.isSafeInteger(before) ? { beforeDelivery: before } : {}),
    });
    return c.html(
      adminPage(
        c,
        one.email,
        [
          said === undefined ? '' : notice(said),
          given.wrong ? notice(given.wrong, 'wrong') : '',
          given.problems?.length
            ? notice('Nothing was saved yet: please look at what is marked below.', 'wrong')
            : '',
          suppression
            ? html`${notice(
                `Nothing is mailed to this address: suppressed, ${describeSuppression(suppression)}.${suppression.note ? ` ${suppression.note}` : ''}`,
                'wrong',
              )}${liftForm(c, `${path(one.id)}/lift`)}`
            : '',
          html`<dl class="facts"><div><dt>Status</dt><dd>${statusWord(one.status)}</dd></div><div><dt>Joined (UTC)</dt><dd>${instant(one.createdAt)}</dd></div><div><dt>Next digest due</dt><dd>${dueInstant(one.nextDueAt, one.timezone)}</dd></div><div><dt>Where they are it is</dt><dd>${localInstant(now, one.timezone)}</dd></div></dl>`,
          whyForm(
            path(one.id),
            isOdd ? asked : date,
            isOdd
              ? html`<p class="wrong" role="alert">“${asked.slice(0, 60)}” is no date such as 2026-06-22.</p>`
              : whyAnswer(base, date, await explainDay(db, one, date, now), mailOf(one, date, today)),
          ),
          isErased ? '' : actForms(c, one),
          isErased
            ? ''
            : html`<section><h2>What they get</h2>${subscriberForm({
                ...{ base, action: path(one.id), formToken: c.var.formToken, values },
                ...{ problems: given.problems ?? [], topics, submit: 'Save' },
                seen: given.seen || stateOf(current),
              })}</section>`,
          ...story,
          isErased ? '' : eraseForm(c, one),
        ],
        { at: 'subscribers' },
      ),
      given.problems?.length || given.wrong || isOdd ? 422 : 200,
    );
  }

  /** Where a digest that is not planned yet can be looked at; null: there will be none. */
  const mailOf = (one: Subscriber, date: string, today: string) =>
    one.status === 'erased' || date < today
      ? null
      : `${base}/admin/templates/preview?${new URLSearchParams({ email: one.email, date })}`;

  function actForms(c: Context<AdminEnv>, { id, status }: Subscriber): Html {
    const possible: (keyof typeof acts)[] =
      status === 'unsubscribed'
        ? ['resubscribe']
        : status === 'paused'
          ? ['resume', 'unsubscribe']
          : ['pause', 'unsubscribe'];
    return html`<div class="actions">${possible.map(
      (act) =>
        html`<form method="post" action="${path(id)}/${act}">${c.var.formToken}<button class="quiet">${acts[act].name}</button></form>`,
    )}</div>`;
  }

  function eraseForm(c: Context<AdminEnv>, { id, email }: Subscriber): Html {
    return html`<section><h2>Erase</h2><p>The address, where they live and the words of their own topics are forgotten for good. The ledger keeps its counts, and a keyed hash keeps old lists from bringing the address back.</p>
<form method="post" action="${path(id)}/erase" class="filters">${c.var.formToken}<label class="broad">To be sure, type the address<input name="email" autocomplete="off" autocapitalize="none" spellcheck="false" required placeholder="${email}"></label><button class="quiet">Erase them</button></form></section>`;
  }

  async function find(c: Context): Promise<Subscriber | null> {
    const id = c.req.param('id') ?? '';
    return /^\d{1,15}$/.test(id) ? await findSubscriber(db, Number(id)) : null;
  }

  site.get('/admin/subscribers/:id', async (c) => {
    const one = await find(c);
    return one ? show(c, one) : c.notFound();
  });

  site.post('/admin/subscribers/:id', async (c) => {
    const one = await find(c);
    if (!one) return c.notFound();
    const { values, seen } = await readSubscriberForm(c);
    const edited = await atomically(db, async (trx) => {
      const now = (await findSubscriber(trx, one.id)) ?? one;
      const live = (await findSubscribedTopics(trx, [now.id])).get(now.id) ?? [];
      if (seen !== '' && seen !== stateOf(valuesOf(now, live))) return { isStale: true, one: now } as const;
      const change = now.status === 'unsubscribed' ? { ...values, topics: undefined } : values;
      const result = await editSubscriber(trx, now.id, change, clock.now(), 'admin', hashAddress);
      return { isStale: false, result } as const;
    });
    if (edited.isStale)
      return show(c, edited.one, {
        values,
        wrong:
          'It was changed since you opened this page, and nothing of yours is saved yet. What it became stands under Changes; Save puts what stands below in its place.',
      });
    const { result } = edited;
    if (!result.ok) return show(c, one, { values, seen, problems: result.problems });
    return c.redirect(`${path(one.id)}?said=saved`, 303);
  });

  for (const [act, { change }] of Object.entries(acts))
    site.post(`/admin/subscribers/:id/${act}`, async (c) => {
      const one = await find(c);
      if (!one) return c.notFound();
      const result = await change(db, one.id, clock.now());
      return c.redirect(`${path(one.id)}${result.ok && result.changed ? `?said=${act}` : ''}`, 303);
    });

  site.post('/admin/subscribers/:id/lift', async (c) => {
    const one = await find(c);
    if (!one || one.status === 'erased') return c.notFound();
    const note = await readNote(c);
    if (note === null) return show(c, one, { wrong: noNote });
    const lifted = await liftSuppression(db, hashAddress(one.emailKey), note, clock.now());
    return c.redirect(`${path(one.id)}${lifted ? '?said=lifted' : ''}`, 303);
  });

  site.post('/admin/subscribers/:id/erase', async (c) => {
    const one = await find(c);
    if (!one) return c.notFound();
    const typed = (await readTexts(c)).one('email').trim().toLowerCase();
    if (typed !== one.email.toLowerCase())
      return show(c, one, {
        problems: [{ field: 'email', message: 'The address typed to erase them is another one.' }],
      });
    await eraseSubscriber(db, one.id, clock.now(), hashAddress);
    return c.redirect(`${base}/admin/subscribers?said=erased`, 303);
  });
  return site;
}

function whyForm(path: string, date: string, answer: Html): Html {
  return html`<section class="why"><h2>What did they get, or will they, and why?</h2>
<form method="get" action="${path}" class="filters"><label>On this day of theirs<input type="date" name="date" value="${date}" required></label><button class="quiet">Tell me</button></form>
${answer}</section>`;
}

function whyAnswer(base: string, date: string, why: Why, mail: string | null): Html {
  const outcome = why.outcome === 'none' ? 'no digest' : why.outcome;
  return html`<p role="status"><strong>${date}: ${outcome}${why.reason ? ` (${why.reason.replaceAll('_', ' ')})` : ''}.</strong> ${why.sentence}</p>${
    why.delivery?.detail ? html`<p class="hint">${why.delivery.detail}</p>` : ''
  }${
    why.delivery
      ? html`<p><a href="${base}/admin/deliveries/${why.delivery.id}">Look at the delivery</a></p>`
      : mail
        ? html`<p><a href="${mail}">Look at what it would hold now</a></p>`
        : ''
  }`;
}
