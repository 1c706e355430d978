import { type Context, Hono } from 'hono';
import { html } from 'hono/html';
import { makeHashAddress } from '../../mail/address-hash.ts';
import type { SubscriberFilter } from '../../store/subscribers.ts';
import {
  type BulkCounts,
  type BulkInput,
  type BulkResult,
  changeMany,
  countChosen,
  readBulkChange,
  sayBulkChange,
} from '../../subscribers/bulk.ts';
import { type FilterInput, readFilter } from '../../subscribers/filter.ts';
import { createLongActs, type LongAct } from '../../subscribers/long-acts.ts';
import type { Html } from '../shell/page.ts';
import type { AdminDependencies, AdminEnv } from './context.ts';
import { readTexts } from './form-values.ts';
import { adminPage, notice } from './layout.ts';
import { filterInputOf, hiddenFilter } from './subscriber-filter.ts';
import { counted } from './subscriber-words.ts';

interface Chosen {
  input: FilterInput;
  /** Not empty: only these. */
  ids: number[];
  bulk: BulkInput;
  expected: string;
}

/** One change for many: what and for how many is said first, then it is done while a page tells how far it is. */
export function subscriberBulkPages({
  store,
  base,
  clock,
  config,
  log,
  underway,
}: AdminDependencies): Hono<AdminEnv> {
  const hashAddress = makeHashAddress(config.secretKey);
  const acts = createLongActs<BulkCounts, BulkResult>(
    (err) => log?.error({ err }, 'a change for many ended'),
    underway,
  );
  const site = new Hono<AdminEnv>();
  const list = `${base}/admin/subscribers`;

  site.post('/admin/subscribers/-/bulk', async (c) => {
    const chosen = await readChosen(c);
    if (chosen === null) return refuse(c, 'Nobody is ticked. Tick some, or choose all that were found.');
    const filter = await readFilter(store.db, hashAddress, chosen.input);
    const read = await readBulkChange(store.db, chosen.bulk);
    if (!filter.ok) return refuse(c, filter.problems.map(({ message }) => message).join(' '));
    if (!read.ok) return refuse(c, read.message);
    const whom: SubscriberFilter = chosen.ids.length > 0 ? { ids: chosen.ids } : filter.filter;
    const count = await countChosen(store.db, whom);
    const words = `${sayBulkChange(read.change)} ${counted(count)} ${count === 1 ? 'subscriber' : 'subscribers'}`;
    if (chosen.expected !== String(count)) return c.html(confirm(c, chosen, words, count));
    const at = clock.now();
    const begun = acts.start(words, (onProgress) =>
      changeMany({ db: store.db, filter: whom, change: read.change, expected: count, at, onProgress }),
    );
    return c.redirect(`${list}/-/bulk/${begun.id}`, 303);
  });

  function confirm(c: Context<AdminEnv>, chosen: Chosen, words: string, count: number): Html {
    const { input, ids, bulk, expected } = chosen;
    const fields: [string, string][] = [
      ['whom', ids.length > 0 ? 'ticked' : 'all'],
      ...ids.map((id): [string, string] => ['id', String(id)]),
      ['act', bulk.act],
      ['bulk_topic', bulk.topic ?? ''],
      ['bulk_time', bulk.time ?? ''],
      ['bulk_days', String(bulk.days ?? '')],
      ['bulk_timezone', bulk.timezone ?? ''],
      ['expected', String(count)],
    ];
    return adminPage(
      c,
      `${words}?`,
      [
        expected === '' ? '' : notice('The number has changed meanwhile. Nothing was changed.', 'wrong'),
        count === 0
          ? html`<p>There is nobody to change.</p><p><a href="${list}">Back to the list</a></p>`
          : html`<p>Each change is written down in the audit log. Nobody is told of it, and who has left stays away.</p>
<form method="post" action="${list}/-/bulk">${c.var.formToken}${hiddenFilter(input)}${fields.map(
              ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`,
            )}
<p class="actions"><button>${words}</button> <a role="button" class="secondary" href="${list}">Leave them as they are</a></p></form>`,
      ],
      { at: 'subscribers' },
    );
  }

  function refuse(c: Context<AdminEnv>, message: string) {
    const content = [notice(message, 'wrong'), html`<p><a href="${list}">Back to the list</a></p>`];
    return c.html(adminPage(c, 'Nothing was changed', content, { at: 'subscribers' }), 422);
  }

  site.get('/admin/subscribers/-/bulk/:act', (c) => {
    const act = acts.find(c.req.param('act'));
    if (act && !act.outcome) c.header('Refresh', '2');
    return c.html(
      adminPage(
        c,
        act?.title ?? 'A change for many',
        [progress(act), html`<p><a href="${list}">To the list</a></p>`],
        { at: 'subscribers' },
      ),
      act ? 200 : 404,
    );
  });
  return site;
}

function progress(act: LongAct<BulkCounts, BulkResult> | null): Html {
  if (!act)
    return html`<p>Nothing is known of it here any more: Paperboy was started again since. The list shows what was changed.</p>`;
  if (act.outcome && !act.outcome.ok)
    return notice(`It stopped: ${act.outcome.message} What was done before stays.`, 'wrong');
  const result = act.outcome?.result;
  if (result && !result.ok)
    return notice(
      `It is for ${counted(result.count)} now, not for as many as were said. Nothing was changed.`,
      'wrong',
    );
  const counts = result ?? act.progress ?? { changed: 0, unchanged: 0, refused: 0 };
  const words = `${counted(counts.changed)} changed, ${counted(counts.unchanged)} were so already, ${counted(counts.refused)} left alone.`;
  return result ? notice(`Done: ${words}`) : html`<p role="status" aria-busy="true">So far ${words}</p>`;
}

/** Null: only those ticked are meant, and nobody is. */
async function readChosen(c: Context): Promise<Chosen | null> {
  const { one, all } = await readTexts(c);
  const ids = one('whom') === 'all' ? [] : all('id').map(Number).filter(Number.isSafeInteger).slice(0, 1_000);
  if (one('whom') !== 'all' && ids.length === 0) return null;
  return {
    input: filterInputOf(one),
    ids,
    bulk: {
      act: one('act'),
      topic: one('bulk_topic'),
      time: one('bulk_time'),
      days: one('bulk_days'),
      timezone: one('bulk_timezone'),
    },
    expected: one('expected'),
  };
}
