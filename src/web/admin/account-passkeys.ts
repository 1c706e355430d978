import { type Context, Hono } from 'hono';
import { html } from 'hono/html';
import {
  finishRegistration,
  relyingPartyOf,
  removePasskey,
  startRegistration,
} from '../../admins/passkeys.ts';
import { listPasskeys } from '../../store/passkeys.ts';
import type { Html } from '../shell/page.ts';
import type { AdminDependencies, AdminEnv } from './context.ts';
import { instant, scrolled } from './layout.ts';

export async function passkeySection(
  c: Context<AdminEnv>,
  { store, config, base }: AdminDependencies,
): Promise<Html> {
  const passkeys = await listPasskeys(store.db, c.var.signedIn.admin.id);
  const self = `${base}/admin/account/passkeys`;
  return html`<section><h2>Passkeys</h2>
${
  passkeys.length === 0
    ? html`<p class="hint">A passkey signs you in by finger, face or PIN. It cannot be guessed, nor given away on a page that only
looks like this one.</p>`
    : html`${scrolled(
        'Passkeys',
        html`<table class="stacked"><thead><tr><th scope="col">Name</th><th scope="col">Made (UTC)</th><th scope="col">Last used (UTC)</th><th scope="col"><span class="unseen">Act</span></th></tr></thead>
<tbody>${passkeys.map(
          (
            one,
          ) => html`<tr><td>${one.name}</td><td data-name="Made (UTC)">${instant(one.createdAt)}</td><td data-name="Last used (UTC)">${instant(one.lastUsedAt)}</td>
<td><form method="post" action="${self}/${one.id}/remove">${c.var.formToken}<button class="quiet small">Remove</button></form></td></tr>`,
        )}</tbody></table>`,
      )}`
}
${
  relyingPartyOf(config.web.publicUrl) === null
    ? html`<p class="hint">Browsers make passkeys for a name over https only, and PUBLIC_URL is ${config.web.publicUrl}.</p>`
    : html`<div class="narrow" data-passkey="register" data-options="${self}/options" data-answer="${self}" data-next="${self.replace(
        /\/passkeys$/,
        '',
      )}?done=passkey" data-token="${c.var.formTokenText}" hidden>
<label for="passkey-name">Its name <small>such as laptop or phone</small></label>
<input id="passkey-name" maxlength="60">
<button type="button" class="quiet">Make a passkey</button><p class="wrong" role="alert"></p></div>
<noscript><p class="hint">Making a passkey takes JavaScript.</p></noscript>`
}</section>`;
}

export function passkeyRoutes({ store, config, clock, base }: AdminDependencies): Hono<AdminEnv> {
  const site = new Hono<AdminEnv>();
  const party = relyingPartyOf(config.web.publicUrl);

  site.post('/admin/account/passkeys/:id{[0-9]+}/remove', async (c) => {
    await removePasskey(store.db, c.var.signedIn.admin.id, Number(c.req.param('id')), clock.now());
    return c.redirect(`${base}/admin/account?done=passkey_removed`, 303);
  });

  if (party === null) return site;

  site.post('/admin/account/passkeys/options', async (c) =>
    c.json(await startRegistration(store.db, party, c.var.signedIn.admin, clock.now())),
  );

  site.post('/admin/account/passkeys', async (c) => {
    const given = (await c.req.json().catch(() => null)) as { response?: unknown; name?: unknown } | null;
    const made = await finishRegistration(
      store.db,
      party,
      c.var.signedIn.admin,
      { response: given?.response, name: typeof given?.name === 'string' ? given.name : '' },
      clock.now(),
    );
    return made.ok ? c.json({ ok: true }) : c.json({ problem: made.message }, 422);
  });

  return site;
}
