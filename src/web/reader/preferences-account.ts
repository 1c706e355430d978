import type { Context } from 'hono';
import { html } from 'hono/html';
import { makeHashAddress } from '../../mail/address-hash.ts';
import { maskAddress } from '../../mail/addresses.ts';
import type { Subscriber } from '../../store/subscribers.ts';
import { askToMove } from '../../subscribers/move.ts';
import { collectOwnData } from '../../subscribers/own-data.ts';
import { eraseSubscriber, switchOffLinks } from '../../subscribers/status.ts';
import type { WebDependencies } from '../context.ts';
import { page } from '../shell/page.ts';
import { mailSoon } from './mail-soon.ts';
import { type PreferencesGate, saved } from './preferences-gate.ts';

/** A subscriber's links, their data and how to have it forgotten. */
export function accountPages(
  gate: PreferencesGate,
  { store, config, clock, signUps, log }: WebDependencies,
): void {
  const hashAddress = makeHashAddress(config.secretKey);

  const show = (c: Context, subscriber: Subscriber, problem?: string) =>
    c.html(
      gate.page(subscriber, 'account', 'Address and data', [
        saved(
          c.req.query('saved') === 'links'
            ? 'The links in older mails are switched off. This page has a new address now; your next mail has it too.'
            : c.req.query('saved') === 'address'
              ? 'If the address can be used, a mail with a link is on its way there. Nothing changes until you follow it.'
              : undefined,
        ),
        signUps
          ? html`<h2>Another address</h2>
<form class="move" method="post" action="${gate.path(subscriber, '/address')}">${gate.token(subscriber)}
<label for="email">Your new address</label>
<div class="actions"><input id="email" name="email" type="email" required maxlength="254" autocomplete="email"${
              problem ? html` aria-invalid="true" aria-describedby="email-problem"` : ''
            }><button class="quiet">Send a link there</button></div>
${problem ? html`<span class="wrong" id="email-problem">${problem}</span>` : ''}
<p class="hint">It is yours once you have pressed the button that the mail there leads to; until then nothing changes.</p></form>`
          : html``,
        html`<h2>Links in old mails</h2>
<p>Every mail holds a link to these pages. If you passed one on, switch them off: the links in all mails sent until now then
stop working, but that they still unsubscribe.</p>
${gate.button(subscriber, '/links', 'Switch old links off')}`,
        html`<h2>Your data</h2>
<p>A JSON file with everything that is kept about you, and what each part of it is: your settings and what they were, topics,
likes, which papers you were sent when, what came back, what you agreed to, and who changed what.</p>
<p><a href="${gate.path(subscriber, '/data')}" download="paperboy.json">Download your data</a></p>`,
        html`<h2>Be forgotten</h2>
<p><a href="${gate.path(subscriber, '/erase')}">Erase what is known about me</a></p>`,
      ]),
      problem ? 422 : 200,
    );

  gate.get('/account', (c, subscriber) => show(c, subscriber));

  gate.post('/address', async (c, subscriber) => {
    const { email } = await c.req.parseBody();
    if (!signUps || typeof email !== 'string') return c.redirect(gate.path(subscriber, '/account'), 303);
    const deps = { db: store.db, now: clock.now(), hashAddress };
    const asked = await askToMove(deps, subscriber, email);
    if (!asked.ok)
      return show(c, subscriber, asked.reason === 'same' ? 'This is your address already.' : asked.message);
    // Neither the answer nor how long it takes tells whether there is anything to mail.
    mailSoon(signUps, log);
    return c.redirect(gate.path(subscriber, '/account?saved=address'), 303);
  });

  gate.post('/links', async (c, subscriber) => {
    const done = await switchOffLinks(store.db, subscriber.id, clock.now());
    return c.redirect(gate.path(done.ok ? done.subscriber : subscriber, '/account?saved=links'), 303);
  });

  gate.get('/data', async (c, subscriber) => {
    c.header('Content-Disposition', 'attachment; filename="paperboy.json"');
    c.header('Content-Type', 'application/json; charset=utf-8');
    return c.body(
      JSON.stringify(await collectOwnData(store.db, subscriber.id, hashAddress, clock.now()), null, 2),
    );
  });

  gate.get('/erase', (c, subscriber) =>
    c.html(
      gate.page(subscriber, 'account', 'Erase what is known about you?', [
        html`<p>This cannot be undone. At once:</p>
<ul>
<li>no more mail goes to ${maskAddress(subscriber.email)}, and neither do digests that are ready;</li>
<li>your address, your time zone and language, your likes and the words of your own topics are deleted;</li>
<li>a keyed hash of the address is kept, from which nobody can read it: so that no old list brings it back;</li>
<li>that some digests were sent stays counted, without saying to whom.</li>
</ul>
<p>If you only want no more mail, <a href="${gate.path(subscriber)}">pause or unsubscribe</a> instead.</p>`,
        html`<form method="post" action="${gate.path(subscriber, '/erase')}">${gate.token(subscriber)}<button>Erase it all</button></form>`,
      ]),
    ),
  );

  gate.post('/erase', async (c, subscriber) => {
    await eraseSubscriber(store.db, subscriber.id, clock.now(), hashAddress);
    return c.html(
      page(
        gate.frame,
        'You are forgotten here',
        html`<p>What was known about you is erased, and no more mail comes.</p>`,
      ),
    );
  });
}
