import type { Context } from 'hono';
import { html } from 'hono/html';
import { forceScheme, type Scheme, schemes } from '../../digest/force-scheme.ts';
import type { OpenedMessage } from '../../mail/open-message.ts';
import type { Html } from '../shell/page.ts';

/** How a mail is looked at; it stands in the address, so that it works without scripts and can be passed on. */
export interface View {
  as: 'html' | 'text' | 'headers';
  width: 'phone' | 'desktop';
  scheme: Scheme;
}

const kinds = ['html', 'text', 'headers'] as const;
const widths = ['desktop', 'phone'] as const;
const names: Record<string, string> = { html: 'HTML', text: 'Text', headers: 'Headers' };

export function readView(c: Context): View {
  const among = <T extends string>(list: readonly [T, ...T[]], name: string): T =>
    list.find((one) => one === c.req.query(name)) ?? list[0];
  return {
    as: among(kinds, 'as'),
    width: among([...widths], 'width') as View['width'],
    scheme: among([...schemes], 'scheme'),
  };
}

/** What pages with a frame in them may load: as all pages, and frames of our own. */
const framedPolicy =
  "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; " +
  "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

export function allowFrames(c: Context): void {
  c.header('Content-Security-Policy', framedPolicy);
}

/** What a shown mail may do: be styled by itself. No script, no image, no form and no link works in it. */
const mailPolicy =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox";

/** The HTML of a mail for the frame of `mailView`, with the colour scheme that the address names. */
export function sendMailFrame(c: Context, mail: Pick<OpenedMessage, 'html'>): Response | Promise<Response> {
  c.header('Content-Security-Policy', mailPolicy);
  c.header('X-Frame-Options', 'SAMEORIGIN');
  c.header('Referrer-Policy', 'no-referrer');
  return c.html(withoutLinks(forceScheme(mail.html, readView(c).scheme)));
}

/** A link that is followed by accident would show another page where the mail was. */
function withoutLinks(html: string): string {
  return html.replace(/(<a\b[^>]*?)\shref="[^"]*"/g, '$1');
}

/**
 * A mail as it goes out, with what it is looked at as: HTML in a frame that nothing gets out of, text, or headers.
 * `self`: the page it stands on, with its own query; `frame`: the address of the HTML.
 */
export function mailView({
  self,
  frame,
  mail,
  view,
}: {
  self: string;
  frame: string;
  mail: OpenedMessage;
  view: View;
}): Html {
  const link = (change: Partial<View>) => `${withQuery(self, { ...view, ...change })}#mail`;
  const choice = (label: string, of: keyof View, list: readonly string[]) =>
    html`<ul class="segments" aria-label="${label}">${list.map(
      (one) =>
        html`<li><a href="${link({ [of]: one })}"${view[of] === one ? html` aria-current="true"` : ''}>${names[one] ?? one}</a></li>`,
    )}</ul>`;
  const { bytes } = mail;
  const size = (count: number) => `${(count / 1024).toLocaleString('en', { maximumFractionDigits: 1 })} KB`;
  return html`<div class="mail-bar">${choice('Part', 'as', kinds)}${
    view.as === 'html' ? html`${choice('Width', 'width', widths)}${choice('Colours', 'scheme', schemes)}` : ''
  }<span class="hint">${size(bytes.message)} in all · HTML ${size(bytes.html)} · text ${size(bytes.text)}</span></div>
<p class="subject"><span class="unseen">Subject: </span>${mail.subject}</p>
${
  view.as === 'text'
    ? html`<pre class="mail-text" tabindex="0" aria-label="The text part">${mail.text}</pre>`
    : view.as === 'headers'
      ? html`<dl class="pairs headers">${mail.headers.map(
          ({ name, value }) => html`<div><dt>${name}</dt><dd class="said">${value}</dd></div>`,
        )}</dl>`
      : html`<iframe class="mail-frame ${view.width} ${view.scheme}" sandbox src="${withQuery(frame, { scheme: view.scheme })}" title="The mail as HTML, ${view.width} width, ${view.scheme}"></iframe>
<p class="hint">Its links do not work here. It is dated now, and shows no papers withdrawn since it was planned.</p>`
}`;
}

function withQuery(address: string, more: Record<string, string>): string {
  const [path = '', query = ''] = address.split('?');
  const parameters = new URLSearchParams(query);
  for (const [name, value] of Object.entries(more)) parameters.set(name, value);
  return `${path}?${parameters}`;
}
