import { type Context, Hono } from 'hono';
import { html } from 'hono/html';
import { countDeliveries } from '../../store/deliveries.ts';
import { findRun, listRuns } from '../../store/run-history.ts';
import { listRunLogLines } from '../../store/run-logs.ts';
import { type RunKind, runKinds } from '../../store/schema.ts';
import { loadSourceStates } from '../../store/source-states.ts';
import { loadSourceStandings } from '../../store/watch.ts';
import type { Html } from '../shell/page.ts';
import type { AdminDependencies, AdminEnv } from './context.ts';
import { mark, reasonWords, statusMark } from './delivery-words.ts';
import { adminPage, instant, notice, scrolled } from './layout.ts';
import { logList } from './run-log.ts';
import {
  type AnyRun,
  ageWords,
  cameTo,
  kindWords,
  runMark,
  runTable,
  tookWords,
  troubleOf,
} from './run-words.ts';

const fewOfEach = 6;
const pageSize = 50;

/** What ran, what each run came to, and how the sources stand. */
export function runPages({ store, clock, base }: AdminDependencies): Hono<AdminEnv> {
  const site = new Hono<AdminEnv>();

  site.get('/admin/runs', async (c) => {
    const sections: Html[] = [];
    for (const kind of runKinds.toReversed()) {
      const runs = await listRuns(store, kind, { limit: fewOfEach });
      sections.push(
        html`<section><h2>${kindWords[kind].many}</h2><p class="hint">${kindWords[kind].what}</p>${
          runs.length === 0
            ? html`<p>None yet.</p>`
            : html`${scrolled(kindWords[kind].many, runTable(base, runs, instant))}<p><a href="${base}/admin/runs/${kind}">All ${kindWords[kind].many.toLowerCase()} runs</a></p>`
        }</section>`,
      );
    }
    return c.html(
      adminPage(
        c,
        'Runs',
        [
          html`<p><a role="button" class="secondary small" href="${base}/admin/runs/next">What will go out next?</a></p>`,
          await sourceSection(),
          ...sections,
        ],
        { at: 'runs' },
      ),
    );
  });

  for (const kind of runKinds) {
    site.get(`/admin/runs/${kind}`, (c) => list(c, kind));
    site.get(`/admin/runs/${kind}/:id{[0-9]+}`, async (c) => {
      const run = await findRun(store, kind, Number(c.req.param('id')));
      return run ? await show(c, run) : await c.notFound();
    });
  }

  async function list(c: Context<AdminEnv>, kind: RunKind) {
    const before = Number(c.req.query('before') ?? Number.NaN);
    const source = c.req.query('source');
    const isOdd = Boolean(source) && kind !== 'ingest';
    const filter = { ...(before > 0 ? { beforeId: before } : {}), ...(source ? { source } : {}) };
    const runs = isOdd ? [] : await listRuns(store, kind, { limit: pageSize + 1, ...filter });
    const shown = runs.slice(0, pageSize);
    const last = runs.length > pageSize ? shown.at(-1)?.id : undefined;
    const next = new URLSearchParams({ ...(source ? { source } : {}), before: String(last) });
    return c.html(
      adminPage(
        c,
        `${kindWords[kind].many} runs`,
        [
          html`<p class="hint">${kindWords[kind].what} <a href="${base}/admin/runs">All kinds</a></p>`,
          isOdd ? notice(`Only ingest runs are of a source, not ${kind} runs.`, 'wrong') : '',
          shown.length === 0
            ? html`<p>${isOdd ? 'Nothing was looked for.' : 'There are none.'}</p>`
            : scrolled('Runs', runTable(base, shown, instant)),
          last === undefined
            ? ''
            : html`<p><a rel="next" href="${base}/admin/runs/${kind}?${next}">Older runs</a></p>`,
        ],
        { at: 'runs' },
      ),
      isOdd ? 422 : 200,
    );
  }

  async function show(c: Context<AdminEnv>, run: AnyRun) {
    const lines = await listRunLogLines(store.db, run.kind, run.id);
    const trouble = troubleOf(run);
    return c.html(
      adminPage(
        c,
        `${kindWords[run.kind].one} ${run.id}`,
        [
          trouble === null ? '' : notice(trouble, 'wrong'),
          html`<p class="lead">${runMark(run)} ${run.kind === 'ingest' ? html`<strong>${run.source}</strong>: ` : ''}${cameTo(run)}.</p>`,
          html`<dl class="pairs"><div><dt>Started (UTC)</dt><dd>${instant(run.startedAt)} (${ageWords(run.startedAt, clock.now())})</dd></div>
<div><dt>Ended (UTC)</dt><dd>${instant(run.finishedAt)}</dd></div><div><dt>Took</dt><dd>${tookWords(run)}</dd></div></dl>`,
          run.kind === 'plan' ? await planSection(run.id) : '',
          run.kind === 'send' ? recoveredLine(run) : '',
          run.kind === 'ingest' && run.problems.length > 0
            ? html`<section><h2>Passed over</h2><p class="hint">Records that could not be read; the first ${run.problems.length}.</p><ul>${run.problems.map(
                ({ where, message }) => html`<li class="said"><code>${where}</code> ${message}</li>`,
              )}</ul></section>`
            : '',
          html`<section><h2>What it wrote to the log</h2>${logList(lines, base)}</section>`,
        ],
        { at: 'runs' },
      ),
    );
  }

  async function planSection(planRunId: number): Promise<Html> {
    const counts = await countDeliveries(store.db, { planRuns: { from: planRunId, until: planRunId } });
    if (counts.length === 0)
      return html`<p class="hint">Its deliveries were forgotten since, or there were none.</p>`;
    return html`<section><h2>Its deliveries now</h2><ul class="counts">${counts.map(
      ({ status, reason, count }) =>
        html`<li><a href="${base}/admin/deliveries?run=${planRunId}&amp;status=${status}${reason === null ? '' : `&reason=${reason}`}">${statusMark(status)} ${
          reason === null ? '' : html`<span class="hint">${reasonWords(reason)}</span> `
        }<strong>${count.toLocaleString('en')}</strong></a></li>`,
    )}</ul></section>`;
  }

  async function sourceSection(): Promise<Html> {
    const now = clock.now();
    const standings = await loadSourceStandings(store.db);
    const categories = (await loadSourceStates(store.db)).filter(
      (row) => row.category !== '' && (row.state === 'late' || row.state === 'failing'),
    );
    const tone = { fresh: 'good', waiting: 'quiet', late: 'wrong', failing: 'wrong' } as const;
    const ago = (at: number | null) =>
      at === null
        ? 'never'
        : html`<time datetime="${new Date(at).toISOString()}" title="${new Date(at).toISOString()}">${ageWords(at, now)}</time>`;
    const order = ['failing', 'late', 'waiting', 'fresh'];
    standings.sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state));
    return html`<section><h2>Sources</h2>${
      standings.length === 0
        ? html`<p class="hint">No source was ever asked over the network.</p>`
        : scrolled(
            'Sources',
            html`<table class="log stacked"><thead><tr><th scope="col">Source</th><th scope="col">State</th><th scope="col">Asked</th><th scope="col">Answered</th><th scope="col">New papers came</th><th scope="col">What is known</th></tr></thead>
