import type { Why } from '../delivery/why.ts';
import { readableText } from '../tex/readable.ts';
import { instantWords, shortened, table } from './output.ts';

/** Why somebody did or did not get a digest on a day, as a document. */
export function whyDocument(email: string, why: Why) {
  const { date, outcome, reason, sentence, dueAt, delivery } = why;
  return {
    ...{ email, date, outcome, reason, sentence },
    dueAt: dueAt === null ? null : new Date(dueAt).toISOString(),
    delivery: delivery && {
      ...{ id: delivery.id, status: delivery.status, attempts: delivery.attempts, detail: delivery.detail },
      papers: delivery.papers.map(({ key, title, topic, released }) => ({ key, title, topic, released })),
    },
    returned:
      why.outcome === 'none'
        ? []
        : why.returned.map(({ class: kind, reason, recordedAt }) => ({
            ...{ class: kind, reason },
            recordedAt: new Date(recordedAt).toISOString(),
          })),
  };
}

export function whyLines(email: string, why: Why): string[] {
  const { delivery } = why;
  const outcome = why.outcome === 'none' ? 'no digest' : why.outcome;
  return [
    `${email}, ${why.date}: ${outcome}${why.reason ? ` (${why.reason})` : ''}`,
    why.sentence,
    ...(delivery
      ? [
          `Delivery ${delivery.id}, planned ${instantWords(delivery.plannedAt)}${delivery.detail ? `: ${shortened(delivery.detail, 200)}` : ''}`,
          ...table(
            delivery.papers.map((one) => [one.topic, shortened(readableText(one.title), 66)]),
            '  ',
          ),
        ]
      : []),
  ];
}
