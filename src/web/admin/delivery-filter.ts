import type { Context } from 'hono';
import { html } from 'hono/html';
import { deliveryReasonWords } from '../../delivery/why-words.ts';
import { parseAddress } from '../../mail/addresses.ts';
import type { DeliverySearch } from '../../store/delivery-search.ts';
import { deliveryStatuses } from '../../store/schema.ts';
import type { Db } from '../../store/store.ts';
import { findSubscriber, findSubscriberByKey } from '../../store/subscribers.ts';
import { findTopicBySlug } from '../../store/topics.ts';
import type { Html } from '../shell/page.ts';
import { reasonWords } from './delivery-words.ts';

/** What a list of deliveries is narrowed down by, as it stands in the address and in forms. */
export const filterNames = ['status', 'date', 'reason', 'topic', 'email', 'run'] as const;
export type FilterTexts = Record<(typeof filterNames)[number], string>;

export function filterTexts(given: (name: string) => string | undefined): FilterTexts {
  const text = (name: string) => (given(name) ?? '').trim().slice(0, 320);
  return Object.fromEntries(filterNames.map((name) => [name, text(name)])) as FilterTexts;
}

/** What is asked for, and what about it cannot be. */
export interface ReadSearch {
  search: DeliverySearch;
  problems: string[];
}

export async function readSearch(db: Db, texts: FilterTexts): Promise<ReadSearch> {
  const search: DeliverySearch = {};
  const problems: string[] = [];
  const status = deliveryStatuses.find((one) => one === texts.status);
  if (status) search.status = status;
  if (/^\d{4}-\d{2}-\d{2}$/.test(texts.date)) search.editionDate = texts.date;
  else if (texts.date !== '') problems.push(`“${texts.date}” is no date such as 2026-06-22.`);
  if (texts.reason !== '') search.reason = texts.reason.replaceAll(' ', '_');
  if (/^\d{1,15}$/.test(texts.run)) search.planRunId = Number(texts.run);
  if (texts.topic !== '') {
    const topic = await findTopicBySlug(db, texts.topic);
    if (topic) search.topicId = topic.id;
    else problems.push(`There is no topic “${texts.topic}”.`);
  }
  if (texts.email !== '') {
    const subscriber = await findReader(db, texts.email);
    if (subscriber) search.subscriberId = subscriber.id;
    else problems.push(`Nobody subscribes with “${texts.email}”.`);
  }
  return { search, problems };
}

/** By address, or by id as links name them. */
async function findReader(db: Db, text: string) {
  if (/^\d{1,15}$/.test(text)) return await findSubscriber(db, Number(text));
  const parsed = parseAddress(text);
  return parsed.ok ? await findSubscriberByKey(db, parsed.address.key) : null;
}

/** The address of the list with this filter; what is given besides takes the place of what it says. */
export function filterQuery(texts: FilterTexts, more: Record<string, string> = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...texts, ...more })) if (value !== '') query.set(name, value);
  return query.toString();
}

export function filterForm(c: Context, base: string, texts: FilterTexts): Html {
  const reasons = Object.keys(deliveryReasonWords);
  if (texts.reason !== '' && !reasons.includes(texts.reason)) reasons.push(texts.reason);
  const any = filterNames.some((name) => texts[name] !== '');
  const option = (value: string, chosen: string) =>
    html`<option value="${value}"${value === chosen ? html` selected` : ''}>${reasonWords(value)}</option>`;
  return html`<form method="get" action="${base}/admin/deliveries" class="filters">
<label>Status<select name="status"><option value="">any</option>${deliveryStatuses.map((one) => option(one, texts.status))}</select></label>
<label>Day<input type="date" name="date" value="${texts.date}"></label>
<label>Reason<select name="reason"><option value="">any</option>${reasons.sort().map((one) => option(one, texts.reason))}</select></label>
<label>Topic<input name="topic" value="${texts.topic}" placeholder="its slug" spellcheck="false"></label>
<label class="broad">Subscriber<input name="email" value="${texts.email}" placeholder="the address" spellcheck="false" autocomplete="off"></label>
${texts.run === '' ? '' : html`<input type="hidden" name="run" value="${texts.run}">`}
<button class="quiet">Show</button>
${any || c.req.query('before') ? html`<a href="${base}/admin/deliveries">All</a>` : ''}
</form>`;
}
