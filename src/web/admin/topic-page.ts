import { type Context, Hono } from 'hono';
import { html } from 'hono/html';
import type { TopicLooks } from '../../delivery/topic-looks.ts';
import { atomically } from '../../store/atomically.ts';
import { listAliases } from '../../store/topic-aliases.ts';
import { countTopicSubscribers, listPublicQueries } from '../../store/topic-list.ts';
import { mergeTopics } from '../../store/topic-merge.ts';
import { editTopic, findByOldSlug, findTopicBySlug } from '../../store/topics.ts';
import { TopicError, type TopicProblem } from '../../topics/definition.ts';
import type { Topic } from '../../topics/topic.ts';
import type { Html } from '../shell/page.ts';
import { stateOf } from '../shell/state.ts';
import type { AdminDependencies, AdminEnv } from './context.ts';
import { readTexts } from './form-values.ts';
import { adminPage, notice } from './layout.ts';
import { optionList } from './subscriber-words.ts';
import { archivedTopic, archiveForm, findPublic, topicArchivePages } from './topic-archive.ts';
import { queryErrorOf, type Tested, type TopicValues, topicForm } from './topic-form.ts';
import { type LookAtTopics, lastMatch, readTopic, said, tryOut } from './topics.ts';

/** What can be edited of a topic. */
function editableOf({ slug, name, query, description, archivedAt }: Topic) {
  return [slug, name, query, description, archivedAt];
}

/** What somebody else has made of it where that is not what was typed. */
function staleWords(topic: Topic, values: TopicValues): string {
  const differing = (['name', 'slug', 'description', 'query'] as const)
    .filter((field) => (topic[field] ?? '') !== values[field])
    .map((field) => `${field} “${topic[field] ?? ''}”`);
  return `It was changed since you opened this page, and nothing of yours is saved yet.${
    differing.length > 0 ? ` It has now: ${differing.join('; ')}.` : ''
  } Save puts what stands below in its place.`;
}

