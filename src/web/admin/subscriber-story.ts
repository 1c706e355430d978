import { html } from 'hono/html';
import type { BounceEntry } from '../../store/bounces.ts';
import type { DeliveryEntry } from '../../store/deliveries.ts';
import type { Db } from '../../store/store.ts';
import type { Subscriber } from '../../store/subscribers.ts';
import { loadStory } from '../../subscribers/story.ts';
import { readableText } from '../../tex/readable.ts';
import type { Html } from '../shell/page.ts';
import { changeList } from './audit.ts';
import { instant } from './layout.ts';

/** What happened with somebody, as the rows tell: each part with its heading; what there is nothing of is left out. */
export async function tellStory(
  db: Db,
  one: Subscriber,
  { base, beforeDelivery }: { base: string; beforeDelivery?: number },
): Promise<(Html | '')[]> {
  const { id } = one;
  const story = await loadStory(db, one, { beforeDelivery });
  const { deliveries, bounces, subscriptions, events, consents, feedback, changes } = story;
  return [
    deliveryList(deliveries, story.nextBefore, `${base}/admin/subscribers/${id}`),
    bounces.length === 0 ? '' : bounceList(bounces),
    part(
      'Topics, as they came and went',
      ['Topic', 'From (UTC)', 'Until (UTC)', 'Why it ended'],
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
      ['Since (UTC)', 'Status', 'Digest at'],
      events.map((event) => [
        instant(event.at),
        event.status,
        `${event.digestTime} ${event.timezone} on ${event.days.join(', ')}`,
      ]),
    ),
    part(
      'Consent',
      ['Asked for it (UTC)', 'Confirmed by the link in the mail (UTC)'],
      consents.map(({ askedAt, givenAt }) => [instant(askedAt), instant(givenAt)]),
    ),
    part(
      'More or less like this',
      ['When (UTC)', 'Said', 'Of'],
      feedback.map(({ createdAt, verdict, title }) => [instant(createdAt), verdict, readableText(title)]),
    ),
    changes.length === 0
      ? ''
      : html`${part(
          'Changes',
          ['When (UTC)', 'By', 'Act', 'What'],
          changes.map((entry) => [
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

function deliveryList(deliveries: readonly DeliveryEntry[], nextBefore: number | null, path: string): Html {
  return html`<section id="digests"><h2>Digests</h2>${
    deliveries.length === 0
      ? html`<p class="hint">None yet.</p>`
      : html`<div class="scroll"><table><thead><tr><th scope="col">Of</th><th scope="col">Became</th><th scope="col">When (UTC)</th><th scope="col">Papers</th></tr></thead>
<tbody>${deliveries.map(
          (one) =>
            html`<tr><th scope="row"><a href="${path}?date=${one.editionDate}">${one.editionDate}</a></th><td>${one.status}${
              one.reason ? html` <small>${one.reason.replaceAll('_', ' ')}</small>` : ''
            }</td><td>${instant(one.endedAt ?? one.nextAttemptAt)}</td><td>${papers(one)}</td></tr>`,
        )}</tbody></table></div>`
  }${nextBefore === null ? '' : html`<p><a rel="next" href="${path}?before=${nextBefore}#digests">Older digests</a></p>`}</section>`;
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
    ['When (UTC)', 'What', 'Why', 'It said'],
    bounces.map((one) => [
      instant(one.recordedAt),
      html`${one.class}${one.suppressed ? html` <small>suppressed for it</small>` : ''}`,
      one.reason.replaceAll('_', ' '),
      one.diagnostic.slice(0, 300),
    ]),
  );
}