<tbody>${standings.map(
              (one) =>
                html`<tr><th scope="row"><a href="${base}/admin/runs/ingest?source=${one.source}">${one.source}</a></th>
<td data-name="State">${mark(one.state, tone[one.state])}</td><td data-name="Asked">${ago(one.checkedAt)}</td><td data-name="Answered">${ago(one.lastSuccessAt)}</td><td data-name="New papers">${ago(one.lastNewAt)}</td><td class="said">${one.detail ?? ''}${categories
                  .filter((row) => row.source === one.source)
                  .map(
                    (row) =>
                      html`<br><strong>${row.category}</strong> ${row.state}${row.detail ? `: ${row.detail}` : ''}`,
                  )}</td></tr>`,
            )}</tbody></table>`,
          )
    }</section>`;
  }
  return site;
}

function recoveredLine({ recovered }: Extract<AnyRun, { kind: 'send' }>): Html | '' {
  const { unclaimed, uncertain, resent } = recovered;
  if (unclaimed + uncertain + resent === 0) return '';
  return html`<p>A process had died before it: ${[
    unclaimed > 0 && `${unclaimed} that it had only claimed went back to the queue`,
    uncertain > 0 && `${uncertain} that it was sending became uncertain`,
    resent > 0 && `${resent} that it was sending were put back to be sent once more`,
  ]
    .filter(Boolean)
    .join(', ')}.</p>`;
}
