import { html } from 'hono/html';
import { listPastDigests, mailedStatuses, type PastDigest } from '../../store/deliveries.ts';
import type { Subscriber } from '../../store/subscribers.ts';
import { mailLinks } from '../../subscribers/tokens.ts';
import type { WebDependencies } from '../context.ts';
import type { Html } from '../shell/page.ts';
import { holderOf } from './links.ts';
import { readPage } from './pages.ts';
import type { PreferencesGate } from './preferences-gate.ts';

const pageLength = 30;

/** A subscriber's digests: what became of each in plain words, and the mail itself to look at. */
export function digestListPages(gate: PreferencesGate, { store, config }: WebDependencies): void {
  const item = (subscriber: Subscriber, digest: PastDigest): Html => {
    const date = new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeZone: 'UTC' });
    const day = html`<time datetime="${digest.editionDate}">${date.format(Date.parse(`${digest.editionDate}T00:00:00Z`))}</time>`;
    const { view } = mailLinks(config, holderOf(subscriber), digest.id);
    const href = `${gate.base}${new URL(view ?? '').pathname.slice(gate.base.length)}`;
    return html`<li>${
      mailedStatuses.includes(digest.status) ? html`<a href="${href}">${day}</a>` : day
    } <span class="hint">${outcomeOf(digest)}</span></li>`;
  };

  gate.get('/digests', async (c, subscriber) => {
    const beforeId = readPage(c);
    const found = await listPastDigests(store.db, subscriber.id, { beforeId, limit: pageLength + 1 });
    const shown = found.slice(0, pageLength);
    const last = found.length > pageLength ? shown.at(-1) : undefined;
    return c.html(
      gate.page(subscriber, 'digests', 'Past digests', [
        shown.length === 0
          ? html`<p>There is none yet.</p>`
          : html`<ul class="digests">${shown.map((one) => item(subscriber, one))}</ul>`,
        last
          ? html`<p><a href="${gate.path(subscriber, `/digests?before=${last.id}`)}">Earlier ones</a></p>`
          : html``,
      ]),
    );
  });
}

function outcomeOf({ status, reason, papers }: PastDigest): string {
  const count = papers === 0 ? 'without papers' : papers === 1 ? 'one paper' : `${papers} papers`;
  if (status === 'sent') return count;
  if (status === 'uncertain') return `${count}; whether it arrived is not known`;
  if (status === 'failed') return 'could not be delivered; its papers come again';
  if (status === 'skipped') return skipped[reason ?? ''] ?? 'was not sent';
  return 'is on its way';
}

/** Why none was sent, by the reasons of the planner and of the sender's last look. */
const skipped: Record<string, string> = {
  nothing_new: 'there was nothing new',
  source_late: 'there was nothing new yet',
  no_topics: 'no topic was chosen',
  folded: 'folded into the next one',
  paused: 'you had paused',
  unsubscribed: 'you had unsubscribed',
  suppressed: 'no mail was let through to your address',
  address_changed: 'your address had just changed',
  withdrawn: 'its papers were withdrawn',
};
