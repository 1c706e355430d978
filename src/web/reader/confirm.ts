import { type Context, Hono } from 'hono';
import { html } from 'hono/html';
import { weekdays } from '../../digest/schedule.ts';
import { makeHashAddress } from '../../mail/address-hash.ts';
import { maskAddress } from '../../mail/addresses.ts';
import { findPublicTopics } from '../../store/topics.ts';
import {
  confirmSignUp,
  type FoundSignUp,
  findSignUp,
  type NewlySubscribed,
} from '../../subscribers/confirm.ts';
import { readOwnWords } from '../../subscribers/own-words.ts';
import { basePath, type WebDependencies } from '../context.ts';
import { formTokenField, formTokenInput, readFormToken } from '../shell/forms.ts';
import { frameOf, type Html, page } from '../shell/page.ts';
import { dayNames, timezoneName } from './choices.ts';
import { holderOf, readerLinks } from './links.ts';

/** Where the link of the mail leads: a page with a button. Mail scanners follow links, and press none. */
export function confirmPages(dependencies: WebDependencies): Hono {
  const { store, config, clock } = dependencies;
  const site = new Hono();
  const base = basePath(config);
  const frame = frameOf(config);
  const defaults = config.digest;
  if (!defaults) return site;
  const hashAddress = makeHashAddress(config.secretKey);
  const deps = () => ({ db: store.db, now: clock.now(), hashAddress });
  const claimOf = (token: string) => ({ form: 'confirm', holder: token });
  const links = readerLinks(dependencies);
  /** Where sign-up was closed since, there is no way back from here. */
  const again = (label: string, more = ''): Html =>
    frame.isSignUpOpen ? html`<p><a href="${base}/subscribe">${label}</a>${more}</p>` : html``;

  site.get('/confirm/:token', async (c) => answer(c, await findSignUp(deps(), c.req.param('token'))));

  site.post('/confirm/:token', async (c) => {
    const token = c.req.param('token');
    await c.req.arrayBuffer();
    const body = await c.req.parseBody().catch(() => null);
    const given = body?.[formTokenField];
    const read = readFormToken(
      typeof given === 'string' ? given : undefined,
      claimOf(token),
      config.secretKey,
      clock.now(),
    );
    // The page again, with a button that works.
    if (!read.ok) return answer(c, await findSignUp(deps(), token), 403);
    return answer(c, await confirmSignUp({ ...deps(), defaults }, token));
  });

  async function answer(c: Context, found: FoundSignUp | NewlySubscribed, status: 200 | 403 = 200) {
    c.header('Cache-Control', 'no-store');
    c.header('X-Robots-Tag', 'noindex');
    switch (found.state) {
      case 'open':
        return c.html(await ask(c, found), status);
      case 'subscribed':
        return c.html(welcome(found));
      case 'used':
        return c.html(
          page(
            frame,
            'You are subscribed already',
            html`<p>This link works once. A link in each mail leads to your preferences.</p>
${again('None at hand? Enter your address once more', ', and one is mailed to you.')}`,
          ),
        );
      case 'left':
        return c.html(
          page(
            frame,
            'You have unsubscribed since',
            html`<p>No mail comes from here. A link works once.</p>${again('Subscribe again')}`,
          ),
        );
      case 'suppressed':
        return c.html(
          page(
            frame,
            'This address cannot be mailed',
            html`<p>Mail from here to ${masked(found.email)} came back, or was
reported as unwanted, so none is sent there any more. Another address will do.</p>
${again('Subscribe with another address')}`,
          ),
          409,
        );
      default:
        return c.html(
          page(
            frame,
            'This link does not work any more',
            html`<p>It may be too old, or have been cut off on its way. Nothing was
changed.</p>${again('Subscribe again', ', and a new link comes.')}`,
          ),
          404,
        );
    }
  }

  async function ask(c: Context, { email, wishes }: FoundSignUp & { state: 'open' }): Promise<Html> {
    const token = c.req.param('token') ?? '';
    const { settings, topics, own } = wishes;
    const names = (await findPublicTopics(store.db, topics)).map(({ name }) => name);
    for (const words of own) {
      const read = readOwnWords(words);
      if (read.ok) names.push(read.name);
    }
    const days =
      settings.days.length === weekdays.length
        ? 'every day'
        : settings.days.map((day) => dayNames[day]).join(', ');
    return page(frame, 'Confirm your subscription', [
      html`<p>Trending research papers for ${masked(email)}:</p>
<dl class="summary"><dt>Topics</dt><dd>${names.length > 0 ? html`<ul>${names.map((name) => html`<li dir="auto">${name}</li>`)}</ul>` : 'none yet'}</dd>
<dt>When</dt><dd>${settings.digestTime} (${timezoneName(settings.timezone)}), ${days}</dd>
<dt>How many</dt><dd>up to ${settings.maxPapers} papers</dd></dl>
<form method="post" action="${base}/confirm/${token}">${formTokenInput(claimOf(token), config.secretKey, clock.now())}<button>Confirm</button></form>
<p class="hint">Not you? Close this page: nothing comes, and the address is forgotten.</p>`,
    ]);
  }

  function welcome({ subscriber, topics }: NewlySubscribed): Html {
    const { email, nextDueAt, timezone } = subscriber;
    const when = (at: number) =>
      new Intl.DateTimeFormat('en-GB', {
        ...{ weekday: 'long', day: 'numeric', month: 'long', hour: '2-digit', minute: '2-digit' },
        timeZone: timezone,
      }).format(at);
    return page(frame, 'You are subscribed', [
      html`<p>${masked(email)} gets the papers${
        topics.length > 0 ? html` on ${new Intl.ListFormat('en').format(topics.map(({ name }) => name))}` : ''
      }. ${
        nextDueAt !== null
          ? html`The next digest is due on ${when(nextDueAt)} (${timezoneName(timezone)}).`
          : ''
      }</p>
<p><a role="button" class="quiet" href="${links.preferences(holderOf(subscriber))}">Your preferences</a></p>
<p class="hint">The same link is in each mail, and one that ends it.</p>`,
    ]);
  }
  return site;
}

/** An address that a line does not break within. */
function masked(email: string): Html {
  return html`<span class="address">${maskAddress(email)}</span>`;
}
