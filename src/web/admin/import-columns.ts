import { html } from 'hono/html';
import { type CsvField, csvFields } from '../../subscribers/csv-columns.ts';
import type { ListStart } from '../../subscribers/staged-lists.ts';
import type { Html } from '../shell/page.ts';
import { optionList } from './subscriber-words.ts';

const fieldNames: Record<CsvField, string> = {
  email: 'address',
  timezone: 'time zone',
  time: 'time of day',
  days: 'days',
  max_papers: 'papers in one mail',
  topics: 'topics',
  locale: 'language',
  quiet_mail: 'mail on quiet days',
  status: 'whether they get mail',
  unsubscribed: 'when they unsubscribed',
  undeliverable: 'when mail failed for good',
  attributes: 'attributes (JSON)',
};
const choices: readonly (readonly [string, string])[] = [
  ['', 'not read'],
  ...csvFields.map((field) => [field, fieldNames[field]] as const),
];

/** How much of a value, and how many of a column's, tell what the column is. */
const shownCharacters = 80;
const shownValues = 3;

/** What each column means, as guessed, to be changed: a row for each, with what the list's first lines have in it. */
export function chooseForm(
  path: string,
  formToken: Html,
  { names, columns, records }: ListStart,
  topics: readonly { slug: string; name: string }[],
): Html {
  return html`<form method="post" action="${path}">${formToken}
<table class="columns"><caption>What is in each column?</caption>
<thead><tr><th scope="col">Column of the list</th><th scope="col">Its first lines</th><th scope="col">Read as</th></tr></thead>
<tbody>${names.map((name, index) => {
    const id = `column-${index + 1}`;
    return html`<tr><th scope="row"><label for="${id}">${name || `column ${index + 1}`}</label></th>
<td id="${id}-values">${valuesOf(records.map((record) => record[index] ?? ''))}</td>
<td><select id="${id}" name="column" aria-describedby="${id}-values">${optionList(choices, columns[index] ?? '')}</select></td></tr>`;
  })}</tbody></table>
<label class="narrow">Topic for those who are new and whose line names none<select name="topic">${optionList(
    [['', 'none'], ...topics.map(({ slug, name }): [string, string] => [slug, name])],
    '',
  )}</select></label>
<button>See what would become of each line</button></form>`;
}

/** The first different ones; what is empty tells nothing. */
function valuesOf(column: readonly string[]): Html | Html[] {
  const told = [...new Set(column.map((value) => value.trim()))].filter((value) => value !== '');
  if (told.length === 0) return html`<em>empty</em>`;
  return told.slice(0, shownValues).map((value) => html`<div>${shorten(value)}</div>`);
}

function shorten(value: string): string {
  const characters = [...value];
  if (characters.length <= shownCharacters) return value;
  return `${characters.slice(0, shownCharacters - 1).join('')}…`;
}
