import { Hono } from 'hono';
import { html } from 'hono/html';
import { loadOverview, type Overview, type TodayAccount } from '../../admins/overview.ts';
import type { Counting } from '../../digest/view.ts';
import { readableText } from '../../tex/readable.ts';
import type { Html } from '../shell/page.ts';
import { paperPath } from '../site/head.ts';
import type { AdminDependencies, AdminEnv } from './context.ts';
import { adminPage, scrolled } from './layout.ts';
import { dayCharts } from './overview-days.ts';
import { dueToday, durationWords, endedAs, momentWords, tellToday } from './overview-words.ts';

const ranges = [30, 365];
const nothingCounted = { clicks: false, opens: false };
const number = (value: number) => value.toLocaleString('en');

/** Whether all is well, and what today came to; what is wrong comes first. */
export function overviewPages({ store, config, clock, base }: AdminDependencies): Hono<AdminEnv> {
  const site = new Hono<AdminEnv>();
  site.get('/admin', async (c) => {
    const days = ranges.find((one) => String(one) === c.req.query('days')) ?? 30;
    const overview = await loadOverview(store, {
      now: clock.now(),
      timezone: config.digest?.timezone ?? 'UTC',
      days,
      sources: config.sources?.enabled ?? null,
    });
    return c.html(
      adminPage(
        c,
        'Overview',
        [
          ...overview.troubles.map((one) => troubleBox(one, overview, base)),
          ...overview.notices.map((one) => noticeBox(one, overview, base)),
          todaySection(overview, base),
          daysSection(overview, days, base, config.counting ?? nothingCounted),
          sourceSection(overview),
          topicSection(overview, base),
          config.counting?.clicks ? clickedSection(overview, base) : '',
          html`<p class="hint">Days and times are those of ${overview.timezone} (DIGEST_TIMEZONE).</p>`,
        ],
        { at: 'overview', scripts: ['uplot.min.js', 'chart.js'] },
      ),
    );
  });
  return site;
}

function troubleBox(
  { headline, lines, command, since }: Overview['troubles'][number],
  { now, timezone }: Overview,
  base: string,
): Html {
  return html`<article class="trouble"><h2>${headline}</h2>
${lines.map((line) => html`<p>${withCommands(line)}</p>`)}
<p class="hint">More: ${moreOf(command, base)}${
    since === null ? '' : html` · known since ${momentWords(since, timezone, now).replace(/^(at|on) /, '')}`
  }</p></article>`;
}

function noticeBox(
  { about, headline, lines, source }: Overview['notices'][number],
  { today }: Overview,
  base: string,
): Html {
  const those = about === 'failed' ? ofToday(today, base, about) : `${base}/admin/deliveries?status=${about}`;
  const [href, words] =
    source === null
      ? [those ?? '', 'these deliveries']
      : [`${base}/admin/runs/ingest?source=${encodeURIComponent(source)}`, 'its runs'];
  return html`<article class="trouble minor"><h2>${headline}</h2>
${lines.map((line) => html`<p>${line}</p>`)}
<p class="hint">More: <a href="${href}">${words}</a></p></article>`;
}

/** What stands between backticks is typed. */
function withCommands(line: string): (Html | string)[] {
  return line.split('`').map((part, at) => (at % 2 === 0 ? part : html`<code>${part}</code>`));
}

/** The page that shows what the command does, where there is one. */
function moreOf(command: string, base: string): Html {
  const [, id] = /^paperboy deliveries show (\d+)$/.exec(command) ?? [];
  if (id) return html`<a href="${base}/admin/deliveries/${id}">the one that waits longest</a>`;
  const [, status] = /^paperboy deliveries list --status (\w+)$/.exec(command) ?? [];
  if (status) return html`<a href="${base}/admin/deliveries?status=${status}">these deliveries</a>`;
  return html`<code>${command}</code>`;
}

function todaySection(overview: Overview, base: string): Html {
  const { today, timezone, now } = overview;
  const cell = (label: string, value: number, path: string | null, note: Html | string = '') =>
    html`<div><dt>${label}</dt><dd>${path === null || value === 0 ? number(value) : html`<a href="${path}">${number(value)}</a>`}${
      note === '' ? '' : html` <small>${note}</small>`
    }</dd></div>`;
  const reasons = (status: 'failed' | 'skipped' | 'uncertain') =>
    today.ended
      .filter((one) => one.status === status && one.reason !== '')
      .map(({ reason, count }) => `${number(count)} ${reason.replaceAll('_', ' ')}`)
      .join(', ');
  const { ready, later, claimed, sending } = today.queue;
  return html`<section class="today" aria-labelledby="today">
<h2 id="today">Today</h2>
<p class="verdict">${isWell(overview) ? html`<span class="good" aria-hidden="true">✓</span> ` : ''}${tellToday(overview)}</p>
<dl class="figures">
${cell('due', today.due, ofToday(today, base), dueNote(today))}
${cell('sent', endedAs(today, 'sent'), ofToday(today, base, 'sent'))}
${cell('under way', today.open, ofToday(today, base, 'pending'), today.open === 0 ? '' : underWay(ready, later, claimed + sending))}
${cell('skipped', endedAs(today, 'skipped'), ofToday(today, base, 'skipped'), reasons('skipped'))}
${cell('failed', endedAs(today, 'failed'), ofToday(today, base, 'failed'), reasons('failed'))}
${cell('uncertain', endedAs(today, 'uncertain'), ofToday(today, base, 'uncertain'), reasons('uncertain'))}
</dl>
${
  today.lateness === null
    ? ''
    : html`<p>The last one was sent ${momentWords(today.lateness.latestAt, timezone, now)}, ${durationWords(
        today.lateness.latestLateMs,
      )} after it was due${
        today.lateness.mostLateMs === null
          ? ''
          : html`; the latest of the last 24 hours was ${durationWords(today.lateness.mostLateMs)} late`
      }.</p>`
}</section>`;
}

