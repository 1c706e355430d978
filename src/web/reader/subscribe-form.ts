import { html } from 'hono/html';
import { weekdays } from '../../digest/schedule.ts';
import { type FieldName, maxPapersLimit } from '../../subscribers/fields.ts';
import { ownTopicLimits } from '../../subscribers/own-topics.ts';
import { wordsLimits } from '../../subscribers/own-words.ts';
import type { WishProblem } from '../../subscribers/wishes.ts';
import type { Html } from '../shell/page.ts';
import { dayNames, languageName, languages, options, timezoneName, timezones } from './choices.ts';
import { showWordsProblem } from './query-problem.ts';
import { ownWordsOf, type SubscribeValues, trapField, usualField } from './subscribe-values.ts';

export interface SubscribeForm {
  action: string;
  values: SubscribeValues;
  topics: readonly { slug: string; name: string; description: string | null }[];
  problems: readonly WishProblem[];
  /** The time zone was not chosen by anybody yet: a script may put in the browser's. */
  isZoneGuessed: boolean;
  formToken: Html;
  /** From preview.ts; null: there are no previews. */
  preview: Html | null;
}

/** All of the form. Whoever is in a hurry presses the first button; each problem stands at its field. */
export function subscribeForm(form: SubscribeForm): Html {
  const { action, values, topics, problems, formToken, preview } = form;
  const at = marks(problems);
  return html`<form class="subscribe" method="post" action="${action}">
${formToken}
<div class="first">
<label for="email">Your email address</label>
<div class="at-once"><input id="email" name="email" type="email" required maxlength="254" autocomplete="email" placeholder="you@example.org" value="${values.email}"${at.describe('email')}>
<button>Subscribe</button></div>
${at.tell('email')}
<p class="hint">A mail with a link comes to this address; the papers come once you have confirmed it. Whatever is chosen
below can be changed at any time, and each mail has a link that ends it.</p>
</div>
<div class="choices">
<fieldset class="pick"${at.describe('topics')}><legend>Topics</legend>${at.tell('topics')}
${topics.map(
  ({ slug, name, description }) =>
    html`<label class="choice"><input type="checkbox" name="topic" value="${slug}"${
      values.topics.includes(slug) ? html` checked` : ''
    }><span>${name}${description ? html`<small>${description}</small>` : ''}${
      slug === values.usual
        ? html`<small>It stays until you choose something else, which then takes its place.</small>`
        : ''
    }</span></label>`,
)}${values.usual === undefined ? '' : html`<input type="hidden" name="${usualField}" value="${values.usual}">`}</fieldset>
${ownFields(values, problems)}
${scheduleFields(form, at)}
<p class="trap" aria-hidden="true"><label for="${trapField}">Leave this empty</label><input id="${trapField}" name="${trapField}" tabindex="-1" autocomplete="off"></p>
<button>Subscribe</button>
</div>
${preview ?? ''}
</form>`;
}

function ownFields(values: SubscribeValues, problems: readonly WishProblem[]): Html {
  const { fields } = ownWordsOf(values);
  const problemAt = (field: number) =>
    problems.find((one) => one.field === 'own' && fields[one.index] === field) as
      | (WishProblem & { field: 'own' })
      | undefined;
  const told = (field: number, id: string) => {
    const problem = problemAt(field);
    return {
      message: problem ? showWordsProblem(`${id}-problem`, problem.text, problem.problem) : '',
      marks: problem ? html` aria-invalid="true" aria-describedby="${id}-problem"` : '',
    };
  };
  const sentence = told(-1, 'sentence');
  const typed = values.queries.filter((text) => text.trim() !== '').length;
  // There is always an empty field to go on with, up to as many as there can be.
  const queries = typed === values.queries.length ? [...values.queries, ''] : values.queries;
  const isOpen = fields.length > 0;
  return html`<details class="fold"${isOpen ? html` open` : ''}><summary>In your own words</summary>
<label for="sentence">What you work on</label>
<textarea id="sentence" name="sentence" rows="3" maxlength="${wordsLimits.sentence}" placeholder="I work on low-rank adaptation of language models for protein design."${
    sentence.marks
  }>${values.sentence}</textarea>${sentence.message}
<p class="hint" id="query-help">Or search as you are used to: words, <code>"a phrase"</code>, <code>AND</code>, <code>OR</code>,
<code>-without</code>, <code>ti:title</code>, <code>au:author</code>, <code>cat:cs.CL</code>.</p>
${queries.slice(0, ownTopicLimits.live).map((text, place) => {
  const id = `query-${place}`;
  const { message, marks: own } = told(place, id);
  return html`<label for="${id}">${place === 0 ? 'A search of your own' : 'Another search'}</label>
<textarea class="query" id="${id}" name="query" rows="1" maxlength="${wordsLimits.query}" spellcheck="false" autocapitalize="none"${
    own || html` aria-describedby="query-help"`
  }>${text}</textarea>${message}`;
})}
${
  typed > 0 && typed < ownTopicLimits.live
    ? html`<button class="quiet" name="act" value="more" formnovalidate>One more search</button>`
    : ''
}
</details>`;
}

