import { html } from 'hono/html';
import { type CsvField, csvFields } from '../../subscribers/csv-columns.ts';
import { type Fate, fates } from '../../subscribers/import.ts';
import type { StagedReport } from '../../subscribers/staged-import.ts';
import { type ListStart, maxListBytes } from '../../subscribers/staged-lists.ts';
import type { Html } from '../shell/page.ts';
import { notice } from './layout.ts';
import type { ImportAct } from './subscriber-import.ts';
import { counted, optionList } from './subscriber-words.ts';

export function uploadForm(path: string, formToken: Html): Html {
  return html`<form method="post" action="${path}" enctype="multipart/form-data" class="narrow">${formToken}
<label>A CSV file with a header, up to ${maxListBytes / 1024 / 1024} MB<input type="file" name="file" accept=".csv,.tsv,.txt,text/csv" required></label>
<p class="hint">Lists of listmonk and Mailchimp are understood as they are. Nothing is changed before you have seen what will become of each line, and nobody who has left is brought back.</p>
<button>Upload</button></form>`;
}

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

/** What each column means: as guessed, to be changed; the first lines under it. */
export function chooseForm(
  path: string,
  formToken: Html,
  { names, columns, records }: ListStart,
  topics: readonly { slug: string; name: string }[],
): Html {
  const choices: [string, string][] = [
    ['', 'not read'],
    ...csvFields.map((field): [string, string] => [field, fieldNames[field]]),
  ];
  return html`<form method="post" action="${path}">${formToken}
<p>What is in each column?</p>
<div class="scroll"><table class="columns"><thead><tr>${names.map(
    (name, index) =>
      html`<th scope="col"><label>${name || `column ${index + 1}`}<select name="column">${optionList(choices, columns[index] ?? '')}</select></label></th>`,
  )}</tr></thead>
<tbody>${records.map(
    (record) =>
      html`<tr>${names.map((_, index) => html`<td>${(record[index] ?? '').slice(0, 80)}</td>`)}</tr>`,
  )}</tbody></table></div>
<label class="narrow">Topic for those who are new and whose line names none<select name="topic">${optionList(
    [['', 'none'], ...topics.map(({ slug, name }): [string, string] => [slug, name])],
    '',
  )}</select></label>
<button>See what would become of each line</button></form>`;
}

const fateWords: Record<Fate, string> = {
  added: 'added',
  updated: 'changed',
  unchanged: 'the same already',
  left_alone: 'left alone',
  kept_out: 'kept out',
  duplicate: 'twice in the list',
  invalid: 'refused',
};

/** How far it is, or what became of it, or would. */
export function outcomeOf(act: ImportAct, path: string, formToken: Html, base: string): (Html | '')[] {
  const { outcome, progress } = act;
  if (!outcome) return [html`<p role="status" aria-busy="true">${counted(progress ?? 0)} lines so far.</p>`];
  const back = html`<p><a href="${base}/admin/subscribers">To the list of subscribers</a></p>`;
  if (!outcome.ok) return [notice(outcome.message, 'wrong'), back];
  const { report, dryRun } = outcome.result;
  const change = report.added + report.updated + report.kept_out;
  return [
    notice(dryRun ? `Nothing has been changed yet. ${sayCounts(report)}` : `Done. ${sayCounts(report)}`),
    fateTable(report),
    dryRun && change > 0
      ? html`<form method="post" action="${path}/run">${formToken}<input type="hidden" name="checked" value="${act.id}">
<p class="actions"><button>Do so: ${counted(change)} of ${counted(report.lines)} lines change something</button> <a role="button" class="secondary" href="${path}">Other columns</a></p></form>`
      : '',
    lineTable(report, `${path}/report.csv`),
    back,
  ];
}

function sayCounts(report: StagedReport): string {
  const ignored = report.ignoredColumns.length;
  return `${counted(report.lines)} ${report.lines === 1 ? 'line' : 'lines'}${
    ignored > 0 ? `; not read: ${report.ignoredColumns.join(', ').slice(0, 200)}` : ''
  }.`;
}

function fateTable(report: StagedReport): Html {
  return html`<dl class="facts">${fates.map(
    (fate) => html`<div><dt>${fateWords[fate]}</dt><dd>${counted(report[fate])}</dd></div>`,
  )}</dl>`;
}

function lineTable(report: StagedReport, reportPath: string): Html | '' {
  if (report.looked.length === 0) return '';
  return html`<section><h2>Line by line</h2>
<p>${report.looked.length < report.lines ? html`Those that need a look first of all, ${counted(report.looked.length)} of ${counted(report.lines)}. ` : ''}<a href="${reportPath}" download>All of them as CSV</a></p>
<div class="scroll" tabindex="0" role="region" aria-label="Line by line"><table><thead><tr><th scope="col" class="number">Line</th><th scope="col">Address</th><th scope="col">Becomes</th><th scope="col">Why</th></tr></thead>
<tbody>${report.looked.map(
    (line) =>
      html`<tr><td class="number">${line.line}</td><td>${line.email?.slice(0, 100) ?? ''}</td><td>${fateWords[line.fate]}</td><td>${line.message ?? ''}</td></tr>`,
  )}</tbody></table></div></section>`;
}
