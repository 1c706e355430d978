import { Hono } from 'hono';
import { paperIdAt } from '../../store/archive.ts';
import { findKeysByIds } from '../../store/papers.ts';
import { findPlaces } from '../../store/places.ts';
import { listPublicTopics } from '../../store/topics.ts';
import { listTrendingDates } from '../../store/trending.ts';
import { escapeHtml } from '../../tex/escape.ts';
import { everyPaper } from '../../topics/archive-text.ts';
import { phrase } from '../../topics/compile.ts';
import { basePath, type WebDependencies } from '../context.ts';
import { sendPublic } from '../shell/send-page.ts';
import { xmlText } from './atom.ts';
import { paperPath } from './head.ts';

/** The newest papers and days are told; the others are found by links. */
const most = { papers: 1000, dates: 400 };

/** What search engines ask for first. */
export function crawlerPages({ store, config }: WebDependencies): Hono {
  const site = new Hono();
  const { publicUrl } = config.web;
  const base = basePath(config);

  site.get('/robots.txt', (c) => {
    const closed = [
      'unsubscribe',
      'preferences',
      'digest',
      'like',
      'to',
      'confirm',
      'move',
      'admin',
      'search',
    ];
    return c.text(
      `User-agent: *\n${closed.map((path) => `Disallow: ${base}/${path}\n`).join('')}Sitemap: ${publicUrl}/sitemap.xml\n`,
    );
  });

  // https://www.sitemaps.org/protocol.html
  site.get('/sitemap.xml', async (c) => {
    const every = { kind: 'match', table: 'texts', match: phrase([everyPaper]) } as const;
    const ids = (await findPlaces(store.db, every, { limit: most.papers })).map(paperIdAt);
    const paths = [
      ...['/', '/this-week', '/this-month', '/topics', '/search', '/trending'],
      ...(await listPublicTopics(store.db)).map(({ slug }) => `/topics/${slug}`),
      ...(await listTrendingDates(store.db, { limit: most.dates })).map((date) => `/trending/${date}`),
      ...(await findKeysByIds(store.db, ids)).map(paperPath),
    ];
    const urls = paths.map((path) => `<url><loc>${escapeHtml(xmlText(publicUrl + path))}</loc></url>`);
    const body = `<?xml version="1.0" encoding="utf-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n${urls.join('\n')}\n</urlset>\n`;
    return sendPublic(c, body, { type: 'application/xml; charset=utf-8', maxAgeS: 3600 });
  });
  return site;
}
