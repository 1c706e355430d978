import { type Context, Hono } from 'hono';
import { html } from 'hono/html';
import { parseAddress } from '../../mail/addresses.ts';
import { listOpenTopics } from '../../store/subscriptions.ts';
import { ownTopicLimits } from '../../subscribers/own-topics.ts';
import { signUp, signUpLimits } from '../../subscribers/sign-up.ts';
import type { WishProblem } from '../../subscribers/wishes.ts';
import { basePath, type WebDependencies } from '../context.ts';
import { formTokenInput, readFormToken } from '../shell/forms.ts';
import { createLimiter } from '../shell/limiter.ts';
import { blockOf, hidesBehindProxy, networkOf } from '../shell/network.ts';
import { frameOf, page } from '../shell/page.ts';
import { acceptedLocales, guessLanguage, guessTimezone, timezones } from './choices.ts';
import { mailSoon } from './mail-soon.ts';
import { createPreviewDoor } from './preview.ts';
import { previewFragment, previewPlace } from './preview-view.ts';
import { problemLinks, subscribeForm } from './subscribe-form.ts';
import { previewWishOf, readSubscribeForm, type SubscribeValues, wishesInputOf } from './subscribe-values.ts';

/**
 * How often somebody may sign up: a class in one room can, a program cannot for long. Beyond the mails that one address
 * gets in a day (subscribers/sign-up.ts), and counted in this process.
 */
const limits = { windowMs: 3_600_000, each: { block: 40, network: 20, address: 10 }, all: 600 };

/** Nobody reads and fills in the form faster. */
const leastMs = 1_500;

const claim = { form: 'subscribe', holder: '' };

