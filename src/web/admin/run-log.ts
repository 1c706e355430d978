import { html } from 'hono/html';
import type { RunLogLine } from '../../store/run-logs.ts';
import type { Html } from '../shell/page.ts';

/** What a run wrote to the log, and where lines were left out; deliveries are linked. */
export function logList(lines: readonly RunLogLine[], base: string): Html {
  if (lines.length === 0) return html`<p class="hint">Nothing of it is kept.</p>`;
  let expected = 1;
  return html`<p class="hint">Times are UTC.</p><ol class="log-lines">${lines.map((one) => {
    const missing = one.line - expected;
    expected = one.line + 1;
    return html`${missing > 0 ? html`<li class="left-out">${missing.toLocaleString('en')} lines left out</li>` : ''}<li class="${one.level}"><time datetime="${new Date(one.at).toISOString()}">${new Date(one.at).toISOString().slice(11, 19)}</time> <span class="level">${one.level}</span> <span>${one.message}</span> <span class="hint said">${factsOf(one.facts, base)}</span></li>`;
  })}</ol>`;
}

/** `source arxiv · records 12`; what is long is not cut: the page wraps it. */
function factsOf(facts: Record<string, unknown>, base: string): Html[] {
  return Object.entries(facts)
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([name, value], index) => {
      const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
      const shown = name === 'delivery' ? html`<a href="${base}/admin/deliveries/${text}">${text}</a>` : text;
      return html`${index > 0 ? ' · ' : ''}${name} ${shown}`;
    });
}
