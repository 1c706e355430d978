import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { html } from 'hono/html';

export type Html = ReturnType<typeof html>;

/** Served by ourselves: the pages load nothing from elsewhere. */
export const assets = {
  'style.css': asset('style.css', 'text/css; charset=utf-8'),
  'icon.svg': asset('icon.svg', 'image/svg+xml'),
};

function asset(name: string, type: string) {
  const body = readFileSync(join(import.meta.dirname, 'assets', name), 'utf8');
  return { body, type, version: createHash('sha256').update(body).digest('hex').slice(0, 12) };
}

/** A whole page. `base` is the path of PUBLIC_URL. */
export function page(base: string, title: string, content: Html | Html[]): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title === 'Paperboy' ? title : `${title} · Paperboy`}</title>
<link rel="icon" type="image/svg+xml" href="${base}/icon.svg?v=${assets['icon.svg'].version}">
<link rel="stylesheet" href="${base}/style.css?v=${assets['style.css'].version}">
</head>
<body>
<header><a class="brand" href="${base}/"><img src="${base}/icon.svg?v=${assets['icon.svg'].version}" alt="" width="28" height="28">Paperboy</a></header>
<main>
<h1>${title}</h1>
${content}
</main>
<footer>Trending research papers, once a day.</footer>
</body>
</html>
`;
}