type Marks = ReturnType<typeof marks>;

function scheduleFields({ values, problems, isZoneGuessed }: SubscribeForm, at: Marks): Html {
  const own: FieldName[] = ['time', 'timezone', 'days', 'maxPapers', 'locale', 'quietMail'];
  const isOpen = problems.some((one) => (own as string[]).includes(one.field));
  const days = values.days ?? [];
  const when = days.length === weekdays.length ? 'every day' : `on ${days.length} days of the week`;
  return html`<details class="fold"${isOpen ? html` open` : ''}><summary>When and how many
<small>${values.time ?? ''} ${when}, up to ${values.maxPapers ?? ''} papers</small></summary>
<div class="row">
<div><label for="time">Time of day</label>
<input id="time" name="time" type="time" required value="${values.time ?? ''}"${at.describe('time')}>${at.tell('time')}</div>
<div><label for="timezone">Time zone</label>
<select id="timezone" name="timezone"${isZoneGuessed ? html` data-guess="timezone"` : ''}${at.describe('timezone')}>${options(
    timezones,
    values.timezone,
    timezoneName,
  )}</select>${at.tell('timezone')}</div>
</div>
<fieldset${at.describe('days')}><legend>Days</legend><div class="days">${weekdays.map(
    (day) =>
      html`<label class="choice"><input type="checkbox" name="day" value="${day}"${
        days.includes(day) ? html` checked` : ''
      }>${dayNames[day]}</label>`,
  )}</div>${at.tell('days')}</fieldset>
<div class="row">
<div><label for="max_papers">Papers in one mail, at most</label>
<input id="max_papers" name="max_papers" type="number" min="1" max="${maxPapersLimit}" required value="${
    values.maxPapers ?? ''
  }"${at.describe('maxPapers')}>${at.tell('maxPapers')}</div>
<div><label for="locale">Language of the mail</label>
<select id="locale" name="locale"${at.describe('locale')}>${options(languages, values.locale, languageName)}</select>${at.tell(
    'locale',
  )}</div>
<div><label for="quiet_mail">When there is nothing new</label>
<select id="quiet_mail" name="quiet_mail"${at.describe('quietMail')}>${options(
    ['no', 'yes'],
    values.quietMail ?? 'no',
    (value) => (value === 'yes' ? 'Send a short mail that says so' : 'Send nothing'),
  )}</select>${at.tell('quietMail')}</div>
</div>
</details>`;
}

/** What goes to a field that something is wrong with. */
function marks(problems: readonly WishProblem[]) {
  const of = (field: FieldName) =>
    problems.flatMap((one) => (one.field === field && 'message' in one ? [one.message] : []));
  return {
    tell: (field: FieldName) =>
      of(field).length > 0
        ? html`<span class="wrong" id="${field}-problem">${of(field).join(' ')}</span>`
        : '',
    describe: (field: FieldName) => {
      if (of(field).length === 0) return '';
      const isGroup = field === 'topics' || field === 'days';
      return html`${isGroup ? '' : html` aria-invalid="true"`} aria-describedby="${field}-problem"`;
    },
  };
}

const fieldNames: Partial<Record<FieldName, string>> = {
  email: 'Your email address',
  topics: 'Topics',
  time: 'Time of day',
  timezone: 'Time zone',
  days: 'Days',
  maxPapers: 'Papers in one mail',
  locale: 'Language of the mail',
  quietMail: 'When there is nothing new',
};

/** Where to go from the top of the page: a link to each field that something is wrong with. */
export function problemLinks(values: SubscribeValues, problems: readonly WishProblem[]): Html {
  const { fields } = ownWordsOf(values);
  const links = problems.map((one) => {
    if (one.field !== 'own') return [`${one.field}-problem`, fieldNames[one.field] ?? one.field] as const;
    const field = fields[one.index] ?? -1;
    return field < 0
      ? (['sentence', 'What you work on'] as const)
      : ([`query-${field}`, field === 0 ? 'A search of your own' : 'Another search'] as const);
  });
  return html`<span>${links.map(([id, name], place) => html`${place > 0 ? ', ' : ''}<a href="#${id}">${name}</a>`)}</span>`;
}
