import { type Context, Hono } from 'hono';
import { html } from 'hono/html';
import { isDate } from '../../digest/schedule.ts';
import type { Actor } from '../../store/acting.ts';
import { type AuditEntry, type AuditFilter, listAudit } from '../../store/audit-list.ts';
import { auditActs, auditSubjects } from '../../store/audit-words.ts';
import type { Html } from '../shell/page.ts';
import type { AdminDependencies, AdminEnv } from './context.ts';
import { adminPage, instant, notice, scrolled } from './layout.ts';

const pageSize = 50;
const actors: readonly Actor['kind'][] = ['admin', 'token', 'subscriber', 'cli', 'system'];
const dayMs = 24 * 3_600_000;

/** Who changed what, when, and what it was before. */
export function auditPages({ store, base }: AdminDependencies): Hono<AdminEnv> {
  const site = new Hono<AdminEnv>();
  site.get('/admin/audit', async (c) => {
    const { filter, problems } = readFilter(c);
    // What cannot be looked for is not answered with what nobody asked for.
    const { entries, nextBefore } =
      problems.length > 0 ? { entries: [], nextBefore: null } : await listAudit(store.db, filter);
    return c.html(
      adminPage(
        c,
        'Audit',
        [
          ...problems.map((message) => notice(message, 'wrong')),
          filterForm(c, base),
          entries.length === 0
            ? html`<p>${problems.length > 0 ? 'Nothing was looked for.' : 'Nothing of that kind was changed.'}</p>`
            : html`${scrolled(
                'Changes',
                html`<table class="log"><thead><tr><th scope="col">When (UTC)</th><th scope="col">Who</th><th scope="col">Did</th><th scope="col">What changed</th></tr></thead>
<tbody>${entries.map((entry) => auditRow(entry, base))}</tbody></table>`,
              )}`,
          nextBefore === null
            ? ''
            : html`<p><a rel="next" href="${base}/admin/audit?${nextQuery(c, nextBefore)}">Older changes</a></p>`,
        ],
        { at: 'audit' },
      ),
      problems.length > 0 ? 422 : 200,
    );
  });
  return site;
}

/** What is asked for, and in words what of it cannot be. */
function readFilter(c: Context): { filter: AuditFilter; problems: string[] } {
  const problems: string[] = [];
  const filter: AuditFilter = { limit: pageSize };
  const read = <T>(name: string, what: string, take: (text: string) => T | undefined) => {
    const text = (c.req.query(name) ?? '').trim();
    const taken = text === '' ? undefined : take(text);
    if (text !== '' && taken === undefined) problems.push(`“${text.slice(0, 60)}” is no ${what}.`);
    return taken;
  };
  const among =
    <T extends string>(list: readonly T[]) =>
    (text: string) =>
      list.find((one) => one === text);
  const whole = (text: string) => (/^\d{1,15}$/.test(text) ? Number(text) : undefined);
  const since = read('day', 'date such as 2026-06-22', (text) =>
    isDate(text) ? Date.parse(text) : undefined,
  );
  const found = {
    actor: read('by', `word for who did it: expected ${actors.join(', ')}`, among(actors)),
    actorId: read('by_id', 'id', whole),
    act: read('act', `act: expected ${auditActs.join(', ')}`, among(auditActs)),
    subject: read(
      'about',
      `word for what was changed: expected ${auditSubjects.join(', ')}`,
      among(auditSubjects),
    ),
    subjectId: read('id', 'id', whole),
    beforeId: read('before', 'id of an entry', whole),
    ...(since === undefined ? {} : { since, until: since + dayMs }),
  };
  Object.assign(filter, Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined)));
  return { filter, problems };
}

function nextQuery(c: Context, before: number): string {
  const query = new URLSearchParams(c.req.query());
  query.set('before', String(before));
  return query.toString();
}

function filterForm(c: Context, base: string): Html {
  const chosen = (name: string) => c.req.query(name) ?? '';
  const choice = (name: string, label: string, list: readonly string[]) =>
    html`<label>${label}<select name="${name}"><option value="">any</option>${list.map(
      (one) =>
        html`<option value="${one}"${one === chosen(name) ? html` selected` : ''}>${one.replaceAll('_', ' ')}</option>`,
    )}</select></label>`;
  return html`<form method="get" action="${base}/admin/audit" class="filters">
${choice('by', 'By', actors)}
${choice('act', 'Act', [...auditActs].sort())}
${choice('about', 'On', auditSubjects)}
<label>Day<input type="date" name="day" value="${chosen('day')}"></label>
${chosen('id') ? html`<input type="hidden" name="id" value="${chosen('id')}">` : ''}
<button class="quiet">Show</button>
${Object.values(c.req.query()).some(Boolean) ? html`<a href="${base}/admin/audit">All</a>` : ''}
</form>`;
}

function auditRow(entry: AuditEntry, base: string): Html {
  const { actor, actorName, act, subject, subjectName } = entry;
  const who = actor.id === undefined ? actorWords[actor.kind] : (actorName ?? `${actor.kind} ${actor.id}`);
  return html`<tr><td class="when">${instant(entry.at)}</td>
<td>${who}${actor.kind === 'token' ? html` <small>token</small>` : ''}${
    actor.kind === 'subscriber' ? html` <small>themselves</small>` : ''
  }</td>
<td>${act.replaceAll('_', ' ')} <a href="${base}/admin/audit?about=${subject.kind}&amp;id=${subject.id}">${subject.kind} ${
    subjectName ?? subject.id
  }</a></td>
<td>${changeList(entry)}</td></tr>`;
}

const actorWords: Record<string, string> = { cli: 'command line', system: 'Paperboy itself' };

/**
 * The facts that changed, each as it was and as it is. What is more than fits in some lines is folded: all of what was
 * added, and long texts.
 */
export function changeList({ before, after }: Pick<AuditEntry, 'before' | 'after'>): Html | '' {
  const names = Object.keys({ ...before, ...after }).filter(
    (name) => !isNothing(before?.[name]) || !isNothing(after?.[name]),
  );
  if (names.length === 0) return '';
  const list = html`<dl class="changes">${names.map(
    (name) =>
      html`<div><dt>${name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)}</dt><dd>${
        before !== null && after !== null ? html`<del>${valueWords(name, before[name])}</del> ` : ''
      }<ins>${valueWords(name, (after ?? before)?.[name])}</ins></dd></div>`,
  )}</dl>`;
  const words = names.map((name) => valueWords(name, (after ?? before)?.[name]));
  const isShort = words.join('').length + words.length * 20 < 200;
  if (isShort) return list;
  return html`<details class="changes"><summary>${names.slice(0, 4).join(', ')}${
    names.length > 4 ? ` and ${names.length - 4} more` : ''
  }</summary>${list}</details>`;
}

function isNothing(value: unknown): boolean {
  return (
    value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0)
  );
}

function valueWords(name: string, value: unknown): string {
  if (isNothing(value)) return 'nothing';
  if (name.endsWith('At') && typeof value === 'number')
    return new Date(value).toISOString().replace(/\.\d+/, '');
  if (value === true || value === false) return value ? 'yes' : 'no';
  return Array.isArray(value) ? value.join(', ') : String(value);
}
