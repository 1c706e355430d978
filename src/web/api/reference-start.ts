import { html } from 'hono/html';
import type { Html } from '../shell/page.ts';
import { tagSlug, tags } from './openapi.ts';
import { problemKinds } from './problem.ts';
import type { ReferenceOperation } from './reference-operation.ts';
import { marked } from './reference-schema.ts';

const scopes: [name: string, meaning: string][] = [
  ['read', 'look at everything'],
  ['topics', 'change topics'],
  ['subscribers', 'change subscribers, and who must not be mailed'],
  ['send', 'retry, resolve and release deliveries, and send tests'],
];

/** What one needs to know before the first request, what holds everywhere, and all there is. */
export function startPage({
  operations,
  reference,
  server,
  isSecure,
}: {
  operations: readonly ReferenceOperation[];
  reference: string;
  server: string;
  isSecure: boolean;
}): Html {
  return html`<p class="lead">All that the admin’s pages do, but for one’s own account, for programs: JSON over HTTP at <code>${server}</code>. <a href="${reference}/v1/openapi.json">OpenAPI 3.1</a> describes it for machines.</p>
<h2 id="begin">To begin with</h2>
<p>An admin makes a token on their account’s page, or where Paperboy is installed. It is shown once.</p>
<pre tabindex="0" aria-label="Make a token and ask"><code>npx paperboy tokens add dashboard --scope read --days 365
export PAPERBOY_TOKEN=pb_…
curl -H "Authorization: Bearer $PAPERBOY_TOKEN" ${server}/overview</code></pre>
<p>A token may do what its scopes say and nothing else; what it changes is in the audit log under its name.</p>
<dl class="pairs">${scopes.map(([name, meaning]) => html`<div><dt><code>${name}</code></dt><dd>${meaning}</dd></div>`)}</dl>
${isSecure ? '' : html`<p class="notice">This server is not reached by https: a token that goes over a network like that can be read on the way.</p>`}
<h2 id="everywhere">What holds everywhere</h2>
<dl class="rules">
<dt id="lists">Lists</dt><dd>come a page at a time. <code>next</code> is the cursor of the following page, to be sent as <code>cursor</code>; null says that there is none. <code>limit</code> says how many at most. What comes in between is neither told twice nor left out.</dd>
<dt id="edits">Edits</dt><dd>say which state they are of. Whatever can be edited comes with an <code>ETag</code>; send it back as <code>If-Match</code>. Without one the answer is <a href="#problem-precondition-required">428</a>, and when somebody else was quicker <a href="#problem-stale">412</a>. <code>If-Match: *</code> means whatever there is.</dd>
<dt id="keys">Once, and not twice</dt><dd>A POST may carry an <code>Idempotency-Key</code> of your own, such as a UUID. Lost the answer? Send the same again: it was done once, and you get that answer, for a day (that of an uploaded list for two hours, as the list is kept). <a href="#problem-key-reused">422</a> says that the key stands for another request, <a href="#problem-under-way">409</a> that the first is still under way.</dd>
<dt id="bodies">Bodies</dt><dd>are JSON, and a field that is not known is refused by name: what you mistype is never quietly left out.</dd>
<dt id="times">Times</dt><dd>are ISO 8601 in UTC, dates are local where the subscriber lives, ids are numbers, and what is not known is null.</dd>
<dt id="rates">Rates</dt><dd>Six hundred requests a minute are the most for a token. <a href="#problem-too-many-requests">429</a> says in <code>Retry-After</code> when to go on.</dd>
<dt id="long">What takes long</dt><dd>is begun with 202. Its <code>Location</code> says how far it is, until <code>state</code> is no longer <code>running</code>.</dd>
</dl>
<h2 id="all">All there is</h2>
${tags.map(
  ({ name }) =>
    html`<h3><a href="${reference}/${tagSlug(name)}">${name}</a></h3><ul class="routes">${operations
      .filter((one) => one.tags.includes(name))
      .map(
        (one) =>
          html`<li><a href="${reference}/${tagSlug(name)}#${one.operationId}"><span class="method ${one.method}">${one.method.toUpperCase()}</span> <code>${one.path}</code></a> ${one.summary}</li>`,
      )}</ul>`,
)}
<h2 id="problems">Problems</h2>
<p>What goes wrong is told as <code>application/problem+json</code> (<a href="https://www.rfc-editor.org/rfc/rfc9457">RFC 9457</a>). <code>type</code> names the kind, <code>detail</code> says what is wrong with this request, and <code>errors</code> where.</p>
<pre tabindex="0" aria-label="A problem"><code>${JSON.stringify(
    {
      type: `${server.replace(/\/v1$/, '')}#problem-invalid`,
      title: 'The body is not as expected',
      status: 422,
      detail: '#/nmae: This is not known here.',
      errors: [{ pointer: '#/nmae', detail: 'This is not known here.' }],
    },
    null,
    2,
  )}</code></pre>
<div class="scroll" tabindex="0" role="region" aria-label="Problems"><table class="fields"><tbody>${problemKinds.map(
    ({ kind, status, title, remedy }) =>
      html`<tr id="problem-${kind}"><th scope="row"><strong class="status">${status}</strong> <code>${kind}</code></th><td>${title}.<br><span class="hint">${marked(remedy)}</span></td></tr>`,
  )}</tbody></table></div>`;
}
