import { type Context, Hono } from 'hono';
import { html } from 'hono/html';
import { makeHashAddress } from '../../mail/address-hash.ts';
import { countUpTo, isCostly, listNewestSubscribers, type Subscriber } from '../../store/subscribers.ts';
import { findSubscribedTopics, type SubscribedTopic } from '../../store/subscriptions.ts';
import { listPublicQueries } from '../../store/topic-list.ts';
import { bulkActs } from '../../subscribers/bulk.ts';
import { type FilterInput, readFilter } from '../../subscribers/filter.ts';
import { known } from '../shell/known.ts';
import type { Html } from '../shell/page.ts';
import type { AdminDependencies, AdminEnv } from './context.ts';
import { adminPage, instant, notice } from './layout.ts';
import { subscriberAddPages } from './subscriber-add.ts';
import { subscriberBulkPages } from './subscriber-bulk.ts';
import { subscriberExportPages } from './subscriber-export.ts';
import { filterForm, filterInputOf, hiddenFilter, queryOf } from './subscriber-filter.ts';
import { subscriberImportPages } from './subscriber-import.ts';
import { subscriberPage } from './subscriber-page.ts';
import { counted, optionList, statusWord } from './subscriber-words.ts';
import { suppressionPages } from './suppressions.ts';

const pageSize = 50;
/** Beyond that a number says no more, and counting takes longer than the page. */
const countedUpTo = 10_001;

/** Subscribers: found, paged through, changed one by one or many at once. */
export function subscriberPages(dependencies: AdminDependencies): Hono<AdminEnv> {
  const { store, base, config } = dependencies;
  const hashAddress = makeHashAddress(config.secretKey);
  const site = new Hono<AdminEnv>();

  site.get('/admin/subscribers', async (c) => {
    const input = filterInputOf((name) => c.req.query(name));
    const before = Number(c.req.query('before') ?? Number.NaN);
    const read = await readFilter(store.db, hashAddress, input);
    const topics = await listPublicQueries(store.db);
    const form = filterForm(base, input, topics);
    if (!read.ok) {
      const wrong = read.problems.map(({ message }) => notice(message, 'wrong'));
      return c.html(adminPage(c, 'Subscribers', [...wrong, form], { at: 'subscribers' }), 422);
    }
    const { subscribers, nextBefore } = await listNewestSubscribers(store.db, {
      ...read.filter,
      limit: pageSize,
      ...(Number.isSafeInteger(before) ? { beforeId: before } : {}),
    });
    const live = await findSubscribedTopics(
      store.db,
      subscribers.map(({ id }) => id),
    );
    const isPartial = isCostly(read.filter);
    const count = isPartial ? null : await countUpTo(store.db, read.filter, countedUpTo);
    return c.html(
      adminPage(
        c,
        'Subscribers',
        [
          said(c),
          html`<p class="actions"><a role="button" href="${base}/admin/subscribers/-/new">Add somebody</a> <a role="button" class="secondary" href="${base}/admin/subscribers/-/import">Import a list</a> <a role="button" class="secondary" href="${base}/admin/subscribers/-/export.csv?${queryOf(input)}">Export as CSV</a> <a role="button" class="secondary" href="${base}/admin/subscribers/-/export.jsonl?${queryOf(input)}">as JSON lines</a> <a role="button" class="secondary" href="${base}/admin/suppressions">Who must not be mailed</a></p>`,
          form,
          html`<p role="status">${
            count === null
              ? 'Those among the 20,000 looked at:'
              : count >= countedUpTo
                ? `More than ${counted(countedUpTo - 1)} people:`
                : `${counted(count)} ${count === 1 ? 'person' : 'people'}${count === 0 ? '.' : ':'}`
          }</p>`,
          subscribers.length === 0 ? '' : listForm(c, input, subscribers, live, topics),
          nextBefore === null
            ? ''
            : html`<p><a rel="next" href="${base}/admin/subscribers?${queryOf(input, { before: String(nextBefore) })}">${
                subscribers.length < pageSize ? 'Look further' : 'More people'
              }</a></p>`,
        ],
        { at: 'subscribers' },
      ),
    );
  });

  function listForm(
    c: Context<AdminEnv>,
    input: FilterInput,
    subscribers: readonly Subscriber[],
    live: ReadonlyMap<number, SubscribedTopic[]>,
    topics: readonly { slug: string; name: string }[],
  ): Html {
    return html`<form method="post" action="${base}/admin/subscribers/-/bulk">${c.var.formToken}${hiddenFilter(input)}
<div class="scroll"><table class="people"><thead><tr><td><span class="unseen">Choose</span></td><th scope="col">Address</th><th scope="col">Status</th><th scope="col">Topics</th><th scope="col">When</th><th scope="col">Joined (UTC)</th></tr></thead>
<tbody>${subscribers.map((one) => subscriberRow(base, one, live.get(one.id) ?? []))}</tbody></table></div>
${bulkFields(topics)}</form>`;
  }

  for (const pages of [
    subscriberAddPages,
    subscriberImportPages,
    subscriberExportPages,
    subscriberBulkPages,
    subscriberPage,
    suppressionPages,
  ])
    site.route('/', pages(dependencies));
  return site;
}

const saidWords: Record<string, string> = { erased: 'Erased: the address is forgotten for good.' };

function said(c: Context): Html | '' {
  const text = known(saidWords, c.req.query('said'));
  return text === undefined ? '' : notice(text);
}

function subscriberRow(base: string, one: Subscriber, topics: readonly SubscribedTopic[]): Html {
  const names = topics.map((topic) => (topic.visibility === 'private' ? 'one of their own' : topic.name));
  return html`<tr><td><input type="checkbox" name="id" value="${one.id}" aria-label="Choose ${one.email}"></td>
<th scope="row"><a href="${base}/admin/subscribers/${one.id}">${one.email}</a></th>
<td>${statusWord(one.status)}</td>
<td>${names.slice(0, 3).join(', ')}${names.length > 3 ? html` <small>and ${names.length - 3} more</small>` : ''}</td>
<td>${one.digestTime} <small>${one.timezone.replaceAll('_', ' ')}</small></td>
<td>${instant(one.createdAt)}</td></tr>`;
}

const actNames: Record<(typeof bulkActs)[number], string> = {
  add_topic: 'Add a topic',
  remove_topic: 'Take a topic away',
  schedule: 'Set time, days or zone',
  pause: 'Pause',
  resume: 'Resume',
  unsubscribe: 'Unsubscribe',
};

function bulkFields(topics: readonly { slug: string; name: string }[]): Html {
  return html`<fieldset class="bulk"><legend>Change many at once</legend>
<label class="choice"><input type="radio" name="whom" value="ticked" checked> Those ticked above</label>
<label class="choice"><input type="radio" name="whom" value="all"> All that were found, on further pages too</label>
<div class="line">
<label>Do<select name="act">${optionList(
    bulkActs.map((act) => [act, actNames[act]] as const),
    'add_topic',
  )}</select></label>
<label>Topic<select name="bulk_topic">${optionList([['', '–'], ...topics.map(({ slug, name }) => [slug, name] as const)], '')}</select></label>
<label>Time<input type="time" name="bulk_time"></label>
<label>Days<input name="bulk_days" placeholder="mon,wed or weekdays"></label>
<label>Time zone<input name="bulk_timezone" placeholder="as it is"></label>
<button class="quiet">See for how many</button></div></fieldset>`;
}
