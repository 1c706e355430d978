import { Hono } from 'hono';
import type { WebDependencies } from '../context.ts';
import { crawlerPages } from './crawlers.ts';
import { feedPages } from './feeds.ts';
import { frontPages } from './front.ts';
import { paperPages } from './paper.ts';
import { searchPages } from './search.ts';
import { createSearchDoor } from './search-door.ts';
import { topicPages } from './topics.ts';

/** What anybody may see: what trends, papers, topics, the search, and their feeds. */
export function sitePages(dependencies: WebDependencies): Hono {
  const site = new Hono();
  const door = createSearchDoor(dependencies);
  for (const pages of [frontPages, topicPages, paperPages, searchPages, feedPages, crawlerPages])
    site.route('/', pages(dependencies, door));
  return site;
}
