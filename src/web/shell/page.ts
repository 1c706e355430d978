import { html } from 'hono/html';
import { basePath, type WebDependencies } from '../context.ts';
import { assetUrl } from './assets.ts';

export type Html = ReturnType<typeof html>;

/** What all pages of an installation have around them. */
export interface Frame {
  /** The path of PUBLIC_URL. */
  base: string;
  /** Whether anybody can sign up here: else no page leads there. */
  isSignUpOpen: boolean;
}

export function frameOf(config: WebDependencies['config']): Frame {
  return { base: basePath(config), isSignUpOpen: config.access?.signUp !== 'closed' };
}

/** What a page may have besides its title and contents. */
export interface PageOptions {
  /** One or two sentences for search engines and previews of links. */
  description?: string | undefined;
  /** More of the head: feeds, a canonical address. */
  head?: Html | undefined;
  /** Lists of papers want more room than forms. */
  wide?: boolean;
  /** What stands above the contents instead of the title as `h1`; null: the contents bring their own. */
  heading?: Html | null;
  /** Where in the site it is, for the navigation. */
  at?: NavigationPlace;
}

export type NavigationPlace = 'trending' | 'topics' | 'search' | 'subscribe';

const places: [place: NavigationPlace, path: string, name: string][] = [
  ['trending', '/', 'Trending'],
  ['topics', '/topics', 'Topics'],
  ['search', '/search', 'Search'],
  ['subscribe', '/subscribe', 'Subscribe'],
];

/**
 * htmx without what a strict content security policy forbids (https://htmx.org/docs): no style of its own in the page,
 * nothing evaluated, requests to ourselves alone.
 */
const htmxConfig = JSON.stringify({ includeIndicatorCSS: false, mode: 'same-origin', history: false });

/** A whole page for readers. */
export function page(
  { base, isSignUpOpen }: Frame,
  title: string,
  content: Html | Html[],
  options: PageOptions = {},
): Html {
  const { description, head, wide = false, heading, at } = options;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title === 'Paperboy' ? title : `${title} · Paperboy`}</title>
${description ? html`<meta name="description" content="${description}">` : ''}
<meta name="htmx-config" content="${htmxConfig}">
<link rel="icon" type="image/svg+xml" href="${assetUrl(base, 'icon.svg')}">
<link rel="stylesheet" href="${assetUrl(base, 'style.css')}">
<script src="${assetUrl(base, 'htmx.min.js')}" defer></script>
<script src="${assetUrl(base, 'page.js')}" defer></script>
${head ?? ''}</head>
<body${wide ? html` class="wide"` : ''}>
<a class="skip" href="#main">To the contents</a>
<header class="masthead"><a class="brand" href="${base}/"><img src="${assetUrl(base, 'icon.svg')}" alt="" width="28" height="28">Paperboy</a>
<nav aria-label="Site"><ul>${places
    .filter(([place]) => isSignUpOpen || place !== 'subscribe')
    .map(
      ([place, path, name]) =>
        html`<li><a href="${base}${path}"${place === at ? html` aria-current="page"` : ''}>${name}</a></li>`,
    )}</ul></nav></header>
<main id="main">
${heading === undefined ? html`<h1>${title}</h1>` : (heading ?? '')}
${content}
</main>
<footer class="colophon"><p>Trending research papers, once a day.</p></footer>
</body>
</html>
`;
}
