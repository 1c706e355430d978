import { html } from 'hono/html';
import { listAudit } from '../../store/audit-list.ts';
import { type BounceEntry, listBounces } from '../../store/bounces.ts';
import { type DeliveryEntry, listDeliveries } from '../../store/deliveries.ts';
import { listFeedback } from '../../store/feedback.ts';
import { listConsents } from '../../store/sign-ups.ts';
import type { Db } from '../../store/store.ts';
import { listSubscriberEvents } from '../../store/subscriber-events.ts';
import type { Subscriber } from '../../store/subscribers.ts';
import { listSubscriptions } from '../../store/subscriptions.ts';
import { readableText } from '../../tex/readable.ts';
import type { Html } from '../shell/page.ts';
import { changeList } from './audit.ts';
import { instant } from './layout.ts';

/** How many of each are told; the rest is a page away, or of no use to anybody. */
const told = { deliveries: 20, other: 30 };

/** What happened with somebody, as the rows tell: each part with its heading; what there is nothing of is left out. */
export async function tellStory(
  db: Db,
  one: Subscriber,
  { base, beforeDelivery }: { base: string; beforeDelivery?: number },
): Promise<(Html | '')[]> {
  const { id } = one;
  const deliveries = await listDeliveries(db, {
    subscriberId: id,
    limit: told.deliveries + 1,
    ...(beforeDelivery === undefined ? {} : { beforeId: beforeDelivery }),
  });
  const subscriptions = await listSubscriptions(db, id, told.other);
  const bounces = await listBounces(db, { emailKey: one.emailKey, limit: told.other });
  const feedback = await listFeedback(db, id, { limit: told.other });
  const consents = await listConsents(db, id, told.other);
  const events = await listSubscriberEvents(db, id, told.other);
  const { entries } = await listAudit(db, { subject: 'subscriber', subjectId: id, limit: told.other });
  return [
    deliveryList(deliveries, `${base}/admin/subscribers/${id}`),
    bounces.length === 0 ? '' : bounceList(bounces),
    part(
      'Topics, as they came and went',
      ['Topic', 'From', 'Until', 'Why it ended'],
      subscriptions.map(({ topic, createdAt, endedAt, endedReason }) => [
        topic.visibility === 'private'
          ? html`${topic.name} <small>their own</small>`
          : html`<a href="${base}/admin/topics/${topic.slug}">${topic.name}</a>`,
        instant(createdAt),
        endedAt === null ? html`<strong>still</strong>` : instant(endedAt),
        endedReason?.replaceAll('_', ' ') ?? '',
      ]),
    ),
    part(
      'What they were',
      ['Since', 'Status', 'Digest at'],
      events.map((event) => [
        instant(event.at),
        event.status,
        `${event.digestTime} ${event.timezone} on ${event.days.join(', ')}`,
      ]),
    ),
    part(
      'Consent',
      ['Asked for it', 'Confirmed by the link in the mail'],
      consents.map(({ askedAt, givenAt }) => [instant(askedAt), instant(givenAt)]),
    ),
    part(
      'More or less like this',
      ['When', 'Said', 'Of'],
      feedback.map(({ createdAt, verdict, title }) => [instant(createdAt), verdict, readableText(title)]),
    ),
    entries.length === 0
      ? ''
      : html`${part(
          'Changes',
          ['When', 'By', 'Act', 'What'],
          entries.map((entry) => [
            instant(entry.at),
            entry.actorName ?? entry.actor.kind,
            entry.act.replaceAll('_', ' '),
            changeList(entry),
          ]),
        )}<p><a href="${base}/admin/audit?about=subscriber&amp;id=${id}">All changes</a></p>`,
  ];
}

function part(heading: string, columns: readonly string[], rows: readonly (Html | string)[][]): Html | '' {
  if (rows.length === 0) return '';
  return html`<section><h2>${heading}</h2><div class="scroll" tabindex="0" role="region" aria-label="${heading}"><table><thead><tr>${columns.map(
    (name) => html`<th scope="col">${name}</th>`,
  )}</tr></thead><tbody>${rows.map((row) => html`<tr>${row.map((cell) => html`<td>${cell}</td>`)}</tr>`)}</tbody></table></div></section>`;
}

function deliveryList(found: readonly DeliveryEntry[], path: string): Html {
  const deliveries = found.slice(0, told.deliveries);
  const last = deliveries.at(-1);
  return html`<section id="digests"><h2>Digests</h2>${
    deliveries.length === 0
      ? html`<p class="hint">None yet.</p>`
      : html`<div class="scroll"><table><thead><tr><th scope="col">Of</th><th scope="col">Became</th><th scope="col">When</th><th scope="col">Papers</th></tr></thead>
<tbody>${deliveries.map(
          (one) =>
            html`<tr><th scope="row"><a href="${path}?date=${one.editionDate}">${one.editionDate}</a></th><td>${one.status}${
              one.reason ? html` <small>${one.reason.replaceAll('_', ' ')}</small>` : ''
            }</td><td>${instant(one.endedAt ?? one.nextAttemptAt)}</td><td>${papers(one)}</td></tr>`,
        )}</tbody></table></div>`
  }${found.length > told.deliveries && last ? html`<p><a rel="next" href="${path}?before=${last.id}#digests">Older digests</a></p>` : ''}</section>`;
}

function papers({ papers }: DeliveryEntry): Html | string {
  if (papers.length === 0) return '';
  return html`<details><summary>${papers.length} ${papers.length === 1 ? 'paper' : 'papers'}</summary><ul class="plain">${papers.map(
    (paper) =>
      html`<li>${readableText(paper.title)} <small>${paper.topic ?? ''}${paper.released ? ' (released)' : ''}</small></li>`,
  )}</ul></details>`;
}

function bounceList(bounces: readonly BounceEntry[]): Html | '' {
  return part(
    'What came back',
    ['When', 'What', 'Why', 'It said'],
    bounces.map((one) => [
      instant(one.recordedAt),
      html`${one.class}${one.suppressed ? html` <small>suppressed for it</small>` : ''}`,
      one.reason.replaceAll('_', ' '),
      one.diagnostic.slice(0, 300),
    ]),
  );
}
