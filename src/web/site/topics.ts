import { Hono } from 'hono';
import { html } from 'hono/html';
import { lookAtTopic } from '../../archive/topic.ts';
import { listPublicTopics } from '../../store/topics.ts';
import { basePath, type WebDependencies } from '../context.ts';
import { frameOf, page } from '../shell/page.ts';
import { sendPublic } from '../shell/send-page.ts';
import { entry } from './entry.ts';
import { trendingFeed } from './front.ts';
import { type FeedOfPage, headOf } from './head.ts';

const shownPapers = 20;

export function topicFeed({ slug, name }: { slug: string; name: string }): FeedOfPage {
  return { title: `Papers on ${name}`, path: `/topics/${slug}/feed` };
}

/** The topics that anybody can follow, and the best papers of each. */
export function topicPages({ store, config }: WebDependencies): Hono {
  const site = new Hono();
  const base = basePath(config);
  const frame = frameOf(config);
  const { publicUrl } = config.web;

  site.get('/topics', async (c) => {
    const topics = await listPublicTopics(store.db);
    const title = 'Topics';
    const description = 'Topics of research to follow by mail, by feed or here.';
    const content =
      topics.length === 0
        ? html`<p class="hint">No topics have been set up here yet.</p>`
        : html`<ul class="topic-list">${topics.map(
            ({ slug, name, description: told }) =>
              html`<li><h2><a href="${base}/topics/${slug}">${name}</a></h2>${told ? html`<p>${told}</p>` : ''}</li>`,
          )}</ul>`;
    const head = headOf({ publicUrl, base, path: '/topics', title, description, feeds: [trendingFeed] });
    return sendPublic(
      c,
      String(await page(frame, title, content, { description, head, at: 'topics', wide: true })),
    );
  });

  site.get('/topics/:slug{[a-z0-9-]+}', async (c) => {
    const look = await lookAtTopic(store.db, c.req.param('slug'));
    if (!look) return c.notFound();
    const { topic, papers, madeAt } = look;
    const description = topic.description ?? `Trending research papers on ${topic.name}.`;
    const feed = topicFeed(topic);
    const content = html`<p class="lead">${description}</p>
<p class="actions">${frame.isSignUpOpen ? html`<a class="button" href="${base}/subscribe?topic=${topic.slug}">Get it by mail</a>` : ''}
<a href="${base}${feed.path}.atom">Feed</a> <a href="${base}/search?q=${encodeURIComponent(topic.query)}&amp;sort=date">All papers on it</a></p>
<details class="query"><summary>What it looks for</summary><p><code>${topic.query}</code></p></details>
${
  papers.length === 0
    ? html`<p class="hint">No recent paper matches this topic.</p>`
    : html`<ol class="papers${madeAt === null ? '' : ' ranked'}">${papers
        .slice(0, shownPapers)
        .map(({ paper, note }) => entry(base, { paper, note, level: 2 }))}</ol>`
}`;
    const path = `/topics/${topic.slug}`;
    const head = headOf({ publicUrl, base, path, title: topic.name, description, feeds: [feed] });
    return sendPublic(
      c,
      String(await page(frame, topic.name, content, { description, head, at: 'topics', wide: true })),
    );
  });
  return site;
}
