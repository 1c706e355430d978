import type { Context } from 'hono';
import { html } from 'hono/html';
import { isTimezone } from '../../digest/schedule.ts';
import { type AssetName, assetUrl } from '../shell/assets.ts';
import type { Html } from '../shell/page.ts';
import type { AdminEnv } from './context.ts';

/** Where in the admin's pages one is: what the navigation marks. In the order it shows them. */
const places = [
  ['overview', '/admin', 'Overview'],
  ['topics', '/admin/topics', 'Topics'],
  ['subscribers', '/admin/subscribers', 'Subscribers'],
  ['deliveries', '/admin/deliveries', 'Deliveries'],
  ['runs', '/admin/runs', 'Runs'],
  ['templates', '/admin/templates', 'Templates'],
  ['audit', '/admin/audit', 'Audit'],
  ['account', '/admin/account', 'Account'],
] as const;
export type AdminPlace = (typeof places)[number][0];

export interface AdminPageOptions {
  at?: AdminPlace;
  /** Further scripts of ours, in this order. */
  scripts?: readonly AssetName[];
}

/** A page for whoever is signed in. */
export function adminPage(
  c: Context<AdminEnv>,
  title: string,
  content: Html | (Html | '')[],
  { at, scripts = [] }: AdminPageOptions = {},
): Html {
  const { base, signedIn, formToken } = c.var;
  return shell(base, title, content, {
    scripts,
    header: html`<nav aria-label="Admin"><ul>${places.map(
      ([place, path, name]) =>
        html`<li><a href="${base}${path}"${place === at ? html` aria-current="page"` : ''}>${name}</a></li>`,
    )}</ul></nav>
<form class="signed-in" method="post" action="${base}/admin/sign-out">${formToken}<span>${
      signedIn.admin.name ?? signedIn.admin.email
    }</span> <button class="quiet small">Sign out</button></form>`,
  });
}

/** A page for who is not signed in (yet): one thing to do. */
export function doorPage(
  base: string,
  title: string,
  content: Html | (Html | '')[],
  scripts: readonly AssetName[] = [],
): Html {
  return shell(base, title, html`<div class="door">${content}</div>`, { scripts, header: '' });
}

function shell(
  base: string,
  title: string,
  content: Html | (Html | '')[],
  { header, scripts }: { header: Html | ''; scripts: readonly AssetName[] },
): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${title} · Paperboy admin</title>
<link rel="icon" type="image/svg+xml" href="${assetUrl(base, 'icon.svg')}">
<link rel="stylesheet" href="${assetUrl(base, 'style.css')}">
<link rel="stylesheet" href="${assetUrl(base, 'admin.css')}">
<script src="${assetUrl(base, 'htmx.min.js')}" defer></script>
<script src="${assetUrl(base, 'page.js')}" defer></script>
${scripts.map((name) => html`<script src="${assetUrl(base, name)}" defer></script>`)}
</head>
<body class="admin wide">
<a class="skip" href="#main">To the contents</a>
<header class="masthead"><a class="brand" href="${base}/admin"><img src="${assetUrl(base, 'icon.svg')}" alt="" width="28" height="28">Paperboy <small>admin</small></a>
${header}</header>
<main id="main">
<h1>${title}</h1>
${content}
</main>
</body>
</html>
`;
}

/** A sentence on what became of it, above the contents; read out by screen readers. */
export function notice(text: string | Html, kind: 'good' | 'wrong' = 'good'): Html {
  return html`<p class="notice ${kind}" role="${kind === 'wrong' ? 'alert' : 'status'}">${text}</p>`;
}

/** A table that may be wider than the page: it is scrolled within itself, by keyboard too. `label`: what it lists. */
export function scrolled(label: string, table: Html): Html {
  return html`<div class="scroll" role="region" aria-label="${label}" tabindex="0">${table}</div>`;
}

/**
 * An instant in UTC, `22 Jun 2026, 08:00`, with its exact value for machines; null: a dash. Whoever shows it says beside
 * it that it is UTC: `(UTC)` in a heading, ` UTC` in a sentence.
 */
export function instant(ms: number | null): Html {
  return ms === null ? html`<span class="hint">–</span>` : timeOf(ms, utcFormat);
}

/** An instant by a reader's clock, `22 Jun 2026, 10:00 (Europe/Berlin)`, and in UTC beside when that is another; null: a dash. */
export function dueInstant(ms: number | null, timezone: string): Html {
  if (ms === null) return instant(null);
  if (timezone === 'UTC') return localInstant(ms, timezone);
  return html`${localInstant(ms, timezone)} <small>${instant(ms)} UTC</small>`;
}

/** An instant by a reader's clock, `22 Jun 2026, 10:00 (Europe/Berlin)`; UTC stands in for a zone that is not known here. */
export function localInstant(ms: number, timezone: string): Html {
  const timeZone = isTimezone(timezone) ? timezone : 'UTC';
  return html`${timeOf(ms, new Intl.DateTimeFormat('en-GB', { ...instantForm, timeZone }))} (${timeZone})`;
}

function timeOf(ms: number, format: Intl.DateTimeFormat): Html {
  const iso = new Date(ms).toISOString();
  return html`<time datetime="${iso}" title="${iso}">${format.format(ms)}</time>`;
}

const instantForm = { dateStyle: 'medium', timeStyle: 'short' } as const;
const utcFormat = new Intl.DateTimeFormat('en-GB', { ...instantForm, timeZone: 'UTC' });
