import { html } from 'hono/html';
import type { Html } from '../shell/page.ts';

/** A feed that a page tells of; `path` without its ending. */
export interface FeedOfPage {
  title: string;
  path: string;
  /** `?q=…`, or nothing. */
  search?: string;
}

export interface PageFacts {
  /** PUBLIC_URL, and its path alone. */
  publicUrl: string;
  base: string;
  /** With what of the query belongs to it. */
  path: string;
  title: string;
  description: string;
  feeds?: readonly FeedOfPage[];
  kind?: 'website' | 'article';
  /** Search engines may follow its links but not list it. */
  isListed?: boolean;
}

/** What stands in the head of a public page: its one address, its feeds, and what previews of links show (https://ogp.me). */
export function headOf(facts: PageFacts): Html {
  const { publicUrl, base, path, title, description, feeds = [], kind = 'website', isListed = true } = facts;
  const url = `${publicUrl}${path}`;
  return html`${isListed ? html`<link rel="canonical" href="${url}">` : html`<meta name="robots" content="noindex, follow">`}
<meta property="og:site_name" content="Paperboy">
<meta property="og:type" content="${kind}">
<meta property="og:title" content="${title}">
<meta property="og:description" content="${description}">
<meta property="og:url" content="${url}">
${feeds.map(
  (
    feed,
  ) => html`<link rel="alternate" type="application/atom+xml" title="${feed.title}" href="${base}${feed.path}.atom${feed.search ?? ''}">
<link rel="alternate" type="application/feed+json" title="${feed.title}" href="${base}${feed.path}.json${feed.search ?? ''}">
`,
)}`;
}

/** The path of a paper's page: `/papers/doi:10.1101/2026.01`. */
export function paperPath(key: string): string {
  return `/papers/${encodeURIComponent(key).replaceAll('%2F', '/').replaceAll('%3A', ':')}`;
}
