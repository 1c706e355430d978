import { type Context, Hono } from 'hono';
import { html } from 'hono/html';
import type { TopicLooks } from '../../delivery/topic-looks.ts';
import { countTopicSubscribers, listPublicQueries, listTopicPage } from '../../store/topic-list.ts';
import { addTopic, type ListedTopic } from '../../store/topics.ts';
import { TopicError, type TopicProblem } from '../../topics/definition.ts';
import { known } from '../shell/known.ts';
import type { Html } from '../shell/page.ts';
import type { AdminDependencies, AdminEnv } from './context.ts';
import { readTexts } from './form-values.ts';
import { adminPage, notice } from './layout.ts';
import {
  queryErrorOf,
  type Tested,
  type TopicValues,
  testedFragment,
  testedQuery,
  topicForm,
} from './topic-form.ts';
import { topicPage } from './topic-page.ts';

const pageSize = 50;
export const testDays = 7;

/** Null: topics cannot be tried out here. */
export type LookAtTopics = () => Promise<TopicLooks | null>;

/** Topics: which there are and which are dead, a new one, and what a query matches while one types it. */
export function topicPages(dependencies: AdminDependencies): Hono<AdminEnv> {
  const { store, base, clock, topicLooks } = dependencies;
  const look: LookAtTopics = async () => (await topicLooks?.look()) ?? null;
  const site = new Hono<AdminEnv>();

  site.get('/admin/topics', async (c) => {
    const show = c.req.query('show') || 'all';
    const isOdd = !['all', 'quiet', 'archived'].includes(show);
    const search = c.req.query('search')?.trim().slice(0, 200) ?? '';
    const looks = await look();
    const after = c.req.query('after');
    const { topics, nextAfter } = isOdd
      ? { topics: [], nextAfter: null }
      : await listTopicPage(store.db, {
          archived: show === 'archived',
          limit: pageSize,
          ...(search ? { search } : {}),
          ...(after ? { afterSlug: after } : {}),
          ...(show === 'quiet' && looks ? { slugs: await findQuiet(looks) } : {}),
        });
    return c.html(
      adminPage(
        c,
        'Topics',
        [
          said(c.req.query('said')),
          isOdd ? notice(`“${show.slice(0, 60)}” is no kind of topics.`, 'wrong') : '',
          html`<form method="get" action="${base}/admin/topics" class="filters">
<label class="broad">Search<input type="search" name="search" value="${search}"></label>
<label>Show<select name="show">${[
            ['all', 'in use'],
            ['quiet', 'without a match in 7 days'],
            ['archived', 'archived'],
          ].map(
            ([value, name]) =>
              html`<option value="${value}"${value === show ? html` selected` : ''}>${name}</option>`,
          )}</select></label>
<button class="quiet">Show</button> <a role="button" href="${base}/admin/topics/-/new">New topic</a></form>`,
          topics.length === 0
            ? html`<p>${isOdd ? 'Nothing was looked for.' : 'No such topic.'}</p>`
            : topicTable(base, topics, looks),
          nextAfter === null
            ? ''
            : html`<p><a rel="next" href="${base}/admin/topics?${new URLSearchParams({ show, search, after: nextAfter }).toString()}">More topics</a></p>`,
        ],
        { at: 'topics' },
      ),
      isOdd ? 422 : 200,
    );
  });

  async function findQuiet(looks: TopicLooks): Promise<string[]> {
    const all = await listPublicQueries(store.db);
    return all.filter(({ query }) => looks.figuresOf(query).week === 0).map(({ slug }) => slug);
  }

  /** The part under the form, on its own: while one types. */
  site.get('/admin/topics/-/preview', async (c) => {
    const topicId = Number(c.req.query('id') ?? 0);
    const subscribers = topicId > 0 ? await countTopicSubscribers(store.db, topicId) : null;
    return c.html(testedFragment(await tryOut(look, c.req.query('query') ?? '', subscribers)));
  });

  const show = async (
    c: Context<AdminEnv>,
    values: TopicValues,
    problems: readonly TopicProblem[] = [],
    tested: Tested = nothingTested,
  ) =>
    c.html(
      adminPage(
        c,
        'New topic',
        topicForm({
          ...{ action: `${base}/admin/topics/-/new`, preview: `${base}/admin/topics/-/preview` },
          ...{ formToken: c.var.formToken, values, problems, submit: 'Add', tested },
        }),
        { at: 'topics' },
      ),
      problems.length > 0 ? 422 : 200,
    );

  site.get('/admin/topics/-/new', (c) => show(c, { slug: '', name: '', description: '', query: '' }));

  site.post('/admin/topics/-/new', async (c) => {
    const { values, act } = await readTopic(c);
    if (act === 'preview') return show(c, values, [], await tryOut(look, values.query, null));
    try {
      const topic = await addTopic(store.db, values, clock.now());
      return c.redirect(`${base}/admin/topics/${topic.slug}?said=added`, 303);
    } catch (error) {
      if (!(error instanceof TopicError)) throw error;
      return show(c, values, error.problems, queryErrorOf(values.query) ?? undefined);
    }
  });

  site.route('/', topicPage(dependencies, look));
  return site;
}

