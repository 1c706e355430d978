import { html } from 'hono/html';
import { type Fate, fates } from '../../subscribers/import.ts';
import type { StagedReport } from '../../subscribers/staged-import.ts';
import { maxListBytes } from '../../subscribers/staged-lists.ts';
import type { Html } from '../shell/page.ts';
import { notice } from './layout.ts';
import type { ImportAct } from './subscriber-import.ts';
import { counted } from './subscriber-words.ts';

export function uploadForm(path: string, formToken: Html): Html {
  return html`<form method="post" action="${path}" enctype="multipart/form-data" class="narrow">${formToken}
<label>A CSV file with a header, up to ${maxListBytes / 1024 / 1024} MB<input type="file" name="file" accept=".csv,.tsv,.txt,text/csv" required></label>
<p class="hint">Lists of listmonk and Mailchimp are understood as they are. Nothing is changed before you have seen what will become of each line, and nobody who has left is brought back.</p>
<button>Upload</button></form>`;
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
