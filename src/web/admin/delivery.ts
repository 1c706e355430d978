import { type Context, Hono } from 'hono';
import { html } from 'hono/html';
import {
  type ActResult,
  type Resolution,
  releaseDelivery,
  resolutions,
  resolveDelivery,
  retryDelivery,
} from '../../delivery/acts.ts';
import type { MakeLinks } from '../../delivery/messages.ts';
import { readMail } from '../../delivery/read-mail.ts';
import { TemplateError } from '../../digest/template-files.ts';
import { makeHashAddress } from '../../mail/address-hash.ts';
import { listAudit } from '../../store/audit-list.ts';
import { listBounces } from '../../store/bounces.ts';
import { type DeliveryEntry, listDeliveries } from '../../store/deliveries.ts';
import { type DeliveryFacts, findDeliveryFacts } from '../../store/delivery-acts.ts';
import { mailLinks } from '../../subscribers/tokens.ts';
import { readableText } from '../../tex/readable.ts';
import { known } from '../shell/known.ts';
import type { Html } from '../shell/page.ts';
import { auditList } from './audit-list.ts';
import type { AdminDependencies, AdminEnv } from './context.ts';
import { standingWords, statusMark } from './delivery-words.ts';
import { readTexts } from './form-values.ts';
import { adminPage, dueInstant, instant, notice, scrolled } from './layout.ts';
import { allowFrames, mailView, readView, sendMailFrame } from './mail-view.ts';

/** One delivery: how it stands and why, what it holds, its mail, and what can be done about it. */
export function deliveryPages(dependencies: AdminDependencies): Hono<AdminEnv> {
  const { store, config, clock, base, composer } = dependencies;
  const site = new Hono<AdminEnv>();
  const hashAddress = makeHashAddress(config.secretKey);
  const links: MakeLinks = (holder, deliveryId) => mailLinks(config, holder, deliveryId);
  async function mailOf(id: number) {
    if (!composer) return null;
    try {
      return await readMail({ db: store.db, links, compose: await composer() }, id);
    } catch (error) {
      if (error instanceof TemplateError) return { ok: false as const, reason: 'templates' as const };
      throw error;
    }
  }

  async function show(c: Context<AdminEnv>, id: number, told: Html | '' = '', status: 200 | 409 = 200) {
    const [entry] = await listDeliveries(store.db, { id, limit: 1 });
    const facts = await findDeliveryFacts(store.db, id);
    if (!entry || !facts) return await c.notFound();
    const bounces = await listBounces(store.db, { deliveryId: id, limit: 20 });
    const { entries: changes } = await listAudit(store.db, { subject: 'delivery', subjectId: id, limit: 20 });
    const self = `${base}/admin/deliveries/${id}`;
    const view = readView(c);
    const found = await mailOf(id);
    allowFrames(c);
    return c.html(
      adminPage(
        c,
        `Delivery ${id}`,
        [
          told,
          html`<p class="lead">${statusMark(entry.status)} The digest of ${entry.editionDate} to <a href="${base}/admin/subscribers/${facts.subscriberId}">${entry.email}</a>. ${standingWords(entry)}</p>`,
          actForms(c, self, facts, clock.now()),
          html`<div class="halves"><section><h2>What happened</h2>${factList(base, entry, facts.timezone)}</section>
<section><h2>Papers</h2>${paperList(entry)}</section></div>`,
          bounces.length === 0
            ? ''
            : html`<section><h2>What came back</h2>${scrolled(
                'What came back',
                html`<table class="log"><thead><tr><th scope="col">When (UTC)</th><th scope="col">Kind</th><th scope="col">Reason</th><th scope="col">What was said</th></tr></thead><tbody>${bounces.map(
                  (one) =>
                    html`<tr><td class="when">${instant(one.occurredAt ?? one.recordedAt)}</td><td>${one.class}</td><td>${one.reason.replaceAll('_', ' ')}</td><td class="said">${one.diagnostic}</td></tr>`,
                )}</tbody></table>`,
              )}</section>`,
          html`<section id="mail"><h2>The mail</h2>${
            found === null
              ? html`<p class="hint">No mail can be made here.</p>`
              : found.ok
                ? mailView({ self, frame: `${self}/mail`, mail: found.mail, view })
                : html`<p>${noMail[found.reason]}</p>`
          }</section>`,
          changes.length === 0
            ? ''
            : html`<section><h2>Changes by hand</h2>${auditList(changes, base)}</section>`,
        ],
        { at: 'deliveries' },
      ),
      status,
    );
  }

  site.get('/admin/deliveries/:id{[0-9]+}', (c) => show(c, Number(c.req.param('id')), doneWords(c)));

  site.get('/admin/deliveries/:id{[0-9]+}/mail', async (c) => {
    const found = await mailOf(Number(c.req.param('id')));
    return found?.ok ? sendMailFrame(c, found.mail) : c.notFound();
  });

  async function act(c: Context<AdminEnv>, result: ActResult, done: string) {
    const id = Number(c.req.param('id'));
    if (result.ok) return c.redirect(`${base}/admin/deliveries/${id}?done=${done}`, 303);
    if (result.reason === 'unknown') return await c.notFound();
    return await show(c, id, notice(result.message, 'wrong'), 409);
  }
  const deps = () => ({ db: store.db, now: clock.now(), hashAddress });

  site.post('/admin/deliveries/:id{[0-9]+}/retry', async (c) =>
    act(c, await retryDelivery(deps(), Number(c.req.param('id'))), 'retry'),
  );
  site.post('/admin/deliveries/:id{[0-9]+}/release', async (c) =>
    act(c, await releaseDelivery(deps(), Number(c.req.param('id'))), 'release'),
  );
  site.post('/admin/deliveries/:id{[0-9]+}/resolve', async (c) => {
    const given = (await readTexts(c)).one('as');
    const as = resolutions.find((one) => one === given);
    if (!as) return await c.notFound();
    return await act(c, await resolveDelivery(deps(), Number(c.req.param('id')), as), as);
  });
  return site;
}