/** The form's contents, which of its buttons was pressed, and of which state of the topic it was. */
export async function readTopic(c: Context): Promise<{ values: TopicValues; act: string; seen: string }> {
  const { one } = await readTexts(c);
  const values = {
    slug: one('slug'),
    name: one('name'),
    description: one('description'),
    query: one('query'),
  };
  return { values, act: one('act'), seen: one('seen') };
}

const nothingTested: Tested = { told: 'Type a query to see what it matches.', rest: '' };

/** What a query matches, or where it is wrong. */
export async function tryOut(look: LookAtTopics, query: string, subscribers: number | null): Promise<Tested> {
  if (query.trim() === '') return nothingTested;
  const error = queryErrorOf(query);
  if (error) return error;
  const looks = await look();
  if (!looks) return { told: 'That is not known here.', rest: '' };
  return testedQuery(looks.test(query, { days: testDays, limit: 3 }), subscribers);
}

const saidWords: Record<string, string> = {
  added: 'Added.',
  saved: 'Saved.',
  archived: 'Archived; its subscriptions ended.',
  restored: 'Brought back. Who had it before does not get it by themselves.',
  reopened: 'Brought back; who had it when it was archived and is still here gets it again.',
  merged: 'Merged: whoever got the one gets the other now.',
};

export function said(word: string | undefined): Html | '' {
  const text = known(saidWords, word);
  return text === undefined ? '' : notice(text);
}

function topicTable(base: string, topics: readonly ListedTopic[], looks: TopicLooks | null): Html {
  return html`<div class="scroll"><table class="stacked"><thead><tr><th scope="col">Topic</th><th scope="col" class="number">Subscribers</th><th scope="col" class="number">Matches in 7 days</th><th scope="col">Last match</th><th scope="col">Query</th></tr></thead>
<tbody>${topics.map((topic) => {
    const figures = looks?.figuresOf(topic.query);
    return html`<tr><th scope="row"><a href="${base}/admin/topics/${topic.slug}">${topic.name}</a><br><small>${topic.slug}</small></th>
<td data-name="Subscribers" class="number">${counted(topic.subscriptions)}</td>
<td data-name="Matches in 7 days" class="number">${figures ? (figures.week === 0 ? html`<strong class="wrong">none</strong>` : counted(figures.week)) : '–'}</td>
<td data-name="Last match">${lastMatch(figures?.lastAt)}</td>
<td><code>${topic.query.length > 90 ? `${topic.query.slice(0, 89)}…` : topic.query}</code></td></tr>`;
  })}</tbody></table></div>`;
}

/** The day (UTC) on which the newest matching paper came out. */
export function lastMatch(at: number | null | undefined): Html {
  if (at === undefined || at === null) return html`<span class="hint">not lately</span>`;
  const date = new Date(at).toISOString().slice(0, 10);
  return html`<time datetime="${date}">${date}</time>`;
}

const counted = (count: number) => count.toLocaleString('en');
