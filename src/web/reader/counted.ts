import { type Context, Hono } from 'hono';
import { html } from 'hono/html';
import { safeLink } from '../../digest/clean.ts';
import { linkKinds } from '../../digest/view.ts';
import { countClick, countOpen } from '../../store/edition-counts.ts';
import { loadPapersByIds } from '../../store/papers.ts';
import type { WebDependencies } from '../context.ts';
import { createLimiter } from '../shell/limiter.ts';
import { networkOf } from '../shell/network.ts';
import { frameOf, page } from '../shell/page.ts';

/** One transparent pixel. */
const pixel = Uint8Array.from(
  Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64'),
);

const dayMs = 24 * 3_600_000;
/** Old mails are still read, but say little of how their edition did. */
const countedForDays = 60;

/**
 * The links of digests whose clicks are counted, and the picture whose loads are. They are the same for everybody, so
 * nothing is learnt of who followed one. They lead on whether counting is (still) switched on or not.
 */
export function countedPages(dependencies: WebDependencies): Hono {
  const { store, config, clock } = dependencies;
  const { clicks = false, opens = false } = config.counting ?? {};
  const site = new Hono();
  const frame = frameOf(config);
  const limiter = createLimiter({ windowMs: 10 * 60_000, each: { network: 600 }, all: 1_000_000 });

  site.get('/to/:date/:paper{[0-9]{1,15}}/:link', async (c) => {
    const editionDate = c.req.param('date');
    const paperId = Number(c.req.param('paper'));
    const link = linkKinds.find((kind) => kind === c.req.param('link'));
    const paper = (await loadPapersByIds(store.db, [paperId])).get(paperId);
    const target = paper && link ? (safeLink(paper[`${link}Url`]) ?? safeLink(paper.paperUrl)) : null;
    keepOut(c);
    if (!paper || !link || target === null)
      return c.html(
        page(frame, 'This paper cannot be found', html`<p>The link may have been cut off.</p>`),
        404,
      );
    if (clicks && (await counts(c, editionDate))) await countClick(store.db, { editionDate, paperId, link });
    return c.redirect(target, 302);
  });

  site.get('/seen/:name{[0-9-]{10}[.]gif}', async (c) => {
    const editionDate = c.req.param('name').slice(0, 10);
    keepOut(c);
    if (opens && (await counts(c, editionDate))) await countOpen(store.db, editionDate);
    return c.body(pixel, 200, { 'Content-Type': 'image/gif' });
  });

  /** Not what only looks whether something is there, nor what one network asks for without end. */
  async function counts(c: Context, editionDate: string): Promise<boolean> {
    if (c.req.method !== 'GET' || /prefetch|preview/.test(c.req.header('Sec-Purpose') ?? '')) return false;
    const start = Date.parse(`${editionDate}T00:00:00Z`);
    const isDate = /^\d{4}-\d\d-\d\d$/.test(editionDate) && new Date(start).toJSON()?.startsWith(editionDate);
    const ageMs = clock.now() - start;
    if (!isDate || ageMs < -dayMs || ageMs > countedForDays * dayMs) return false;
    return (await limiter.take({ network: networkOf(c, config.access?.trustedProxies) })) === null;
  }

  return site;
}

function keepOut(c: Context): void {
  c.header('Cache-Control', 'no-store');
  c.header('X-Robots-Tag', 'noindex');
  c.header('Referrer-Policy', 'no-referrer');
}