const noMail = {
  unknown: 'There is no such delivery.',
  erased: 'Its subscriber was erased: there is nobody whom it could be addressed to.',
  templates: 'The templates cannot be used; the page of the templates says what is wrong.',
  no_papers: 'There is none: it holds no papers, or all of them were withdrawn.',
};

const done: Record<string, string> = {
  retry: 'It waits for the next run again.',
  release: 'Its papers compete again.',
  sent: 'It counts as sent now.',
  pending: 'It is sent again with the next run, for a day at most.',
  failed: 'It was given up, and its papers compete again.',
};

function doneWords(c: Context): Html | '' {
  const words = known(done, c.req.query('done'));
  return words ? notice(words) : '';
}

const resolutionWords: Record<Resolution, string> = {
  sent: 'It arrived',
  pending: 'Send it again',
  failed: 'Give it up',
};

/** What can be done about it now. */
function actForms(c: Context<AdminEnv>, self: string, facts: DeliveryFacts, now: number): Html | '' {
  const form = (act: string, button: Html) =>
    html`<form method="post" action="${self}/${act}">${c.var.formToken}${button}</form>`;
  if (facts.status === 'uncertain')
    return html`<div class="act"><p>Look for its Message-ID in the mail server’s log, and say what became of it:</p><div class="actions">${resolutions.map(
      (as) =>
        form(
          'resolve',
          html`<button name="as" value="${as}"${as === 'sent' ? '' : html` class="quiet"`}>${resolutionWords[as]}</button>`,
        ),
    )}</div></div>`;
  if (facts.status === 'failed' && facts.expiresAt > now)
    return html`<div class="act"><p>Its day is not over: it can be tried again. Papers that were sent in another digest since are left out.</p>${form('retry', html`<button>Try it again</button>`)}</div>`;
  if (facts.status === 'sent' && facts.cameBack && !facts.arrived && facts.held > 0)
    return html`<div class="act"><p>The mail came back after it was accepted, so nobody read it. Its papers can compete again.</p>${form('release', html`<button class="quiet">Release its papers</button>`)}</div>`;
  return '';
}

function factList(base: string, entry: DeliveryEntry, timezone: string): Html {
  const facts: [string, Html | string | number | null][] = [
    ['Due', dueInstant(entry.dueAt, timezone)],
    [
      'Planned (UTC)',
      html`${instant(entry.plannedAt)} by <a href="${base}/admin/runs/plan/${entry.planRunId}">plan run ${entry.planRunId}</a>`,
    ],
    ['Tries', entry.attempts],
    ['Next try (UTC)', entry.nextAttemptAt === null ? null : instant(entry.nextAttemptAt)],
    ['Handed over (UTC)', entry.sendingAt === null ? null : instant(entry.sendingAt)],
    ['Sent again (UTC)', entry.resentAt === null ? null : instant(entry.resentAt)],
    ['Ended (UTC)', entry.endedAt === null ? null : instant(entry.endedAt)],
    ['What was said', entry.detail === null ? null : html`<span class="said">${entry.detail}</span>`],
    ['Message-ID', html`<code class="said">${entry.messageId}</code>`],
    ['What it is for', occasionWords[entry.occasion]],
    ['More that matched', entry.more === 0 ? null : entry.more],
  ];
  return html`<dl class="pairs">${facts
    .filter(([, value]) => value !== null)
    .map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

const occasionWords: Record<DeliveryEntry['occasion'], string> = {
  day: 'a day',
  week: 'a week',
  away: 'the time without one',
  quiet: 'saying that nothing is new',
  late: 'saying that a source is late',
};

function paperList(entry: DeliveryEntry): Html {
  if (entry.papers.length === 0) return html`<p class="hint">None.</p>`;
  return html`<ol class="paper-list">${entry.papers.map(
    (paper) =>
      html`<li>${readableText(paper.title)} <span class="hint">${paper.key}${paper.topic === null ? '' : ` · for ${paper.topic}`}${
        paper.released ? ' · competes again' : ''
      }</span></li>`,
  )}</ol>`;
}
