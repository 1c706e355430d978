import { type Context, Hono } from 'hono';
import { html } from 'hono/html';
import { type NamedSuppression, nameSuppressions } from '../../bounces/suppress.ts';
import { makeHashAddress } from '../../mail/address-hash.ts';
import { parseAddress } from '../../mail/addresses.ts';
import { liftSuppression, listSuppressions, type Suppression } from '../../store/suppressions.ts';
import type { Html } from '../shell/page.ts';
import type { AdminDependencies, AdminEnv } from './context.ts';
import { readTexts } from './form-values.ts';
import { adminPage, instant, notice, scrolled } from './layout.ts';

const pageSize = 50;

/** Addresses that must not be mailed: looked up one by one, as only their hashes are kept, and let off. */
export function suppressionPages({ store, base, clock, config }: AdminDependencies): Hono<AdminEnv> {
  const { db } = store;
  const hashAddress = makeHashAddress(config.secretKey);
  const site = new Hono<AdminEnv>();
  const self = `${base}/admin/suppressions`;

  async function show(c: Context<AdminEnv>, wrong?: string) {
    const typed = c.req.query('email')?.trim() ?? '';
    const parsed = typed === '' ? null : parseAddress(typed);
    const problems = [wrong, parsed?.ok === false ? parsed.message : undefined].filter(
      (one) => one !== undefined,
    );
    // What cannot be found is not answered with what nobody asked for.
    const found =
      parsed?.ok === false ? [] : await find(parsed?.ok ? parsed.address.key : null, c.req.query('before'));
    const named = await nameSuppressions(db, hashAddress, found.slice(0, pageSize));
    const last = found.length > pageSize ? named.at(-1) : undefined;
    return c.html(
      adminPage(
        c,
        'Who must not be mailed',
        [
          c.req.query('said') === 'lifted' ? notice('That address may be mailed again.') : '',
          ...problems.map((message) => notice(message, 'wrong')),
          html`<form method="get" action="${self}" class="filters"><label class="broad">Address<input type="search" name="email" value="${typed}" placeholder="the whole of it" autocapitalize="none" spellcheck="false"></label><button class="quiet">Look it up</button>${typed === '' ? '' : html` <a href="${self}">All</a>`}</form>
<p class="hint">Addresses themselves are not kept: one is shown while a subscriber has it, and found by typing it.</p>`,
          named.length > 0
            ? table(c, named, parsed?.ok ? parsed.address.email : null)
            : html`<p>${problems.length > 0 ? 'Nothing was looked for.' : parsed?.ok ? html`${parsed.address.email} is not suppressed, and never was.` : 'No address is suppressed.'}</p>`,
          last ? html`<p><a rel="next" href="${self}?before=${last.id}">Older ones</a></p>` : '',
        ],
        { at: 'subscribers' },
      ),
      problems.length > 0 ? 422 : 200,
    );
  }

  /** All that stand, a page and one more, the newest first; of one address also those that were lifted. */
  function find(emailKey: string | null, before: string | undefined): Promise<Suppression[]> {
    const beforeId = /^\d{1,15}$/.test(before ?? '') ? Number(before) : null;
    const which = emailKey === null ? {} : { addressHash: hashAddress(emailKey), lifted: true };
    return listSuppressions(db, { ...which, beforeId, limit: pageSize + 1 });
  }

  /** `typed`: the address that all of them are of. */
  function table(
    c: Context<AdminEnv>,
    suppressions: readonly NamedSuppression[],
    typed: string | null,
  ): Html {
    return scrolled(
      'Who must not be mailed',
      html`<table class="stacked"><thead><tr><th scope="col">Since (UTC)</th><th scope="col">Address</th><th scope="col">Why</th><th scope="col">Lifted (UTC)</th></tr></thead>
<tbody>${suppressions.map(
        (one) => html`<tr><td data-name="Since (UTC)" class="when">${instant(one.createdAt)}</td>
<td data-name="Address">${
          one.email === null
            ? (typed ?? html`<span class="hint">of nobody who subscribes</span>`)
            : html`<a href="${base}/admin/subscribers?${new URLSearchParams({ search: one.email })}">${one.email}</a>`
        }</td>
<td data-name="Why">${one.reason.replaceAll('_', ' ')} <small>by ${one.origin}</small>${one.note === null ? '' : html` ${one.note}`}</td>
<td data-name="Lifted (UTC)">${
          one.liftedAt === null
            ? html`<details><summary>Let it be mailed again</summary>${liftForm(c, `${self}/${one.id}/lift`)}</details>`
            : html`${instant(one.liftedAt)} ${one.liftedNote ?? ''}`
        }</td></tr>`,
      )}</tbody></table>`,
    );
  }

  site.get('/admin/suppressions', (c) => show(c));

  site.post('/admin/suppressions/:id{[0-9]+}/lift', async (c) => {
    const [found] = await listSuppressions(db, { id: Number(c.req.param('id')), lifted: true, limit: 1 });
    if (!found) return c.notFound();
    const note = await readNote(c);
    if (note === null) return show(c, noNote);
    if (found.liftedAt === null) await liftSuppression(db, found.addressHash, note, clock.now());
    return c.redirect(`${self}?said=lifted`, 303);
  });
  return site;
}

/** Asks why an address may be mailed again, and lets it. */
export function liftForm(c: Context<AdminEnv>, action: string): Html {
  return html`<form method="post" action="${action}" class="filters">${c.var.formToken}<label class="broad">Let this address be mailed again, because<input name="note" required maxlength="500"></label><button class="quiet">Let it be mailed</button></form>`;
}

export const noNote = 'Say why the address may be mailed again: it is kept.';

/** Why, as typed into `liftForm`; null: nothing was. */
export async function readNote(c: Context): Promise<string | null> {
  return (await readTexts(c)).one('note').trim().slice(0, 500) || null;
}
