import { setTimeout as sleep } from 'node:timers/promises';
import { type Context, Hono } from 'hono';
import { html } from 'hono/html';
import {
  type DryDigest,
  type DryRunPage,
  type DryRunSummary,
  dryRunHorizonMs,
  tomorrowAt,
} from '../../delivery/dry-run.ts';
import type { CountedDryRun } from '../../delivery/dry-runs.ts';
import { deliveryReasonWords } from '../../delivery/why-words.ts';
import { isDate, isDigestTime, isTimezone } from '../../digest/schedule.ts';
import type { DueCursor } from '../../store/plan-runs.ts';
import { readableText } from '../../tex/readable.ts';
import type { Html } from '../shell/page.ts';
import type { AdminDependencies, AdminEnv } from './context.ts';
import { mark, reasonWords } from './delivery-words.ts';
import { adminPage, instant, notice, scrolled } from './layout.ts';

const pageSize = 25;
/** The page does not wait longer for its thread, which may have to load all candidates first. */
const patienceMs = 60;

/** Until when one looks: a day and a time where the admin is. */
interface Asked {
  date: string;
  time: string;
  zone: string;
  until: number;
}

/** Who would get what, without planning anything. */
export function dryRunPages({ config, clock, base, dryRuns }: AdminDependencies): Hono<AdminEnv> {
  const site = new Hono<AdminEnv>();
  if (!dryRuns) return site;
  const usualZone = config.digest?.timezone ?? 'UTC';

  site.get('/admin/runs/next', async (c) => {
    const now = clock.now();
    const { asked, problem } = readAsked(c, now, usualZone);
    const at = { now, until: asked.until };
    const page = dryRuns.page(at, { after: readCursor(c), limit: pageSize });
    const found = await Promise.race([page, sleep(patienceMs, 'waiting' as const)]);
    const self = `${base}/admin/runs/next`;
    const here = { date: asked.date, time: asked.time, zone: asked.zone };
    const after = c.req.query('after');
    const again = `${self}?${new URLSearchParams({ ...here, ...(after ? { after } : {}) })}`;
    return c.html(
      adminPage(
        c,
        'What will go out next',
        [
          problem === null ? '' : notice(problem, 'wrong'),
          html`<p class="lead">Who would get what until then, by what is known now. Papers and votes that come until then change it; nothing is planned by looking.</p>
<form method="get" action="${self}" class="filters"><label>Day<input type="date" name="date" value="${asked.date}"></label>
<label>Time<input type="time" name="time" value="${asked.time}"></label>
<label class="broad">Time zone<input name="zone" value="${asked.zone}" spellcheck="false"></label><button class="quiet">Look</button></form>`,
          html`<section><h2>Everybody</h2>${countSection(dryRuns.count(at), `${self}/count?${new URLSearchParams(here)}`, `${self}?${new URLSearchParams(here)}`)}</section>`,
          html`<section><h2>First due first</h2>${
            found === 'waiting'
              ? html`<div id="digests" hx-get="${again}" hx-select="#digests" hx-trigger="load delay:1s" hx-swap="outerHTML"><p role="status">Working it out… <a href="${again}">Look again</a></p></div>`
              : html`<div id="digests">${digestsOf(base, found)}${
                  found?.next
                    ? html`<p><a rel="next" href="${self}?${new URLSearchParams({ ...here, after: `${found.next.dueAt}.${found.next.id}` })}">Who comes next</a></p>`
                    : ''
                }</div>`
          }</section>`,
        ],
        { at: 'runs' },
      ),
    );
  });

  // What the page asks for while the count is under way.
  site.get('/admin/runs/next/count', (c) => {
    const { asked } = readAsked(c, clock.now(), usualZone);
    const here = new URLSearchParams({ date: asked.date, time: asked.time, zone: asked.zone });
    const self = `${base}/admin/runs/next`;
    return c.html(
      countSection(
        dryRuns.count({ now: clock.now(), until: asked.until }),
        `${self}/count?${here}`,
        `${self}?${here}`,
      ),
    );
  });
  return site;
}

function digestsOf(base: string, found: DryRunPage | null): Html {
  if (found === null) return html`<p>It could not be worked out. The log says why.</p>`;
  if (found.digests.length === 0) return html`<p>Nobody comes due until then.</p>`;
  return digestTable(base, found.digests);
}

