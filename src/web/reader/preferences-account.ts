import { html } from 'hono/html';
import { makeHashAddress } from '../../mail/address-hash.ts';
import { maskAddress } from '../../mail/addresses.ts';
import { collectOwnData } from '../../subscribers/own-data.ts';
import { eraseSubscriber, switchOffLinks } from '../../subscribers/status.ts';
import type { WebDependencies } from '../context.ts';
import { page } from '../shell/page.ts';
import { type PreferencesGate, saved } from './preferences-gate.ts';

/** A subscriber's links, their data and how to have it forgotten. */
export function accountPages(gate: PreferencesGate, { store, config, clock }: WebDependencies): void {
  const hashAddress = makeHashAddress(config.secretKey);

  gate.get('/account', (c, subscriber) =>
    c.html(
      gate.page(subscriber, 'account', 'Address and data', [
        saved(
          c.req.query('saved') === 'links'
            ? 'The links in older mails are switched off. This page has a new address now; your next mail has it too.'
            : undefined,
        ),
        html`<h2>Links in old mails</h2>
<p>Every mail holds a link to these pages. If you passed one on, switch them off: the links in all mails sent until now then
stop working, but that they still unsubscribe.</p>
${gate.button(subscriber, '/links', 'Switch old links off')}`,
        html`<h2>Your data</h2>
<p>All that is known about you here, as a JSON file: your settings, topics, likes, and which papers you were sent when.</p>
<p><a href="${gate.path(subscriber, '/data')}" download="paperboy.json">Download your data</a></p>`,
        html`<h2>Be forgotten</h2>
<p><a href="${gate.path(subscriber, '/erase')}">Erase what is known about me</a></p>`,
      ]),
    ),
  );

  gate.post('/links', async (c, subscriber) => {
    const done = await switchOffLinks(store.db, subscriber.id, clock.now());
    return c.redirect(gate.path(done.ok ? done.subscriber : subscriber, '/account?saved=links'), 303);
  });

  gate.get('/data', async (c, subscriber) => {
    c.header('Content-Disposition', 'attachment; filename="paperboy.json"');
    c.header('Content-Type', 'application/json; charset=utf-8');
    return c.body(JSON.stringify(await collectOwnData(store.db, subscriber.id), null, 2));
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
        gate.base,
        'You are forgotten here',
        html`<p>What was known about you is erased, and no more mail comes.</p>`,
      ),
    );
  });
}
