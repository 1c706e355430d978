import type { Context } from 'hono';
import { html } from 'hono/html';
import { weekdays } from '../../digest/schedule.ts';
import {
  type AddressProblem,
  type FieldName,
  type FieldProblem,
  maxPapersLimit,
} from '../../subscribers/fields.ts';
import type { Html } from '../shell/page.ts';
import { readTexts } from './form-values.ts';
import { optionList, timezones } from './subscriber-words.ts';

/** Somebody's address and settings as typed. */
export interface SubscriberValues {
  email: string;
  timezone: string;
  time: string;
  days: string[];
  maxPapers: string;
  locale: string;
  quietMail: string;
  topics: string[];
}

export interface SubscriberForm {
  /** The path of PUBLIC_URL. */
  base: string;
  action: string;
  formToken: Html;
  values: SubscriberValues;
  problems: readonly FieldProblem[];
  topics: readonly { slug: string; name: string }[];
  submit: string;
  /** The state that the values began with; absent: there is none yet. */
  seen?: string;
}

export function subscriberForm({
  base,
  action,
  formToken,
  values,
  problems,
  topics,
  submit,
  seen,
}: SubscriberForm): Html {
  const told = (field: FieldName) => {
    const found = problems.filter((one) => one.field === field);
    return found.length === 0
      ? ''
      : html`<span class="wrong" id="${field}-problem">${found.map(
          ({ message, about }) => html`${message} ${about ? leadOn(base, about) : ''}`,
        )}</span>`;
  };
  const marked = (field: FieldName) =>
    problems.some((one) => one.field === field)
      ? html` aria-invalid="true" aria-describedby="${field}-problem"`
      : '';
  return html`<form method="post" action="${action}">${formToken}${seen === undefined ? '' : html`<input type="hidden" name="seen" value="${seen}">`}
<div class="row">
<label>Address<input name="email" type="text" inputmode="email" autocapitalize="none" autocomplete="off" spellcheck="false" required maxlength="254" value="${values.email}"${marked('email')}>${told('email')}</label>
<label>Time of day<input name="time" type="time" required value="${values.time}"${marked('time')}>${told('time')}</label>
<label>Time zone<select name="timezone"${marked('timezone')}>${optionList(
    (timezones.includes(values.timezone) ? timezones : [values.timezone, ...timezones]).map(
      (zone) => [zone, zone.replaceAll('_', ' ')] as const,
    ),
    values.timezone,
  )}</select>${told('timezone')}</label>
<label>Papers in one mail, at most<input name="max_papers" type="number" min="1" max="${maxPapersLimit}" required value="${values.maxPapers}"${marked('maxPapers')}>${told('maxPapers')}</label>
<label>Language<input name="locale" required maxlength="20" value="${values.locale}"${marked('locale')}>${told('locale')}</label>
<label>When there is nothing new<select name="quiet_mail"${marked('quietMail')}>${optionList(
    [
      ['no', 'no mail'],
      ['yes', 'a short mail says so'],
    ],
    values.quietMail,
  )}</select>${told('quietMail')}</label>
</div>
<fieldset><legend>Days</legend><div class="choices">${weekdays.map(
    (day) =>
      html`<label class="choice"><input type="checkbox" name="day" value="${day}"${values.days.includes(day) ? html` checked` : ''}> ${day}</label>`,
  )}</div>${told('days')}</fieldset>
<fieldset><legend>Topics</legend><div class="choices">${topics.map(
    ({ slug, name }) =>
      html`<label class="choice"><input type="checkbox" name="topic" value="${slug}"${values.topics.includes(slug) ? html` checked` : ''}> ${name}</label>`,
  )}</div>${topics.length === 0 ? html`<p class="hint">There are no topics yet.</p>` : ''}${told('topics')}</fieldset>
<p class="actions"><button>${submit}</button></p></form>`;
}

/** Where an address that stands in the way can be dealt with. */
function leadOn(base: string, { kind, email, subscriberId }: AddressProblem): Html {
  return kind === 'suppressed'
    ? html`<a href="${base}/admin/suppressions?${new URLSearchParams({ email })}">See why, or let it be mailed again</a>`
    : html`<a href="${base}/admin/subscribers/${subscriberId}">Look at them</a>`;
}

/** What was typed, and of which state it was; '': it says none. */
export async function readSubscriberForm(c: Context): Promise<{ values: SubscriberValues; seen: string }> {
  const { one, all } = await readTexts(c);
  const values = {
    email: one('email'),
    timezone: one('timezone'),
    time: one('time'),
    days: all('day'),
    maxPapers: one('max_papers'),
    locale: one('locale'),
    quietMail: one('quiet_mail'),
    topics: all('topic'),
  };
  return { values, seen: one('seen') };
}
