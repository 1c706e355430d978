import type { Context } from 'hono';
import { html } from 'hono/html';
import { searchNames } from '../../delivery/read-search.ts';
import { deliveryReasons, deliveryStatuses } from '../../store/schema.ts';
import type { Html } from '../shell/page.ts';
import { reasonWords } from './delivery-words.ts';

/** What a list of deliveries is narrowed down by, as it stands in the address and in forms. */
export const filterNames = searchNames;
export type FilterTexts = Record<(typeof filterNames)[number], string>;

export function filterTexts(given: (name: string) => string | undefined): FilterTexts {
  const text = (name: string) => (given(name) ?? '').trim().slice(0, 320);
  return Object.fromEntries(filterNames.map((name) => [name, text(name)])) as FilterTexts;
}

/** The address of the list with this filter; what is given besides takes the place of what it says. */
export function filterQuery(texts: FilterTexts, more: Record<string, string> = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...texts, ...more })) if (value !== '') query.set(name, value);
  return query.toString();
}

export function filterForm(c: Context, base: string, texts: FilterTexts): Html {
  const any = filterNames.some((name) => texts[name] !== '');
  const option = (value: string, chosen: string) =>
    html`<option value="${value}"${value === chosen ? html` selected` : ''}>${reasonWords(value)}</option>`;
  return html`<form method="get" action="${base}/admin/deliveries" class="filters">
<label>Status<select name="status"><option value="">any</option>${deliveryStatuses.map((one) => option(one, texts.status))}</select></label>
<label>Day<input type="date" name="date" value="${texts.date}"></label>
<label>Reason<select name="reason"><option value="">any</option>${[...deliveryReasons].sort().map((one) => option(one, texts.reason))}</select></label>
<label>Topic<input name="topic" value="${texts.topic}" placeholder="its slug" spellcheck="false"></label>
<label class="broad">Subscriber<input name="email" value="${texts.email}" placeholder="the address" spellcheck="false" autocomplete="off"></label>
${texts.run === '' ? '' : html`<input type="hidden" name="run" value="${texts.run}">`}
<button class="quiet">Show</button>
${any || c.req.query('before') ? html`<a href="${base}/admin/deliveries">All</a>` : ''}
</form>`;
}
