import type { CandidateSet } from '../delivery/candidate-set.ts';
import type { EditionLook } from '../delivery/edition.ts';
import type { MissReason, PoolEntry } from '../digest/choose.ts';
import type { Note } from '../digest/digest.ts';
import { trendWords } from '../digest/figures.ts';
import type { Suppression } from '../store/suppressions.ts';
import { readableText } from '../tex/readable.ts';
import { instantWords, oneLine, shortened, table } from './output.ts';

const missWords: Record<MissReason, string> = {
  already_sent: 'sent before',
  near_duplicate: 'nearly the same as one that is in or was sent',
  crowded_out: 'its topic already has its share',
  digest_full: 'the digest is full',
};

/** Why a subscriber gets what they get, as a document. */
export function explainDocument(look: EditionLook, candidates: CandidateSet) {
  const { subscriber, edition, delivery, digest, choice, topics } = look;
  return {
    email: subscriber.email,
    status: subscriber.status,
    suppressed: look.suppression && {
      reason: look.suppression.reason,
      since: new Date(look.suppression.createdAt).toISOString(),
    },
    editionDate: edition.date,
    dueAt: new Date(edition.dueAt).toISOString(),
    planned: delivery !== null,
    delivery: delivery && {
      id: delivery.id,
      status: delivery.status,
      reason: delivery.reason,
      detail: delivery.detail,
    },
    noDigest: digest ? null : whyNone(look, candidates),
    topics: topics.map((topic) => ({
      name: topic.name,
      query: topic.query,
      matches: candidates.matches(topic).length,
    })),
    included: (digest?.papers ?? []).map(({ paper, note }) => ({
      key: paper.key,
      title: paper.title,
      ...note,
    })),
    missed: choice.missed.map(({ entry, reason, like }) => ({
      key: look.candidates.candidates.get(entry.paperId)?.paper.key,
      title: look.candidates.candidates.get(entry.paperId)?.paper.title,
      reason,
      like: like === undefined ? null : (look.candidates.candidates.get(like)?.paper.key ?? null),
      ...ranks(entry),
    })),
    sentBefore: look.sentBefore.map(({ entry, editionDate }) => ({
      key: look.candidates.candidates.get(entry.paperId)?.paper.key,
      title: look.candidates.candidates.get(entry.paperId)?.paper.title,
      editionDate,
    })),
  };
}

export function explainLines(look: EditionLook, candidates: CandidateSet, now: number): string[] {
  const { subscriber, edition, delivery, digest, choice, topics } = look;
  const when = delivery
    ? `planned ${instantWords(delivery.plannedAt)}`
    : edition.dueAt <= now
      ? 'due, not planned yet'
      : 'not due yet';
  const lines = [
    `${subscriber.email}, ${subscriber.status}: ${subscriber.digestTime} ${subscriber.timezone} on ${subscriber.days.join(',')}, up to ${subscriber.maxPapers} papers`,
    `Edition of ${edition.date}, due ${instantWords(edition.dueAt)} (${when})`,
    ...(delivery
      ? [`Delivery ${delivery.id}: ${delivery.status}${delivery.reason ? ` (${delivery.reason})` : ''}`]
      : []),
    ...(look.suppression ? [`Nothing is mailed: ${suppressedWords(look.suppression)}`] : []),
    '',
    `Topics, with what each matches among ${candidates.candidates.size} candidates:`,
    ...table(
      topics.map((topic) => [topic.name, candidates.matches(topic).length, topic.query]),
      '  ',
    ),
    '',
  ];
  if (digest) {
    lines.push(`In the digest (score = trend and relevance blended):`);
    for (const { paper, note } of digest.papers) lines.push(...paperLines(paper.title, note));
  } else lines.push(`No digest: ${whyNone(look, candidates)}`);
  if (choice.missed.length > 0) {
    lines.push('', delivery ? 'Next in line now:' : 'Just missed:');
    for (const { entry, reason, like } of choice.missed) {
      const twin = like === undefined ? '' : `: ${shortened(titleOf(look.candidates, like), 40)}`;
      lines.push(
        `  ${ranks(entry).score.toFixed(2)}  ${shortened(titleOf(look.candidates, entry.paperId), 66)}`,
        `        ${missWords[reason]}${twin}`,
        ...steeredLines(entry),
      );
    }
  }
  if (look.sentBefore.length > 0) {
    lines.push('', 'Sent before, and never again:');
    for (const { entry, editionDate } of look.sentBefore)
      lines.push(
        `  ${editionDate ?? '-'.padEnd(10)}  ${shortened(titleOf(look.candidates, entry.paperId), 66)}`,
      );
  }
  return lines;
}

function paperLines(title: string, note: Note): string[] {
  const trend = trendWords(note.changes, note.rising);
  const found = note.terms.length > 0 ? `, found: ${note.terms.join(', ')}` : '';
  return [
    `  ${note.score.toFixed(2)}  ${shortened(readableText(title), 66)}`,
    `        ${note.topics.join(', ')}${found}${trend ? ` · ${trend}` : ''} · trend ${percent(note.percentile)}, relevance ${percent(note.relevance)}`,
    ...steeredLines(note),
  ];
}

/** Why it stands higher or lower than for others with the same topics. */
function steeredLines({ steered, moreLike }: Pick<Note, 'steered' | 'moreLike'>): string[] {
  if (steered === undefined) return [];
  const why = moreLike
    ? `because they asked for more like “${shortened(readableText(moreLike), 50)}”`
    : 'by what they asked for more and less of';
  return [`        ${steered > 0 ? '+' : '−'}${Math.abs(steered).toFixed(2)} ${why}`];
}

function whyNone(look: EditionLook, candidates: CandidateSet): string {
  const { subscriber, delivery, topics } = look;
  if (delivery?.status === 'skipped' && delivery.reason !== 'nothing_new')
    return `${delivery.reason}${delivery.detail ? `: ${delivery.detail}` : ''}`;
  if (look.suppression) return suppressedWords(look.suppression);
  if (subscriber.status !== 'active') return `the subscriber is ${subscriber.status}`;
  if (topics.length === 0) return 'no_topics: subscribed to no topic';
  const matched = candidates.poolFor(topics).entries.length;
  if (matched === 0) return 'nothing_new: none of the topics matches a recent paper';
  return `nothing_new: all ${matched} matching papers were sent before`;
}

function suppressedWords({ reason, createdAt, note }: Suppression): string {
  return `suppressed: ${reason} since ${instantWords(createdAt)}${note ? ` (${oneLine(note)})` : ''}`;
}

function titleOf(candidates: CandidateSet, paperId: number): string {
  return readableText(candidates.candidates.get(paperId)?.paper.title ?? `paper ${paperId}`);
}

function ranks(entry: PoolEntry) {
  return {
    score: Math.round(entry.score * 1000) / 1000,
    percentile: entry.percentile,
    relevance: entry.relevance,
    rising: entry.rising,
    topics: entry.topics.map((topic) => topic.name),
    terms: entry.terms,
    ...(entry.steered === undefined ? {} : { steered: entry.steered }),
    ...(entry.moreLike === undefined ? {} : { moreLike: entry.moreLike }),
  };
}

function percent(share: number): string {
  return `${Math.round(share * 100)}%`;
}
