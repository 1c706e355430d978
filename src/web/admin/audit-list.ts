import { html } from 'hono/html';
import type { AuditEntry } from '../../store/audit-list.ts';
import type { Html } from '../shell/page.ts';
import { changeList } from './audit.ts';
import { instant, scrolled } from './layout.ts';

/** What was changed about one thing, beside that thing. */
export function auditList(entries: readonly AuditEntry[], base: string): Html {
  return scrolled(
    'Changes by hand',
    html`<table class="log"><thead><tr><th scope="col">When (UTC)</th><th scope="col">Who</th><th scope="col">Did</th><th scope="col">What changed</th></tr></thead><tbody>${entries.map(
      (one) =>
        html`<tr><td class="when">${instant(one.at)}</td><td>${one.actorName ?? one.actor.kind}</td><td><a href="${base}/admin/audit?about=${one.subject.kind}&amp;id=${one.subject.id}">${one.act.replaceAll('_', ' ')}</a></td><td>${changeList(one)}</td></tr>`,
    )}</tbody></table>`,
  );
}
