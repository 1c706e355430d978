import { Hono } from 'hono';
import { html } from 'hono/html';
import { readDeliverySearch } from '../../delivery/read-search.ts';
import { type DeliveryEntry, listDeliveries } from '../../store/deliveries.ts';
import { type DeliverySearch, findDeliveryIds } from '../../store/delivery-search.ts';
import type { Html } from '../shell/page.ts';
import type { AdminDependencies, AdminEnv } from './context.ts';
import { type FilterTexts, filterForm, filterQuery, filterTexts } from './delivery-filter.ts';
import { reasonWords, statusMark } from './delivery-words.ts';
import { adminPage, instant, notice, scrolled } from './layout.ts';

const pageSize = 50;

/** What was sent to whom, and what was not and why. */
export function deliveryListPages({ store, base }: AdminDependencies): Hono<AdminEnv> {
  const site = new Hono<AdminEnv>();
  site.get('/admin/deliveries', async (c) => {
    const texts = filterTexts((name) => c.req.query(name));
    const { search, problems } = await readDeliverySearch(store.db, texts);
    const before = Number(c.req.query('before') ?? Number.NaN);
    const page = { limit: pageSize + 1, ...(before > 0 ? { beforeId: before } : {}) };
    // What cannot be found is not answered with what nobody asked for.
    const ids = problems.length > 0 ? [] : await findDeliveryIds(store.db, search, page);
    const shown = ids.slice(0, pageSize);
    const entries = await listDeliveries(store.db, { ids: shown, limit: shown.length });
    const last = ids.length > pageSize ? shown.at(-1) : undefined;
    return c.html(
      adminPage(
        c,
        'Deliveries',
        [
          ...problems.map(({ message }) => notice(message, 'wrong')),
          filterForm(c, base, texts),
          runsLine(base, search.planRuns),
          entries.length === 0
            ? html`<p>${problems.length > 0 ? 'Nothing was looked for.' : 'There are no deliveries of that kind.'}</p>`
            : deliveryTable(base, entries),
          last === undefined
            ? ''
            : html`<p><a rel="next" href="${base}/admin/deliveries?${filterQuery(texts, { before: String(last) })}">Older deliveries</a></p>`,
          manyLinks(base, texts, entries),
        ],
        { at: 'deliveries' },
      ),
      problems.length > 0 ? 422 : 200,
    );
  });
  return site;
}

function runsLine(base: string, runs: DeliverySearch['planRuns']): Html {
  if (runs === undefined) return html``;
  const link = (id: number, words: string) => html`<a href="${base}/admin/runs/plan/${id}">${words}</a>`;
  return runs.from === runs.until
    ? html`<p>Of ${link(runs.from, `plan run ${runs.from}`)}.</p>`
    : html`<p>Of plan runs ${link(runs.from, String(runs.from))} to ${link(runs.until, String(runs.until))}.</p>`;
}

export function deliveryTable(base: string, entries: readonly DeliveryEntry[]): Html {
  return scrolled(
    'Deliveries',
    html`<table class="log stacked"><thead><tr><th scope="col">Day</th><th scope="col">Subscriber</th><th scope="col">Status</th><th scope="col" class="number">Papers</th><th scope="col" class="number">Tries</th><th scope="col">Ended (UTC)</th></tr></thead>
<tbody>${entries.map(
      (one) =>
        html`<tr><th scope="row"><a href="${base}/admin/deliveries/${one.id}">${one.editionDate}<span class="unseen"> to ${one.email}</span></a></th>
<td data-name="Subscriber" class="whom">${one.email}</td>
<td data-name="Status">${statusMark(one.status)}${one.reason === null ? '' : html` <span class="hint">${reasonWords(one.reason)}</span>`}</td>
<td data-name="Papers" class="number">${one.papers.length}</td>
<td data-name="Tries" class="number">${one.attempts}</td>
<td data-name="Ended (UTC)" class="when">${instant(one.endedAt)}</td></tr>`,
    )}</tbody></table>`,
  );
}

/** What can be done to all that are listed at once, where there is such an act. */
function manyLinks(base: string, texts: FilterTexts, entries: readonly DeliveryEntry[]): Html | '' {
  const acts: [act: string, words: string][] =
    texts.status === 'uncertain'
      ? [
          ['sent', 'All of these arrived'],
          ['pending', 'Send all of these again'],
          ['failed', 'Give all of these up'],
        ]
      : texts.status === 'failed'
        ? [['retry', 'Try all of these again']]
        : [];
  if (acts.length === 0 || entries.length === 0) return '';
  return html`<section class="many"><h2>All of them at once</h2>
<p class="hint">${
    texts.status === 'uncertain'
      ? 'Whether the mail server took these is not known. Look for their Message-IDs in its log first.'
      : 'A failed delivery can be tried again while its day lasts.'
  } You see how many there are before anything is done.</p>
<ul class="acts">${acts.map(
    ([act, words]) =>
      html`<li><a role="button" class="secondary" href="${base}/admin/deliveries/many?${filterQuery(texts, { act })}">${words}</a></li>`,
  )}</ul></section>`;
}
