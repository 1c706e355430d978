import type { Context } from 'hono';
import { html } from 'hono/html';
import type { PreviewWish } from '../../delivery/previews.ts';
import { weekdays } from '../../digest/schedule.ts';
import type { Db } from '../../store/store.ts';
import type { Subscriber } from '../../store/subscribers.ts';
import { findOpenTopics, type SubscribedTopic } from '../../store/subscriptions.ts';
import { type FieldName, type FieldProblem, maxPapersLimit, readSettings } from '../../subscribers/fields.ts';
import { known } from '../shell/known.ts';
import type { Html } from '../shell/page.ts';
import { dayNames, languageName, languages, options, timezoneName, timezones } from './choices.ts';

/** The form's contents as typed; what the form did not have is undefined. */
export interface FormValues {
  topics: string[];
  timezone: string | undefined;
  time: string | undefined;
  days: string[];
  maxPapers: string | undefined;
  locale: string | undefined;
  quietMail: string | undefined;
  /** What the button says: '' for the one that saves. */
  act: string;
}

/** Reads the form's POST; files and anything not asked for are left out. Null: the body is no form that can be read. */
export async function readForm({ req }: Context): Promise<FormValues | null> {
  // Read first: what goes wrong with the connection, or a body over the limit, is not the form's fault.
  await req.arrayBuffer();
  const body = await req.parseBody({ all: true }).catch(() => null);
  if (body === null) return null;
  const all = (name: string) => [body[name] ?? []].flat().filter((one) => typeof one === 'string');
  return {
    topics: all('topic'),
    timezone: all('timezone')[0],
    time: all('time')[0],
    days: all('day'),
    maxPapers: all('max_papers')[0],
    locale: all('locale')[0],
    quietMail: all('quiet_mail')[0],
    act: all('act')[0] ?? '',
  };
}

export function valuesOf(subscriber: Subscriber, topics: string[]): FormValues {
  return {
    topics,
    timezone: subscriber.timezone,
    time: subscriber.digestTime,
    days: subscriber.days,
    maxPapers: String(subscriber.maxPapers),
    locale: subscriber.locale,
    quietMail: subscriber.quietMail ? 'yes' : 'no',
    act: '',
  };
}

const quietChoices: Record<string, string> = { no: 'Send nothing', yes: 'Send a short mail that says so' };

/** What to preview: all of the form that can be read so far, else as it is. Null: no topic is chosen. */
export async function previewWishOf(
  db: Db,
  subscriber: Subscriber,
  values: FormValues,
): Promise<PreviewWish | null> {
  const { settings } = readSettings(values, subscriber);
  const open = await findOpenTopics(db, values.topics.slice(0, 500), subscriber.id);
  const topics = [...open.values()].map(({ name, query }) => ({ name, query }));
  const { timezone, digestTime, days, maxPapers } = settings;
  return topics.length === 0 ? null : { topics, timezone, digestTime, days, maxPapers };
}

/** The form, with each problem at its field. */
export function preferencesForm(
  action: string,
  token: Html,
  values: FormValues,
  topics: (SubscribedTopic & { description: string | null })[],
  problems: FieldProblem[],
  preview: Html | null,
): Html {
  const told = (field: FieldName) => {
    const messages = problems.filter((one) => one.field === field).map(({ message }) => message);
    return messages.length > 0
      ? html`<span class="wrong" id="${field}-problem">${messages.join(' ')}</span>`
      : '';
  };
  const described = (field: FieldName) =>
    problems.some((one) => one.field === field) ? html` aria-describedby="${field}-problem"` : '';
  const marked = (field: FieldName) =>
    problems.some((one) => one.field === field) ? html` aria-invalid="true"${described(field)}` : '';
  return html`<form class="preferences" method="post" action="${action}">${token}
<div class="choices">
<fieldset class="pick"${described('topics')}><legend>Topics</legend>${told('topics')}
${topics.map(
  (topic) =>
    html`<label class="choice"><input type="checkbox" name="topic" value="${topic.slug}"${
      values.topics.includes(topic.slug) ? html` checked` : ''
    }><span>${topic.name}${topic.visibility === 'private' ? ' (yours alone)' : ''}${
      topic.description ? html`<small>${topic.description}</small>` : ''
    }</span></label>`,
)}
${topics.length === 0 ? html`<p class="hint">No topics have been set up here yet.</p>` : ''}</fieldset>
<h2 class="part">When and how many</h2>
<fieldset${described('days')}><legend>Days</legend>
<div class="days">${weekdays.map(
    (day) =>
      html`<label class="choice"><input type="checkbox" name="day" value="${day}"${
        values.days.includes(day) ? html` checked` : ''
      }>${dayNames[day]}</label>`,
  )}</div>${told('days')}</fieldset>
<div class="row">
<div class="field"><label class="label" for="time">Time of day</label>
<input id="time" name="time" type="time" required value="${values.time ?? ''}"${marked('time')}>${told('time')}</div>
<div class="field"><label class="label" for="timezone">Time zone</label>
<select id="timezone" name="timezone"${marked('timezone')}>${options(
    timezones,
    values.timezone,
    timezoneName,
  )}</select>${told('timezone')}</div>
<div class="field"><label class="label" for="max_papers">Papers in one mail, at most</label>
<input id="max_papers" name="max_papers" type="number" min="1" max="${maxPapersLimit}" required value="${
    values.maxPapers ?? ''
  }"${marked('maxPapers')}>${told('maxPapers')}</div>
<div class="field"><label class="label" for="locale">Language of the mail</label>
<select id="locale" name="locale"${marked('locale')}>${options(languages, values.locale, languageName)}</select>${told(
    'locale',
  )}</div>
<div class="field"><label class="label" for="quiet_mail">When there is nothing new</label>
<select id="quiet_mail" name="quiet_mail"${marked('quietMail')}>${options(
    Object.keys(quietChoices),
    values.quietMail,
    (value) => known(quietChoices, value) ?? value,
  )}</select>${told('quietMail')}</div>
</div>
<button>Save</button>
</div>
${preview ?? ''}
</form>`;
}