/** One topic: edit it, see what is like it, merge it; topic-archive.ts puts it away. */
export function topicPage(dependencies: AdminDependencies, look: LookAtTopics): Hono<AdminEnv> {
  const { store, base, clock } = dependencies;
  const site = new Hono<AdminEnv>();
  const path = (topic: Topic) => `${base}/admin/topics/${topic.slug}`;

  async function show(
    c: Context<AdminEnv>,
    topic: Topic,
    given: {
      values?: TopicValues;
      problems?: readonly TopicProblem[];
      tested?: Tested | null;
      wrong?: string;
      /** The state that what is typed began with. */
      seen?: string;
    } = {},
  ) {
    const subscribers = await countTopicSubscribers(store.db, topic.id);
    const looks = await look();
    const values = given.values ?? { ...topic, description: topic.description ?? '' };
    const others = (await listPublicQueries(store.db)).filter(({ id }) => id !== topic.id);
    const aliases = await listAliases(store.db, topic.id);
    const content: (Html | '')[] =
      topic.archivedAt !== null
        ? [await archivedTopic(c, store.db, topic)]
        : [
            factList(subscribers, looks, topic, aliases),
            topicForm({
              ...{ action: path(topic), preview: `${base}/admin/topics/-/preview?id=${topic.id}` },
              ...{ formToken: c.var.formToken, values, problems: given.problems ?? [], submit: 'Save' },
              seen: given.seen || stateOf(editableOf(topic)),
              tested: given.tested ?? (await tryOut(look, values.query, subscribers)),
            }),
            looks ? overlapList(looks, topic, others, base) : '',
            mergeForm(c, topic, others),
            archiveForm(c, topic, subscribers),
          ];
    return c.html(
      adminPage(
        c,
        topic.name,
        [
          said(c.req.query('said')),
          given.wrong === undefined ? '' : notice(given.wrong, 'wrong'),
          ...content,
          html`<p><a href="${base}/admin/audit?about=topic&amp;id=${topic.id}">Who changed this, and how</a></p>`,
        ],
        { at: 'topics' },
      ),
      given.problems?.length || given.wrong !== undefined ? 422 : 200,
    );
  }

  const find = (c: Context) => findPublic(store.db, c);

  site.get('/admin/topics/:slug', async (c) => {
    const topic = await find(c);
    if (topic) return show(c, topic);
    const renamed = await findByOldSlug(store.db, c.req.param('slug'));
    return renamed?.visibility === 'public' ? c.redirect(path(renamed), 302) : c.notFound();
  });

  site.post('/admin/topics/:slug', async (c) => {
    const topic = (await find(c)) ?? (await findByOldSlug(store.db, c.req.param('slug')));
    if (topic?.visibility !== 'public') return c.notFound();
    const { values, act, seen } = await readTopic(c);
    if (act === 'preview') {
      const subscribers = await countTopicSubscribers(store.db, topic.id);
      return show(c, topic, { values, seen, tested: await tryOut(look, values.query, subscribers) });
    }
    try {
      const edited = await atomically(store.db, async (trx) => {
        const now = await findTopicBySlug(trx, topic.slug);
        if (now && seen !== '' && seen !== stateOf(editableOf(now)))
          return { isStale: true, topic: now } as const;
        return { isStale: false, topic: await editTopic(trx, topic.slug, values, clock.now()) } as const;
      });
      if (edited.isStale) return show(c, edited.topic, { values, wrong: staleWords(edited.topic, values) });
      return c.redirect(`${path(edited.topic)}?said=saved`, 303);
    } catch (error) {
      if (!(error instanceof TopicError)) throw error;
      return show(c, topic, { values, seen, problems: error.problems, tested: queryErrorOf(values.query) });
    }
  });

  site.post('/admin/topics/:slug/merge', async (c) => {
    const topic = await find(c);
    if (!topic) return c.notFound();
    const { one } = await readTexts(c);
    const into = await findTopicBySlug(store.db, one('into'));
    const subscribers = await countTopicSubscribers(store.db, topic.id);
    // The first time it says what will happen; the second time it is done, if that is still so.
    if (into && into.id !== topic.id && one('expected') !== String(subscribers))
      return c.html(confirmMerge(c, topic, into, subscribers, one('expected') !== ''));
    const merged = await mergeTopics(store.db, topic.slug, one('into'), clock.now());
    if (!merged.ok) return show(c, topic, { wrong: merged.message });
    return c.redirect(`${path(merged.into)}?said=merged`, 303);
  });

  function confirmMerge(
    c: Context<AdminEnv>,
    topic: Topic,
    into: Topic,
    subscribers: number,
    changed: boolean,
  ) {
    return adminPage(
      c,
      `Merge ${topic.name} into ${into.name}`,
      [
        changed
          ? notice('The number of subscribers has changed meanwhile. Nothing was changed.', 'wrong')
          : '',
        html`<p>${counted(subscribers)} ${subscribers === 1 ? 'subscriber gets' : 'subscribers get'} “${into.name}” instead of “${topic.name}”; nobody gets it twice. “${topic.name}” is archived, its digests stay as they are, and its slug means “${into.name}” from then on.</p>
<dl class="facts"><div><dt>${topic.name}</dt><dd><code>${topic.query}</code></dd></div><div><dt>${into.name}</dt><dd><code>${into.query}</code></dd></div></dl>
<form method="post" action="${path(topic)}/merge">${c.var.formToken}<input type="hidden" name="into" value="${into.slug}"><input type="hidden" name="expected" value="${subscribers}">
<p class="actions"><button>Merge them</button> <a role="button" class="secondary" href="${path(topic)}">Leave them as they are</a></p></form>`,
      ],
      { at: 'topics' },
    );
  }

  function mergeForm(
    c: Context<AdminEnv>,
    topic: Topic,
    others: readonly { slug: string; name: string }[],
  ): Html | '' {
    if (others.length === 0) return '';
    return html`<section><h2>Merge into another</h2><form method="post" action="${path(topic)}/merge" class="filters">${c.var.formToken}
<label class="broad">Topic<select name="into">${optionList(
      others.map(({ slug, name }): [string, string] => [slug, name]),
      '',
    )}</select></label>
<button class="quiet">See what would happen</button></form></section>`;
  }

  site.route('/', topicArchivePages(dependencies));
  return site;
}

function factList(
  subscribers: number,
  looks: TopicLooks | null,
  topic: Topic,
  aliases: readonly string[],
): Html {
  const figures = looks?.figuresOf(topic.query);
  const facts: [string, Html | string][] = [
    ['Subscribers', counted(subscribers)],
    ['Matches in 7 days', figures ? counted(figures.week) : '–'],
    ['Last match', lastMatch(figures?.lastAt)],
    ...(aliases.length > 0 ? [['Known as', aliases.join(', ')] as [string, string]] : []),
  ];
  return html`<dl class="facts">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

function overlapList(
  looks: TopicLooks,
  topic: Topic,
  others: readonly { slug: string; name: string; query: string }[],
  base: string,
): Html {
  const overlaps = looks.overlapsOf(topic.query, others, 8);
  const percent = (share: number) => `${Math.round(share * 100)}%`;
  return html`<section><h2>Topics like it</h2>${
    overlaps.length === 0
      ? html`<p class="hint">No other topic matches the same recent papers.</p>`
      : html`<div class="scroll"><table class="stacked"><thead><tr><th scope="col">Topic</th><th scope="col" class="number">Papers in common</th><th scope="col" class="number">Of this topic's</th><th scope="col" class="number">Of the other's</th></tr></thead>
<tbody>${overlaps.map(
          ({ other, common, ofOwn, ofOther }) =>
            html`<tr><th scope="row"><a href="${base}/admin/topics/${other.slug}">${other.name}</a></th><td data-name="Papers in common" class="number">${counted(common)}</td><td data-name="Of this topic's" class="number">${percent(ofOwn)}</td><td data-name="Of the other's" class="number">${percent(ofOther)}</td></tr>`,
        )}</tbody></table></div>`
  }</section>`;
}

const counted = (count: number) => count.toLocaleString('en');