function readAsked(c: Context, now: number, usualZone: string): { asked: Asked; problem: string | null } {
  const zone = c.req.query('zone') ?? usualZone;
  const time = c.req.query('time') ?? '08:00';
  const usual = (problem: string | null) => {
    const until = tomorrowAt(now, usualZone);
    const { date } = localOf(until, usualZone);
    return { asked: { date, time: '08:00', zone: usualZone, until }, problem };
  };
  if (!isTimezone(zone)) return usual(`“${zone.slice(0, 60)}” is no time zone such as Europe/Berlin.`);
  if (!isDigestTime(time)) return usual(`“${time.slice(0, 20)}” is no time such as 08:00.`);
  const date = c.req.query('date') ?? localOf(tomorrowAt(now, zone, time), zone).date;
  if (!isDate(date)) return usual(`“${date.slice(0, 20)}” is no date such as 2026-06-22.`);
  const until = Temporal.PlainDate.from(date).toZonedDateTime({
    timeZone: zone,
    plainTime: Temporal.PlainTime.from(time),
  }).epochMilliseconds;
  if (until < now) return usual('That is past: the list of deliveries says what went out.');
  if (until > now + dryRunHorizonMs)
    return usual('That is too far away: papers come every day. A week is the most.');
  return { asked: { date, time, zone, until }, problem: null };
}

function localOf(at: number, zone: string): { date: string } {
  return {
    date: Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone).toPlainDate().toString(),
  };
}

function readCursor(c: Context): DueCursor | null {
  const [, dueAt, id] = /^(\d{1,15})\.(\d{1,15})$/.exec(c.req.query('after') ?? '') ?? [];
  return dueAt && id ? { dueAt: Number(dueAt), id: Number(id) } : null;
}

const number = (count: number) => count.toLocaleString('en');

/** How far the count has come; asks again by itself while it is under way, and by a link where no script runs. */
function countSection({ summary, finished, failed }: CountedDryRun, again: string, page: string): Html {
  if (failed !== null) return html`<div id="count"><p>It could not be counted. The log says why.</p></div>`;
  return html`<div id="count"${finished ? '' : html` hx-get="${again}" hx-trigger="load delay:1s" hx-swap="outerHTML"`}>${
    finished
      ? ''
      : html`<p role="status">${
          summary === null ? 'Counting…' : `Counted ${number(summary.done)} of ${number(summary.due)} so far…`
        } <a href="${page}">Look again</a></p>${
          summary === null
            ? ''
            : html`<progress value="${summary.done}" max="${Math.max(1, summary.due)}" aria-label="Counted"></progress>`
        }`
  }${summary === null ? '' : summaryList(summary)}</div>`;
}

function summaryList(summary: DryRunSummary): Html {
  return html`<ul class="counts"><li><strong>${number(summary.due)}</strong> due</li><li>${mark('digests', 'good')} <strong>${number(summary.digests)}</strong></li>
${Object.entries(summary.skipped).map(
  ([reason, count]) =>
    html`<li>${mark(`no mail: ${reasonWords(reason)}`, 'quiet')} <strong>${number(count)}</strong></li>`,
)}<li><strong>${number(summary.papers)}</strong> papers, ${number(summary.differentPapers)} different</li></ul>${
    summary.topPapers.length === 0
      ? ''
      : html`<details><summary>Papers that most would get</summary><ol class="paper-list">${summary.topPapers.map(
          ({ key, title, readers }) =>
            html`<li>${readableText(title)} <span class="hint">${key} · ${number(readers)} ${readers === 1 ? 'reader' : 'readers'}</span></li>`,
        )}</ol></details>`
  }`;
}

function digestTable(base: string, digests: readonly DryDigest[]): Html {
  return scrolled(
    'Digests',
    html`<table class="log stacked"><thead><tr><th scope="col">Due (UTC)</th><th scope="col">Subscriber</th><th scope="col">What they would get</th></tr></thead>
<tbody>${digests.map(
      ({ dueAt, subscriberId, email, editionDate, papers, skipped, more }) =>
        html`<tr><td data-name="Due (UTC)" class="when">${instant(dueAt)}</td><td data-name="Subscriber" class="whom"><a href="${base}/admin/subscribers/${subscriberId}">${email}</a></td><td>${
          skipped
            ? html`${mark('no mail', 'quiet')} <span class="hint">${deliveryReasonWords[skipped.reason]}</span>`
            : papers.length === 0
              ? html`A mail that says that nothing is new.`
              : html`<details><summary>${papers.length === 1 ? '1 paper' : `${papers.length} papers`} for ${editionDate}: ${readableText(papers[0]?.title ?? '')}</summary><ol class="paper-list">${papers.map(
                  ({ key, title }) => html`<li>${readableText(title)} <span class="hint">${key}</span></li>`,
                )}</ol>${more > 0 ? html`<p class="hint">${number(more)} more matched.</p>` : ''}</details>`
        }</td></tr>`,
    )}</tbody></table>`,
  );
}
