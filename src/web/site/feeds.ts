import { type Context, Hono } from 'hono';
import { readTrending } from '../../archive/lists.ts';
import { showPaper } from '../../archive/shown.ts';
import { lookAtTopic } from '../../archive/topic.ts';
import { cleanLine } from '../../digest/clean.ts';
import type { StoredPaper } from '../../papers/paper.ts';
import { escapeHtml } from '../../tex/escape.ts';
import { readableName } from '../../tex/readable.ts';
import type { WebDependencies } from '../context.ts';
import { sendPublic } from '../shell/send-page.ts';
import { type Feed, type FeedEntry, writeAtom, writeJsonFeed } from './atom.ts';
import { trendingFeed } from './front.ts';
import { type FeedOfPage, paperPath } from './head.ts';
import { maxQuery, searchFeed, tooMuch } from './search.ts';
import type { SearchDoor } from './search-door.ts';
import { topicFeed } from './topics.ts';

const papersOfFeed = 30;
const authorsOfEntry = 20;
/** Feed readers ask often; a list changes every hour. */
const maxAgeS = 900;

/** Atom and JSON feeds of what trends, of each topic and of each search. */
export function feedPages({ store, config, clock }: WebDependencies, door: SearchDoor): Hono {
  const site = new Hono();
  const { publicUrl } = config.web;

  for (const form of ['atom', 'json'] as const) {
    site.get(`/feed.${form}`, async (c) => {
      const list = await readTrending(store.db, 'day', new Date(clock.now()).toISOString().slice(0, 10));
      return send(c, form, trendingFeed, '/', list?.papers.map(({ paper }) => paper) ?? []);
    });

    site.get(`/topics/:slug{[a-z0-9-]+}/feed.${form}`, async (c) => {
      const look = await lookAtTopic(store.db, c.req.param('slug'));
      if (!look) return c.notFound();
      const papers = look.papers.map(({ paper }) => paper);
      return send(c, form, topicFeed(look.topic), `/topics/${look.topic.slug}`, papers);
    });

    site.get(`/search/feed.${form}`, async (c) => {
      const query = (c.req.query('q') ?? '').trim().slice(0, maxQuery).toWellFormed();
      const request = { query, sort: 'date', after: null, limit: papersOfFeed } as const;
      const found = await door.search(c, request);
      if (!found) return c.text(`${tooMuch}\n`, 429);
      if (!found.ok) return c.text(`${found.error.message}.\n`, 400);
      return send(c, form, searchFeed(query), `/search?q=${encodeURIComponent(query)}`, found.papers);
    });
  }

  function send(
    c: Context,
    form: 'atom' | 'json',
    { title, path, search = '' }: FeedOfPage,
    home: string,
    papers: StoredPaper[],
  ) {
    const isAtom = form === 'atom';
    const url = (one: typeof form) => `${publicUrl}${path}.${one}${search}`;
    const entries = papers.map((paper) => entryOf(publicUrl, paper));
    const feed: Feed = {
      title: `${cleanLine(title, 200)} · Paperboy`,
      homeUrl: `${publicUrl}${home}`,
      feedUrl: url(isAtom ? 'atom' : 'json'),
      otherUrl: url(isAtom ? 'json' : 'atom'),
      entries,
      updatedAt: Math.max(0, ...entries.map(({ updatedAt }) => updatedAt)),
    };
    return isAtom
      ? sendPublic(c, writeAtom(feed), { type: 'application/atom+xml; charset=utf-8', maxAgeS })
      : sendPublic(c, writeJsonFeed(feed), { type: 'application/feed+json; charset=utf-8', maxAgeS });
  }
  return site;
}

function entryOf(publicUrl: string, paper: StoredPaper): FeedEntry {
  const shown = showPaper(paper);
  const url = `${publicUrl}${paperPath(paper.key)}`;
  const publishedAt = paper.announcedAt ?? paper.publishedAt ?? paper.firstSeenAt;
  const paragraphs = shown.abstract.length > 0 ? shown.abstract : shown.summary ? [shown.summary] : [];
  const links = shown.links.map(
    ({ label, href }) => `<a href="${escapeHtml(href)}">${escapeHtml(label)}</a>`,
  );
  const names = paper.authors
    .slice(0, authorsOfEntry)
    .map((name) => cleanLine(readableName(name.slice(0, 200)), 60))
    .filter((name) => name !== '');
  return {
    id: url,
    url,
    paperUrl: shown.href,
    title: shown.title.text,
    authors: names.length > 0 ? names : ['Unknown'],
    categories: paper.categories
      .slice(0, 12)
      .map((one) => cleanLine(one, 60))
      .filter((one) => one !== ''),
    summary: shown.summary?.text ?? '',
    content: [...paragraphs.map(({ html }) => `<p>${html}</p>`), `<p>${links.join(' · ')}</p>`].join(''),
    publishedAt,
    updatedAt: Math.max(publishedAt, paper.updatedAt ?? 0),
  };
}
