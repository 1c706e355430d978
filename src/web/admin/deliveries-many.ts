import { type Context, Hono } from 'hono';
import { html } from 'hono/html';
import { actOnMany, type ManyAct, type ManyReport, searchFor } from '../../delivery/acts-on-many.ts';
import { readDeliverySearch } from '../../delivery/read-search.ts';
import { makeHashAddress } from '../../mail/address-hash.ts';
import { countFound } from '../../store/delivery-search.ts';
import { known } from '../shell/known.ts';
import type { Html } from '../shell/page.ts';
import type { AdminDependencies, AdminEnv } from './context.ts';
import { type FilterTexts, filterNames, filterQuery, filterTexts } from './delivery-filter.ts';
import { reasonWords } from './delivery-words.ts';
import { readTexts } from './form-values.ts';
import { adminPage, notice } from './layout.ts';

const acts: Record<string, ManyAct> = {
  sent: { act: 'resolve', as: 'sent' },
  pending: { act: 'resolve', as: 'pending' },
  failed: { act: 'resolve', as: 'failed' },
  retry: { act: 'retry' },
};

const words: Record<string, { title: string; what: string; done: string }> = {
  sent: {
    title: 'Did all of these arrive?',
    what: 'They count as sent, and their papers are not sent again.',
    done: 'now count as sent',
  },
  pending: {
    title: 'Send all of these again?',
    what: 'They go out with the next run, for a day at most. Whoever did get the first copy gets a second one.',
    done: 'wait for the next run again',
  },
  failed: {
    title: 'Give all of these up?',
    what: 'They count as failed, and their papers compete again for the next digest.',
    done: 'were given up',
  },
  retry: {
    title: 'Try all of these again?',
    what: 'Those whose day is not over go out with the next run. Papers that their readers were sent since are left out.',
    done: 'wait for the next run again',
  },
};

/** More than this are counted no further; they are done in turns. */
const countedAtMost = 10_000;
/** So many are done before the page answers: a second or two. */
const doneAtOnce = 500;

/** One act on all deliveries that a filter finds: counted first, done when that is confirmed. */
export function manyPages({ store, config, clock, base }: AdminDependencies): Hono<AdminEnv> {
  const site = new Hono<AdminEnv>();
  const hashAddress = makeHashAddress(config.secretKey);

  site.get('/admin/deliveries/many', async (c) => {
    const texts = filterTexts((name) => c.req.query(name));
    return await ask(c, texts, c.req.query('act') ?? '', []);
  });

  site.post('/admin/deliveries/many', async (c) => {
    const form = await readTexts(c);
    const texts = filterTexts(form.one);
    const act = form.one('act');
    const many = known(acts, act);
    const { search, problems } = await readDeliverySearch(store.db, texts);
    const upToId = Number(form.one('up_to'));
    if (!many || problems.length > 0 || !Number.isSafeInteger(upToId) || upToId < 1) return c.notFound();
    const deps = { db: store.db, now: clock.now(), hashAddress };
    const report = await actOnMany(deps, { search, many, upToId, atMost: doneAtOnce });
    return await ask(c, texts, act, tell(report, act), report.nextUpToId ?? undefined);
  });

  async function ask(
    c: Context<AdminEnv>,
    texts: FilterTexts,
    act: string,
    told: Html[],
    upToId?: number,
  ): Promise<Response> {
    const many = known(acts, act);
    const said = known(words, act);
    if (!many || !said) return await c.notFound();
    const { search, problems } = await readDeliverySearch(store.db, texts);
    const isOver = told.length > 0 && upToId === undefined;
    const { count, lastId } =
      problems.length > 0 || isOver
        ? { count: 0, lastId: null }
        : await countFound(store.db, searchFor(search, many), countedAtMost);
    const back = `${base}/admin/deliveries?${filterQuery(texts)}`;
    const number = `${count >= countedAtMost ? 'more than ' : ''}${count.toLocaleString('en')}`;
    return c.html(
      adminPage(
        c,
        isOver ? 'Done' : said.title,
        [
          ...problems.map(({ message }) => notice(message, 'wrong')),
          ...told,
          count === 0
            ? html`${isOver ? '' : html`<p>There are none of that kind.</p>`}<p><a href="${back}">Back to the list</a></p>`
            : html`<p><strong>${number} ${count === 1 ? 'delivery' : 'deliveries'}</strong>${filterWords(texts)}. ${said.what}</p>
<form method="post" action="${base}/admin/deliveries/many" class="actions">${c.var.formToken}
${filterNames.map((name) => (texts[name] === '' ? '' : html`<input type="hidden" name="${name}" value="${texts[name]}">`))}
<input type="hidden" name="act" value="${act}"><input type="hidden" name="up_to" value="${upToId ?? lastId ?? 0}">
<button>${told.length > 0 ? 'Go on' : count === 1 ? 'Yes, this one' : `Yes, all ${number}`}</button>
<a href="${back}">No, go back</a></form>`,
        ],
        { at: 'deliveries' },
      ),
      problems.length > 0 ? 422 : 200,
    );
  }
  return site;
}

function tell({ done, refused, refusals }: ManyReport, act: string): Html[] {
  const number = (count: number) =>
    `${count.toLocaleString('en')} ${count === 1 ? 'delivery' : 'deliveries'}`;
  return [
    notice(
      `${number(done)} ${words[act]?.done}.${refused > 0 ? ` ${number(refused)} stayed as they were.` : ''}`,
      done === 0 && refused > 0 ? 'wrong' : 'good',
    ),
    html`${
      refusals.length === 0
        ? ''
        : html`<ul>${refusals.map(({ message }) => html`<li>${message}</li>`)}${
            refused > refusals.length ? html`<li>… and ${refused - refusals.length} more.</li>` : ''
          }</ul>`
    }`,
  ];
}

function filterWords({ date, reason, topic, email, run }: FilterTexts): string {
  return [
    reason && `, ${reasonWords(reason)}`,
    date && `, of ${date}`,
    topic && `, with papers for ${topic}`,
    email && `, to ${email}`,
    run && `, of plan run ${run}`,
  ]
    .filter(Boolean)
    .join('');
}
