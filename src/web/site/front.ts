import { Hono } from 'hono';
import { html } from 'hono/html';
import { listTopics } from '../../store/topics.ts';
import { basePath, type WebDependencies } from '../context.ts';
import { page } from '../shell/page.ts';

/** What anybody sees first. */
export function frontPages({ store, config }: WebDependencies): Hono {
  const site = new Hono();
  const base = basePath(config);

  site.get('/', async (c) => {
    // Their names are what people see; slugs have another order.
    const topics = (await listTopics(store.db, { visibility: 'public' })).sort((a, b) =>
      a.name.localeCompare(b.name, 'en'),
    );
    return c.html(
      page(base, 'Trending research papers, in your inbox once a day', [
        html`<p>Paperboy follows what researchers publish and what is gaining attention now, picks the papers that
match the topics you chose and that you have not been sent before, and mails them to you at the time of day you
like. Every mail has a link to change the topics, the hour and the days, or to stop.</p>`,
        topics.length === 0
          ? html`<p class="hint">No topics have been set up here yet.</p>`
          : html`<h2>Topics</h2>
<ul class="topics">${topics.map(
              (topic) =>
                html`<li><strong>${topic.name}</strong>${
                  topic.description ? html`<br><span class="hint">${topic.description}</span>` : ''
                }</li>`,
            )}</ul>`,
      ]),
    );
  });

  site.get('/robots.txt', (c) =>
    c.text(
      'User-agent: *\nDisallow: /unsubscribe/\nDisallow: /preferences/\nDisallow: /digest/\nDisallow: /like/\n',
    ),
  );
  return site;
}
