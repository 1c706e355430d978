import type { Context } from 'hono';
import { html } from 'hono/html';
import { type TokenScope, tokenScopes } from '../../admins/tokens.ts';
import { findLatestTokenId, listApiTokens } from '../../store/api-tokens.ts';
import type { Html } from '../shell/page.ts';
import type { AdminDependencies, AdminEnv } from './context.ts';
import { instant, scrolled } from './layout.ts';

const meaning: Record<TokenScope, string> = {
  read: 'look at everything',
  topics: 'change topics',
  subscribers: 'change subscribers',
  send: 'plan, send, retry and resolve',
};

/** The tokens of programs. `secret`: of the one made just now, shown this once. */
export async function tokenSection(
  c: Context<AdminEnv>,
  { store, clock, base }: AdminDependencies,
  secret: string | undefined,
): Promise<Html> {
  const tokens = await listApiTokens(store.db);
  const latest = await findLatestTokenId(store.db);
  const self = `${base}/admin/account/tokens`;
  const until = (token: (typeof tokens)[number]) =>
    token.revokedAt !== null
      ? html`revoked ${instant(token.revokedAt)}`
      : token.expiresAt === null
        ? 'for ever'
        : html`${token.expiresAt <= clock.now() ? 'expired ' : ''}${instant(token.expiresAt)}`;
  return html`<section id="tokens"><h2>Tokens for programs</h2>
<p class="hint">For the <a href="${base}/api">API</a>, at <code>/api/v1</code>.</p>
${
  secret === undefined
    ? ''
    : html`<div class="notice good" role="status"><p>Copy the token now; it is not shown again.</p><pre><code>${secret}</code></pre></div>`
}
${
  tokens.length === 0
    ? html`<p class="hint">A program sends its token with each request, as <code>Authorization: Bearer pb_…</code></p>`
    : html`${scrolled(
        'Tokens',
        html`<table class="stacked"><thead><tr><th scope="col">Name</th><th scope="col">Token</th><th scope="col">May</th><th scope="col">Last used (UTC)</th><th scope="col">Good until (UTC)</th><th scope="col"><span class="unseen">Act</span></th></tr></thead>
<tbody>${tokens.map(
          (one) =>
            html`<tr><td>${one.name}</td><td data-name="Token"><code>${one.hint}…</code></td><td data-name="May">${one.scopes.join(', ')}</td><td data-name="Last used (UTC)">${instant(
              one.lastUsedAt,
            )}</td><td data-name="Good until (UTC)">${until(one)}</td><td>${
              one.revokedAt === null
                ? html`<form method="post" action="${self}/${one.id}/revoke">${c.var.formToken}<button class="quiet small">Revoke</button></form>`
                : ''
            }</td></tr>`,
        )}</tbody></table>`,
      )}`
}
<details><summary>Make a token</summary>
<form method="post" action="${self}#tokens" class="narrow">${c.var.formToken}<input type="hidden" name="latest" value="${latest}">
<label for="token-name">What it is for</label>
<input id="token-name" name="name" maxlength="100" required>
<fieldset><legend>What it may do</legend>
${tokenScopes.map(
  (scope) =>
    html`<label class="choice"><input type="checkbox" name="scope" value="${scope}"${
      scope === 'read' ? html` checked` : ''
    }><span><strong>${scope}</strong>: ${meaning[scope]}</span></label>`,
)}</fieldset>
<label for="days">For how long</label>
<select id="days" name="days"><option value="30">30 days</option><option value="90">90 days</option><option value="365" selected>a year</option><option value="0">for ever</option></select>
<button>Make it</button>
</form></details></section>`;
}
