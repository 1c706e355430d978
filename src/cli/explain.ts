import type { MissReason } from '../digest/choose.ts';
import { trendWords } from '../digest/figures.ts';
import { readableText } from '../tex/readable.ts';
import type { ExplainedDocument } from './desk.ts';
import { instantWords, oneLine, shortened, table } from './output.ts';

const missWords: Record<MissReason, string> = {
  already_sent: 'sent before',
  near_duplicate: 'nearly the same as one that is in or was sent',
  crowded_out: 'its topic already has its share',
  digest_full: 'the digest is full',
};

/** Why a subscriber gets what they get, on a terminal. `now`: epoch ms. */
export function explainLines(told: ExplainedDocument, now: number): string[] {
  const { schedule, delivery, suppressed, topics } = told;
  const { time, timezone, days, maxPapers } = schedule;
  const dueAt = Date.parse(told.dueAt);
  const when = delivery
    ? `planned ${instantWords(Date.parse(delivery.plannedAt))}`
    : dueAt <= now
      ? 'due, not planned yet'
      : 'not due yet';
  const lines = [
    `${told.email}, ${told.status}: ${time} ${timezone} on ${days.join(',')}, up to ${maxPapers} papers`,
    `Edition of ${told.editionDate}, due ${instantWords(dueAt)} (${when})`,
    ...(delivery
      ? [`Delivery ${delivery.id}: ${delivery.status}${delivery.reason ? ` (${delivery.reason})` : ''}`]
      : []),
    ...(suppressed
      ? [
          `Nothing is mailed: suppressed: ${suppressed.reason} since ${instantWords(Date.parse(suppressed.since))}${suppressed.note ? ` (${oneLine(suppressed.note)})` : ''}`,
        ]
      : []),
    '',
    `Topics, with what each matches among ${told.candidates} candidates:`,
    ...table(
      topics.map(({ name, matches, query }) => [name, matches, query]),
      '  ',
    ),
    '',
  ];
  if (told.noDigest === null) {
    lines.push('In the digest (score = trend and relevance blended):');
    for (const one of told.included) lines.push(...paperLines(one));
  } else lines.push(`No digest: ${oneLine(told.noDigest)}`);
  if (told.missed.length > 0) {
    lines.push('', delivery ? 'Next in line now:' : 'Just missed:');
    for (const one of told.missed) {
      const twin = one.likeTitle === null ? '' : `: ${shortened(readableText(one.likeTitle), 40)}`;
      lines.push(
        `  ${one.score.toFixed(2)}  ${shortened(readableText(one.title), 66)}`,
        `        ${missWords[one.reason]}${twin}`,
        ...steeredLines(one),
      );
    }
  }
  if (told.sentBefore.length > 0) {
    lines.push('', 'Sent before, and never again:');
    for (const { title, editionDate } of told.sentBefore)
      lines.push(`  ${editionDate ?? '-'.padEnd(10)}  ${shortened(readableText(title), 66)}`);
  }
  return lines;
}

function paperLines(one: ExplainedDocument['included'][number]): string[] {
  const trend = trendWords(one.changes, one.rising);
  const found = one.terms.length > 0 ? `, found: ${one.terms.join(', ')}` : '';
  return [
    `  ${one.score.toFixed(2)}  ${shortened(readableText(one.title), 66)}`,
    `        ${one.topics.join(', ')}${found}${trend ? ` · ${trend}` : ''} · trend ${percent(one.percentile)}, relevance ${percent(one.relevance)}`,
    ...steeredLines(one),
  ];
}

/** Why it stands higher or lower than for others with the same topics. */
function steeredLines({
  steered,
  moreLike,
}: Pick<ExplainedDocument['missed'][number], 'steered' | 'moreLike'>): string[] {
  if (steered === undefined) return [];
  const why = moreLike
    ? `because they asked for more like “${shortened(readableText(moreLike), 50)}”`
    : 'by what they asked for more and less of';
  return [`        ${steered > 0 ? '+' : '−'}${Math.abs(steered).toFixed(2)} ${why}`];
}

function percent(share: number): string {
  return `${Math.round(share * 100)}%`;
}
