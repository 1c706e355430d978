import { readableText } from '../tex/readable.ts';
import type { WhyDocument } from './desk.ts';
import { isoWords, shortened, table } from './output.ts';

/** Why somebody did or did not get a digest on a day, as a document. */
export function whyDocument({ delivery, returned, ...why }: WhyDocument) {
  return {
    ...why,
    delivery: delivery && {
      ...{ id: delivery.id, status: delivery.status, attempts: delivery.attempts, detail: delivery.detail },
      papers: delivery.papers,
    },
    returned: returned.map(({ class: kind, reason, recordedAt }) => ({ class: kind, reason, recordedAt })),
  };
}

export function whyLines(why: WhyDocument): string[] {
  const { email, delivery } = why;
  const outcome = why.outcome === 'none' ? 'no digest' : why.outcome;
  return [
    `${email}, ${why.date}: ${outcome}${why.reason ? ` (${why.reason})` : ''}`,
    why.sentence,
    ...(delivery
      ? [
          `Delivery ${delivery.id}, planned ${isoWords(delivery.plannedAt)}${delivery.detail ? `: ${shortened(delivery.detail, 200)}` : ''}`,
          ...table(
            delivery.papers.map((one) => [one.topic, shortened(readableText(one.title), 66)]),
            '  ',
          ),
        ]
      : []),
  ];
}
