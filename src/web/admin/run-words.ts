import { html } from 'hono/html';
import type { RunsOf } from '../../store/run-history.ts';
import type { RunKind } from '../../store/schema.ts';
import type { Html } from '../shell/page.ts';
import { mark, reasonWords } from './delivery-words.ts';

export type AnyRun = RunsOf[RunKind];

export const kindWords: Record<RunKind, { one: string; many: string; what: string }> = {
  ingest: { one: 'Ingest run', many: 'Ingest', what: 'Papers and their signals, from the sources.' },
  plan: { one: 'Plan run', many: 'Plan', what: 'Digests that are due get their papers.' },
  send: { one: 'Send run', many: 'Send', what: 'What is planned goes to the mail server.' },
};

/** How a run went, as a mark. */
export function runMark(run: AnyRun): Html {
  if (run.state === 'running') return mark('under way', 'open');
  if (run.state === 'interrupted') return mark('interrupted', 'wrong');
  switch (run.kind) {
    case 'ingest':
      return mark(run.status, run.status === 'ok' ? 'good' : run.status === 'failed' ? 'wrong' : 'open');
    case 'plan':
      return mark('done', 'good');
    case 'send':
      if (run.stopped === null) return mark('done', 'good');
      return run.stopped.cause === 'signal' ? mark('asked to stop', 'quiet') : mark('cut short', 'wrong');
  }
}

const number = (count: number) => count.toLocaleString('en');

/** What a run came to, in a line. */
export function cameTo(run: AnyRun): string {
  switch (run.kind) {
    case 'ingest':
      return [
        `${number(run.records)} records`,
        `${number(run.newPapers)} new papers`,
        `${number(run.changedPapers)} changed`,
        `${number(run.newSignals)} signals`,
        ...(run.rejected > 0 ? [`${number(run.rejected)} passed over`] : []),
      ].join(', ');
    case 'plan':
      return [
        `${number(run.due)} due`,
        `${number(run.planned)} planned`,
        ...Object.entries(run.skipped).map(
          ([reason, count]) => `${number(count)} skipped (${reasonWords(reason)})`,
        ),
      ].join(', ');
    case 'send':
      return [
        `${number(run.sent)} sent of ${number(run.ready)}`,
        ...(['retry', 'failed', 'uncertain', 'skipped'] as const)
          .filter((count) => run[count] > 0)
          .map((count) => `${number(run[count])} ${count === 'retry' ? 'to be tried again' : count}`),
      ].join(', ');
  }
}

/** What went wrong with it, in the words it left; null: nothing. */
export function troubleOf(run: AnyRun): string | null {
  if (run.state === 'interrupted')
    return 'Its process ended before it did. What was committed stays; the next run goes on with the rest.';
  if (run.kind === 'ingest') return run.error;
  if (run.kind === 'send' && run.stopped && run.stopped.cause !== 'signal')
    return `${stopWords[run.stopped.cause] ?? run.stopped.cause}: ${run.stopped.message}`;
  return null;
}

const stopWords: Record<string, string> = {
  unreachable: 'The mail server could not be reached',
  unavailable: 'The mail server did not let anybody in, or did not answer',
  auth: 'The mail server did not accept user and password',
  tls: 'No safe connection to the mail server came about',
  config: 'The mail server does not send for this sender',
  policy: 'The mail server refuses us by its policy',
  crashed: 'It was interrupted',
  error: 'An error ended it',
};

export function tookWords({ tookMs }: Pick<AnyRun, 'tookMs'>): string {
  if (tookMs === null) return '–';
  if (tookMs < 1000) return `${tookMs} ms`;
  if (tookMs < 60_000) return `${(tookMs / 1000).toFixed(1)} s`;
  return `${Math.floor(tookMs / 60_000)} min ${Math.round((tookMs % 60_000) / 1000)} s`;
}

/** `3 hours ago`, `in 5 minutes`. */
export function ageWords(at: number, now: number): string {
  const minutes = Math.round((now - at) / 60_000);
  const [count, unit] =
    Math.abs(minutes) < 90
      ? [minutes, 'minute']
      : Math.abs(minutes) < 36 * 60
        ? [Math.round(minutes / 60), 'hour']
        : [Math.round(minutes / 1440), 'day'];
  if (count === 0) return 'just now';
  const words = `${Math.abs(count as number)} ${unit}${Math.abs(count as number) === 1 ? '' : 's'}`;
  return (count as number) > 0 ? `${words} ago` : `in ${words}`;
}

/** A list of runs of any kind. */
export function runTable(base: string, runs: readonly AnyRun[], instant: (ms: number | null) => Html): Html {
  return html`<table class="log stacked"><thead><tr><th scope="col">Run</th><th scope="col">Started (UTC)</th><th scope="col">State</th><th scope="col">Came to</th><th scope="col" class="number">Took</th></tr></thead>
<tbody>${runs.map((run) => {
    const trouble = troubleOf(run);
    return html`<tr><th scope="row"><a href="${base}/admin/runs/${run.kind}/${run.id}">${run.kind} ${run.id}</a></th>
<td data-name="Started (UTC)" class="when">${instant(run.startedAt)}</td>
<td data-name="State">${runMark(run)}</td>
<td data-name="Came to">${run.kind === 'ingest' ? html`<strong>${run.source}</strong>: ` : ''}${cameTo(run)}${
      trouble === null ? '' : html`<br><span class="wrong said">${trouble}</span>`
    }</td>
<td data-name="Took" class="number">${tookWords(run)}</td></tr>`;
  })}</tbody></table>`;
}