/** Where anybody signs up: what they want to read, when, and a look at what that would have been. */
export function subscribePages(dependencies: WebDependencies): Hono {
  const { store, config, clock, signUps, log } = dependencies;
  const site = new Hono();
  const base = basePath(config);
  const frame = frameOf(config);
  const defaults = config.digest;
  const action = `${base}/subscribe`;
  if (!signUps || !defaults || config.access?.signUp === 'closed') {
    site.all('/subscribe', (c) =>
      c.html(
        page(
          frame,
          'Signing up is closed here',
          html`<p>Whoever runs this Paperboy adds its readers. Those who have
subscribed find a link to their preferences in each mail.</p>`,
        ),
        c.req.method === 'POST' ? 403 : 200,
      ),
    );
    return site;
  }
  const mailer = signUps;
  const usualSettings = defaults;
  const limiter = createLimiter(limits);
  const door = createPreviewDoor(dependencies);
  let warned = false;

  const blank = (c: Context): SubscribeValues => {
    const accepted = acceptedLocales(c.req.header('Accept-Language'));
    return {
      ...{ email: '', topics: [], sentence: '', queries: [], act: '', formToken: undefined, trap: '' },
      usual: undefined,
      timezone: guessTimezone(accepted) ?? defaults.timezone,
      time: defaults.time,
      days: [...defaults.days],
      maxPapers: String(defaults.maxPapers),
      locale: guessLanguage(accepted) ?? defaults.locale,
      quietMail: 'no',
    };
  };

  interface Shown {
    problems?: readonly WishProblem[];
    notice?: string;
    status?: 200 | 403 | 422 | 429 | 503;
    isZoneGuessed?: boolean;
  }

  async function show(c: Context, values: SubscribeValues, shown: Shown = {}) {
    const { problems = [], notice, status = 200, isZoneGuessed = false } = shown;
    c.header('Cache-Control', 'no-store');
    const preview =
      values.act === 'preview'
        ? (await door.show(c, await previewWishOf(store.db, values, usualSettings))).shown
        : null;
    if (preview === null) door.warm();
    const now = clock.now();
    // The one it had, so that its age counts from when the form was first shown.
    const isKept = readFormToken(values.formToken, claim, config.secretKey, now).ok;
    const formToken = isKept
      ? html`<input type="hidden" name="form_token" value="${values.formToken}">`
      : formTokenInput(claim, config.secretKey, now);
    const content = html`${
      notice || problems.length > 0
        ? html`<p class="notice wrong" role="alert">${
            notice ?? html`Nothing was sent yet. Please look at: ${problemLinks(values, problems)}.`
          }</p>`
        : ''
    }${subscribeForm({
      ...{ action, values, problems, formToken, isZoneGuessed },
      topics: broadFirst(await listOpenTopics(store.db, -1)),
      preview: door.isOpen ? previewPlace(action, `${action}/preview`, preview) : null,
    })}`;
    return c.html(
      page(frame, 'What would you like to read?', content, { wide: true, at: 'subscribe' }),
      status,
    );
  }

  site.get('/subscribe', async (c) => {
    const values = blank(c);
    const open = (await listOpenTopics(store.db, -1)).map(({ slug }) => slug);
    const asked = c.req.queries('topic')?.filter((slug) => open.includes(slug)) ?? [];
    // From a search comes what was searched for.
    const queries = (c.req.queries('query') ?? []).slice(0, ownTopicLimits.live);
    const chosen = asked.length > 0 || queries.length > 0 ? { topics: asked } : usual(open);
    return show(c, { ...values, ...chosen, queries }, { isZoneGuessed: true });
  });

  site.post('/subscribe', async (c) => {
    const given = await readSubscribeForm(c);
    if (!given)
      return show(c, blank(c), {
        notice: 'The form did not arrive whole. Please fill it in again.',
        status: 422,
      });
    // From the front page comes an address alone.
    if (given.formToken === undefined) {
      const values = { ...blank(c), email: given.email };
      const zone = timezones.find((name) => name === given.timezone);
      const open = (await listOpenTopics(store.db, -1)).map(({ slug }) => slug);
      const chosen = given.topics.length > 0 ? { topics: given.topics } : usual(open);
      return show(c, { ...values, ...(zone ? { timezone: zone } : {}), ...chosen }, { isZoneGuessed: !zone });
    }
    if (given.act !== '') return show(c, given);
    return enter(c, given);
  });

  site.post('/subscribe/preview', async (c) => {
    c.header('Cache-Control', 'no-store');
    const given = await readSubscribeForm(c);
    const wish = given && (await previewWishOf(store.db, given, defaults));
    const { shown, status } = await door.show(c, wish);
    return c.html(previewFragment(shown), status);
  });

  /** Signs them up, or says what is in the way. The answer is the same for every address. */
  async function enter(c: Context, given: SubscribeValues) {
    const now = clock.now();
    const token = readFormToken(given.formToken, claim, config.secretKey, now);
    if (!token.ok)
      return show(
        c,
        { ...given, formToken: undefined },
        {
          notice:
            'This page was open for too long, or did not come from here. Please press the button once more.',
          status: 403,
        },
      );
    if (token.ageMs < leastMs)
      return show(c, given, { notice: 'That was quick! Please press the button once more.', status: 422 });
    if (given.trap !== '') return c.html(sent(given.email));
    const trusted = config.access?.trustedProxies ?? 0;
    if (hidesBehindProxy(c, trusted) && !warned) {
      warned = true;
      log?.warn?.({}, 'requests come through a proxy that is not trusted: TRUST_PROXY tells who asks');
    }
    const parsed = parseAddress(given.email);
    const network = networkOf(c, trusted);
    const waitMs = await limiter.take({
      network,
      block: blockOf(network),
      address: parsed.ok ? parsed.address.key : network,
    });
    if (waitMs !== null) return tooMany(c, waitMs);
    const result = await signUp(
      {
        db: store.db,
        now,
        defaults: usualSettings,
        canMail: mailer.canMail,
      },
      { ...wishesInputOf(given), email: given.email },
    );
    if (result.ok) {
      mailSoon(mailer, log);
      return c.html(sent(given.email));
    }
    if (result.reason === 'problems') return show(c, given, { problems: result.problems, status: 422 });
    c.header('Retry-After', '300');
    return show(c, given, {
      notice:
        'Mail cannot be sent from here just now, so nothing was kept. Please try again in some minutes.',
      status: 503,
    });
  }

  function sent(email: string) {
    const days = signUpLimits.openMs / (24 * 3_600_000);
    return page(frame, 'Now look into your mailbox', [
      html`<p>A mail to <strong class="address">${email}</strong> is on its way. Press the button in it, and the papers come.</p>`,
      html`<ul>
<li>It comes within minutes. If it does not, please look among what is taken for spam.</li>
<li>The link in it works for ${days} days; then the address is forgotten here.</li>
<li>At most ${signUpLimits.mailsADay} such mails go to one address in a day.</li>
<li>An address from which mail came back, or whose owner wants none from here, gets no mail.</li>
</ul>
<p><a href="${action}">The address is not right?</a></p>`,
    ]);
  }

  function tooMany(c: Context, waitMs: number) {
    const minutes = Math.ceil(waitMs / 60_000);
    c.header('Retry-After', String(Math.ceil(waitMs / 1000)));
    return c.html(
      page(
        frame,
        'Too many sign-ups just now',
        html`<p>Your network, or everybody together, signed up very often in the last hour. Nothing was kept. Please try again
in ${minutes === 1 ? 'a minute' : `${minutes} minutes`}.</p>`,
      ),
      429,
    );
  }
  return site;
}

/** The topic that ships with the project and has all papers. */
const everything = 'everything';

/** What is ticked for whoever has not chosen: everything, where there is such a topic. */
function usual(open: readonly string[]): Pick<SubscribeValues, 'topics' | 'usual'> {
  return open.includes(everything)
    ? { topics: [everything], usual: everything }
    : { topics: [], usual: undefined };
}

function broadFirst<T extends { slug: string }>(topics: readonly T[]): T[] {
  return [...topics].sort((a, b) => Number(b.slug === everything) - Number(a.slug === everything));
}
