import { type Context, Hono } from 'hono';
import { html } from 'hono/html';
import { atomically } from '../../store/atomically.ts';
import type { Db } from '../../store/store.ts';
import {
  countEnding,
  countReopenable,
  type Ending,
  removeTopic,
  restoreTopic,
} from '../../store/topic-archive.ts';
import { findByOldSlug, findTopicBySlug } from '../../store/topics.ts';
import type { Topic } from '../../topics/topic.ts';
import type { Html } from '../shell/page.ts';
import type { AdminDependencies, AdminEnv } from './context.ts';
import { readTexts } from './form-values.ts';
import { adminPage, notice } from './layout.ts';

/** The topic that the path names, of public ones alone: what people keep for themselves is theirs. */
export async function findPublic(db: Db, c: Context): Promise<Topic | null> {
  const topic = await findTopicBySlug(db, c.req.param('slug') ?? '');
  return topic?.visibility === 'public' ? topic : null;
}

/** Puts a topic away, after a look at what ends with it, and brings it back with whom it had or without. */
export function topicArchivePages({ store, base, clock }: AdminDependencies): Hono<AdminEnv> {
  const site = new Hono<AdminEnv>();
  const pathTo = (topic: Topic, said: string) => `${base}/admin/topics/${topic.slug}?said=${said}`;

  site.post('/admin/topics/:slug/archive', async (c) => {
    const topic = await findPublic(store.db, c);
    if (!topic) return c.notFound();
    const expected = (await readTexts(c)).one('expected');
    // The first time it says what will happen; the second time it is done, if that is still so.
    const ending = await atomically(store.db, async (trx) => {
      const now = await countEnding(trx, topic.id);
      if (topic.archivedAt === null && expected !== stateOfEnding(now)) return now;
      await removeTopic(trx, topic.slug, clock.now());
      return null;
    });
    return ending === null
      ? c.redirect(pathTo(topic, 'archived'), 303)
      : c.html(confirmArchive(c, topic, ending, expected !== ''));
  });

  site.post('/admin/topics/:slug/restore', async (c) => {
    const topic = await findPublic(store.db, c);
    if (!topic) return c.notFound();
    const reopen = (await readTexts(c)).one('reopen') === 'yes';
    await restoreTopic(store.db, topic.slug, { reopen }, clock.now());
    return c.redirect(pathTo(topic, reopen ? 'reopened' : 'restored'), 303);
  });

  return site;
}

const stateOfEnding = ({ ended, withoutTopic }: Ending) => `${ended}-${withoutTopic}`;

function confirmArchive(c: Context<AdminEnv>, topic: Topic, ending: Ending, changed: boolean): Html {
  const { ended, withoutTopic } = ending;
  const path = `${c.var.base}/admin/topics/${topic.slug}`;
  return adminPage(
    c,
    `Archive ${topic.name}`,
    [
      changed ? notice('Who gets it has changed meanwhile. Nothing was changed.', 'wrong') : '',
      html`<p>${counted(ended)} ${ended === 1 ? 'subscription ends' : 'subscriptions end'}. ${
        withoutTopic === 0
          ? 'Nobody is left without any topic.'
          : html`<strong>${counted(withoutTopic)} ${withoutTopic === 1 ? 'subscriber is' : 'subscribers are'} left without any topic</strong>, and ${withoutTopic === 1 ? 'gets' : 'get'} no digest until they choose another.`
      } Digests that name it stay as they are. It can be brought back, also for those who lose it now and are still here then.</p>
<form method="post" action="${path}/archive">${c.var.formToken}<input type="hidden" name="expected" value="${stateOfEnding(ending)}">
<p class="actions"><button>Archive it</button> <a role="button" class="secondary" href="${path}">Leave it as it is</a></p></form>`,
    ],
    { at: 'topics' },
  );
}

/** On the page of a topic that is in use. */
export function archiveForm(c: Context<AdminEnv>, topic: Topic, subscribers: number): Html {
  return html`<section><h2>Archive</h2><p>Its ${counted(subscribers)} ${subscribers === 1 ? 'subscription ends' : 'subscriptions end'}; digests that name it stay as they are. It can be brought back.</p>
<form method="post" action="${c.var.base}/admin/topics/${topic.slug}/archive">${c.var.formToken}<button class="quiet">See what would happen</button></form></section>`;
}

/** The page of a topic that is archived. */
export async function archivedTopic(c: Context<AdminEnv>, db: Db, topic: Topic): Promise<Html> {
  const { base, formToken } = c.var;
  const into = await findByOldSlug(db, topic.slug);
  const reopenable = await countReopenable(db, topic);
  const many = `${counted(reopenable)} ${reopenable === 1 ? 'subscriber' : 'subscribers'}`;
  return html`<p>This topic is archived${into ? html`: it was merged into <a href="${base}/admin/topics/${into.slug}">${into.name}</a>, which its slug means now` : ''}. Its query was <code>${topic.query}</code>.</p>
${reopenable === 0 ? '' : html`<p>${many} had it when it was archived and ${reopenable === 1 ? 'is' : 'are'} still here.</p>`}
<form method="post" action="${base}/admin/topics/${topic.slug}/restore">${formToken}<p class="actions">${
    reopenable === 0
      ? html`<button>Bring it back</button>`
      : html`<button name="reopen" value="yes">Bring it back for ${many}</button> <button class="quiet">Bring it back for nobody yet</button>`
  }</p></form>`;
}

const counted = (count: number) => count.toLocaleString('en');