/** The page that lists what today's plans came to; null: there was none. */
function ofToday({ firstRunId, lastRunId }: TodayAccount, base: string, status?: string): string | null {
  if (firstRunId === null || lastRunId === null) return null;
  const runs = firstRunId === lastRunId ? String(firstRunId) : `${firstRunId}-${lastRunId}`;
  return `${base}/admin/deliveries?${new URLSearchParams({ ...(status ? { status } : {}), run: runs })}`;
}

/** Nothing is wrong, nothing waits, and of what was due something was sent. */
function isWell({ troubles, notices, today }: Overview): boolean {
  const isQuiet = troubles.length === 0 && notices.length === 0 && today.open === 0 && today.queue.due === 0;
  return isQuiet && (dueToday(today) === 0 || endedAs(today, 'sent') > 0);
}

function dueNote(today: TodayAccount): string {
  const folded = today.due - dueToday(today);
  return [
    today.runs === 0 ? '' : `in ${number(today.runs)} ${today.runs === 1 ? 'plan' : 'plans'}`,
    folded === 0 ? '' : `${number(folded)} of earlier days`,
  ]
    .filter(Boolean)
    .join(', ');
}

function underWay(ready: number, later: number, now: number): string {
  return [
    ready > 0 ? `${number(ready)} ready` : '',
    later > 0 ? `${number(later)} tried again later` : '',
    now > 0 ? `${number(now)} being sent` : '',
  ]
    .filter(Boolean)
    .join(', ');
}

function daysSection(overview: Overview, days: number, base: string, counting: Counting): Html {
  const { subscribers } = overview;
  const others = (['pending', 'paused', 'unsubscribed'] as const)
    .filter((status) => subscribers[status] > 0)
    .map((status) => `${number(subscribers[status])} ${status === 'pending' ? 'to confirm' : status}`);
  return html`<section aria-labelledby="days">
<h2 id="days">The last ${days === 365 ? 'year' : `${days} days`}</h2>
<p>${ranges.map((range) =>
    range === days
      ? html`<strong aria-current="true">${rangeName(range)}</strong> `
      : html`<a href="${base}/admin?days=${range}#days">${rangeName(range)}</a> `,
  )}· <a href="${base}/admin/subscribers">${number(subscribers.active)} active ${subscribers.active === 1 ? 'subscriber' : 'subscribers'}</a>${
    others.length === 0 ? '' : html`, ${others.join(', ')}`
  }</p>
${dayCharts(overview.days, counting)}${
  counting.clicks || counting.opens
    ? html`<p class="hint">Opens and clicks are those of a day's digests, whenever they happened, and of nobody in particular:
no address, network or browser is kept. Scanners and picture proxies of mailbox providers are counted too, readers whose
program loads no pictures are not.</p>`
    : ''
}</section>`;
}

const rangeName = (days: number) => (days === 365 ? 'A year' : `${days} days`);

function sourceSection({ sources, now, timezone }: Overview): Html {
  if (sources.length === 0) return html``;
  const ago = (at: number | null) =>
    at === null ? 'never' : now - at < 60_000 ? 'just now' : `${durationWords(now - at)} ago`;
  return html`<section aria-labelledby="sources"><h2 id="sources">Sources</h2>
${scrolled(
  'Sources, a table',
  html`<table class="stacked sources"><thead><tr><th scope="col">Source</th><th scope="col">State</th><th scope="col">Answered</th><th scope="col">Last new paper</th><th scope="col" class="number">New papers in 24 h</th><th scope="col">Errors in 24 h</th></tr></thead>
<tbody>${sources.map(
    ({ source, state, lastSuccessAt, lastNewAt, detail, lately }) => html`<tr><th scope="row">${source}</th>
<td data-name="State"><span class="${state === 'failing' || state === 'late' ? 'wrong' : ''}">${state}</span>${
      detail ? html`<div class="hint">${detail}</div>` : ''
    }</td><td data-name="Answered">${ago(lastSuccessAt)}</td><td data-name="Last new paper">${ago(lastNewAt)}</td><td data-name="New papers in 24 h" class="number">${number(lately?.newPapers ?? 0)}</td>
<td data-name="Errors in 24 h">${
      lately === null || lately.failed === 0
        ? 'none'
        : html`${number(lately.failed)} of ${number(lately.runs)} runs<div class="hint">${
            lately.lastErrorAt === null ? '' : `${momentWords(lately.lastErrorAt, timezone, now)}: `
          }${lately.lastError ?? ''}</div>`
    }</td></tr>`,
  )}</tbody></table>`,
)}</section>`;
}

function clickedSection({ clicked }: Overview, base: string): Html {
  return html`<section aria-labelledby="clicked"><h2 id="clicked">The papers most clicked</h2>
${
  clicked.length === 0
    ? html`<p class="hint">No click has been counted in the digests of these days.</p>`
    : html`<ol class="followed">${clicked.map(
        ({ key, title, clicks }) =>
          html`<li><a href="${base}${paperPath(key)}">${readableText(title)}</a> <small>${number(clicks)}</small></li>`,
      )}</ol>`
}</section>`;
}

function topicSection({ topics }: Overview, base: string): Html {
  if (topics.length === 0) return html``;
  return html`<section aria-labelledby="followed"><h2 id="followed">The most followed topics</h2>
<ol class="followed">${topics.map(
    ({ slug, name, subscriptions }) =>
      html`<li><a href="${base}/admin/topics/${slug}">${name}</a> <small>${number(subscriptions)}</small></li>`,
  )}</ol></section>`;
}
