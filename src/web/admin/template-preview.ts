import { type Context, Hono } from 'hono';
import { html } from 'hono/html';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { type PreviewedMail, previewMail } from '../../delivery/preview-mail.ts';
import { sendTestMail, type TestSendDeps } from '../../delivery/test-send.ts';
import { isDate, localDateAt } from '../../digest/schedule.ts';
import { TemplateError } from '../../digest/template-files.ts';
import { makeHashAddress } from '../../mail/address-hash.ts';
import { parseAddress } from '../../mail/addresses.ts';
import { findSubscriber, findSubscriberByKey, type Subscriber } from '../../store/subscribers.ts';
import { mailLinks, unsentLinks } from '../../subscribers/tokens.ts';
import type { Html } from '../shell/page.ts';
import type { AdminDependencies, AdminEnv } from './context.ts';
import { readTexts } from './form-values.ts';
import { adminPage, notice } from './layout.ts';
import { allowFrames, mailView, readView, sendMailFrame } from './mail-view.ts';
import { lookAtTemplates, refusalOf } from './template-state.ts';

/** A page and its frame ask for the same mail one after the other. */
const kept = { mails: 20, ms: 30_000 };
/** Tests by one admin. */
const tests = { points: 10, seconds: 15 * 60 };

/** Any subscriber's mail of any day as it was or would be, and a test of it to an address. */
export function templatePreviewPages(dependencies: AdminDependencies): Hono<AdminEnv> {
  const { store, config, clock, base, composer, candidates, messageId, transport } = dependencies;
  const site = new Hono<AdminEnv>();
  if (!composer || !candidates || !messageId) return site;
  const hashAddress = makeHashAddress(config.secretKey);
  const limiter = new RateLimiterMemory({ points: tests.points, duration: tests.seconds });
  const mails = new Map<string, { at: number; by: TestSendDeps['compose']; mail: Promise<PreviewedMail> }>();

  const mailOf = async (subscriber: Subscriber, date: string): Promise<PreviewedMail> => {
    let by: TestSendDeps['compose'];
    try {
      by = await composer();
    } catch (error) {
      if (error instanceof TemplateError) return { ok: false, sentence: error.message };
      throw error;
    }
    const key = `${subscriber.id} ${subscriber.updatedAt} ${date}`;
    const known = mails.get(key);
    // Templates that were taken up since make another mail.
    if (known?.by === by && Math.abs(clock.now() - known.at) < kept.ms) return await known.mail;
    if (mails.size >= kept.mails) mails.delete(mails.keys().next().value as string);
    const mail = previewMail(
      {
        ...{ db: store.db, now: clock.now(), hashAddress, candidates, messageId, compose: by },
        links: (holder, id) => mailLinks(config, holder, id),
      },
      subscriber,
      date,
    );
    mails.set(key, { at: clock.now(), by, mail });
    mail.catch(() => mails.delete(key));
    return await mail;
  };

  async function show(c: Context<AdminEnv>, asked: Asked, told: Html | '' = '', status: 200 | 422 = 200) {
    const found = await mailAsked(asked);
    const problems = [
      ...(asked.email !== '' && !asked.subscriber ? [`Nobody subscribes with “${asked.email}”.`] : []),
      ...(asked.isOdd ? [`“${asked.date}” is no date such as 2026-06-22.`] : []),
    ];
    const query = new URLSearchParams({ email: asked.email, date: asked.date });
    const self = `${base}/admin/templates/preview`;
    allowFrames(c);
    return c.html(
      adminPage(
        c,
        'Preview',
        [
          told,
          refusalOf(await lookAtTemplates(dependencies), `${base}/admin/templates`),
          html`<form method="get" action="${self}" class="filters"><label class="broad">Subscriber<input name="email" value="${asked.email}" required spellcheck="false" autocomplete="off"></label>
<label>Day<input type="date" name="date" value="${asked.date}" required></label><button class="quiet">Look</button></form>`,
          ...problems.map((message) => notice(message, 'wrong')),
          found === null
            ? ''
            : found.ok
              ? html`<p>${
                  found.deliveryId === null
                    ? 'What would be chosen by what is known now. Papers and votes that come until then change it.'
                    : html`As it was planned: <a href="${base}/admin/deliveries/${found.deliveryId}">delivery ${found.deliveryId}</a>.`
                }</p><section id="mail">${mailView({
                  self: `${self}?${query}`,
                  frame: `${self}/mail?${query}`,
                  mail: found.mail,
                  view: readView(c),
                })}</section>${transport ? testForm(c, self, asked) : ''}`
              : html`<p>There is no mail for that day. <span class="pre">${found.sentence}</span></p>`,
        ],
        { at: 'templates' },
      ),
      problems.length > 0 ? 422 : status,
    );
  }

  /** Null: nothing that can be looked for was asked for. */
  async function mailAsked({ subscriber, date, isOdd }: Asked): Promise<PreviewedMail | null> {
    return subscriber && !isOdd ? await mailOf(subscriber, date) : null;
  }

  site.get('/admin/templates/preview', async (c) =>
    show(c, await readAsked(c.req.query('email'), c.req.query('date'))),
  );

  site.get('/admin/templates/preview/mail', async (c) => {
    const found = await mailAsked(await readAsked(c.req.query('email'), c.req.query('date')));
    return found?.ok ? sendMailFrame(c, found.mail) : await c.notFound();
  });

  site.post('/admin/templates/preview', async (c) => {
    const form = await readTexts(c);
    const asked = await readAsked(form.one('email'), form.one('date'));
    const found = await mailAsked(asked);
    if (!found?.ok || !transport)
      return await show(c, asked, notice('There is no mail to send.', 'wrong'), 422);
    const isTooMuch = await limiter.consume(String(c.var.signedIn.admin.id)).then(
      () => false,
      () => true,
    );
    if (isTooMuch)
      return await show(
        c,
        asked,
        notice('Enough tests for now: ten in a quarter of an hour are the most.', 'wrong'),
        422,
      );
    const sent = await sendTestMail(
      {
        ...{ db: store.db, now: clock.now(), hashAddress, compose: await composer(), transport },
        homeUrl: `${config.web.publicUrl}/`,
        unsentLinks: unsentLinks(config.web.publicUrl),
      },
      found,
      form.one('to'),
    );
    return sent.ok
      ? await show(c, asked, notice(`Sent to ${sent.to} through ${sent.through}.`))
      : await show(c, asked, notice(sent.message, 'wrong'), 422);
  });

  interface Asked {
    email: string;
    date: string;
    /** It is no date. */
    isOdd: boolean;
    subscriber: Subscriber | null;
  }

  async function readAsked(email = '', date = ''): Promise<Asked> {
    const parsed = parseAddress(email.trim());
    const subscriber = /^\d{1,15}$/.test(email)
      ? await findSubscriber(store.db, Number(email))
      : parsed.ok
        ? await findSubscriberByKey(store.db, parsed.address.key)
        : null;
    const today = localDateAt(clock.now(), subscriber?.timezone ?? 'UTC');
    return {
      email: subscriber?.email ?? email.slice(0, 320),
      date: date === '' ? today : date.slice(0, 60),
      isOdd: date !== '' && !isDate(date),
      subscriber,
    };
  }

  function testForm(c: Context<AdminEnv>, self: string, asked: Asked): Html {
    return html`<section><h2>Send it as a test</h2><form method="post" action="${self}" class="filters">${c.var.formToken}
<input type="hidden" name="email" value="${asked.email}"><input type="hidden" name="date" value="${asked.date}">
<label class="broad">To<input type="email" name="to" value="${c.var.signedIn.admin.email}" required></label><button class="quiet">Send a test</button></form>
<p class="hint">Its subject begins with [Test], its links act for nobody, and it counts as nobody’s digest.</p></section>`;
  }
  return site;
}
