import { type Context, Hono } from 'hono';
import { html } from 'hono/html';
import { maskAddress } from '../../mail/addresses.ts';
import { actingAs } from '../../store/acting.ts';
import type { Subscriber } from '../../store/subscribers.ts';
import { basePath, type WebDependencies } from '../context.ts';
import { type Frame, frameOf, type Html, type PageOptions, page } from '../shell/page.ts';
import { findBearer } from './bearer.ts';
import { readerForms } from './forms.ts';
import { holderOf, readerLinks } from './links.ts';

type Answer = Response | Promise<Response>;

/** The pages that the link in every mail opens, with what they have in common. */
export interface PreferencesGate {
  readonly site: Hono;
  readonly base: string;
  readonly frame: Frame;
  /** Under `/preferences/TOKEN`. */
  get(path: string, show: (c: Context, subscriber: Subscriber) => Answer): void;
  /** Acts only for a form of our own page, in the subscriber's name. */
  post(path: string, act: (c: Context, subscriber: Subscriber) => Answer): void;
  /** The path of a page of theirs. */
  path(subscriber: Subscriber, path?: string): string;
  /** The field that each of their forms has. */
  token(subscriber: Subscriber): Html;
  /** A button that does one thing. */
  button(subscriber: Subscriber, path: string, label: string, more?: Html): Html;
  /** A whole page, with whose it is and the way to the others. */
  page(
    subscriber: Subscriber,
    at: PreferencesPlace,
    title: string,
    content: Html | Html[],
    options?: Pick<PageOptions, 'wide'>,
  ): Html;
}

export type PreferencesPlace = 'topics' | 'own' | 'likes' | 'digests' | 'account';

const places: [place: PreferencesPlace, path: string, name: string][] = [
  ['topics', '', 'Topics and times'],
  ['own', '/topics', 'Topics of my own'],
  ['likes', '/likes', 'Likes'],
  ['digests', '/digests', 'Past digests'],
  ['account', '/account', 'Address and data'],
];

/** One form token for all of a subscriber's own forms. */
const form = 'preferences';

export function openPreferencesGate(dependencies: WebDependencies): PreferencesGate {
  const site = new Hono();
  const base = basePath(dependencies.config);
  const frame = frameOf(dependencies.config);
  const forms = readerForms(dependencies);
  const links = readerLinks(dependencies);
  const path = (subscriber: Subscriber, sub = '') => `${links.preferences(holderOf(subscriber))}${sub}`;
  const token = (subscriber: Subscriber) => forms.token(form, subscriber.id);
  return {
    site,
    base,
    frame,
    path,
    token,
    get(sub, show) {
      site.get(`/preferences/:token${sub}`, async (c) => {
        const bearer = await findBearer(c, 'preferences', dependencies);
        return bearer.ok ? await show(c, bearer.subscriber) : bearer.answer;
      });
    },
    post(sub, act) {
      site.post(`/preferences/:token${sub}`, async (c) => {
        const bearer = await findBearer(c, 'preferences', dependencies);
        if (!bearer.ok) return bearer.answer;
        const { subscriber } = bearer;
        const refusal = await forms.refuse(c, form, subscriber.id, path(subscriber));
        if (refusal) return refusal;
        return await actingAs({ kind: 'subscriber', id: subscriber.id }, () => act(c, subscriber));
      });
    },
    button: (subscriber, sub, label, more) =>
      html`<form method="post" action="${path(subscriber, sub)}">${token(subscriber)}${more ?? ''}<button class="quiet">${label}</button></form>`,
    page: (subscriber, at, title, content, options) => {
      const whole = [
        html`<p class="hint">For ${maskAddress(subscriber.email)}</p>
<nav class="sections" aria-label="Preferences"><ul>${places.map(
          ([place, sub, name]) =>
            html`<li><a href="${path(subscriber, sub)}"${place === at ? html` aria-current="page"` : ''}>${name}</a></li>`,
        )}</ul></nav>`,
        ...[content].flat(),
      ];
      return page(frame, title, whole, options);
    },
  };
}

/** What was saved, said once after it was. */
export function saved(words: string | undefined): Html {
  return words ? html`<p class="notice good" role="status">${words}</p>` : html``;
}
