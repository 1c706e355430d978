import { iso } from '../clock.ts';
import type { MissReason, PoolEntry } from '../digest/choose.ts';
import type { Note } from '../digest/digest.ts';
import type { Suppression } from '../store/suppressions.ts';
import type { CandidateSet } from './candidate-set.ts';
import type { EditionLook } from './edition.ts';

/** What ranks a paper for somebody. */
export interface ExplainedRanks {
  score: number;
  percentile: number;
  relevance: number;
  rising: boolean;
  topics: string[];
  terms: string[];
  steered?: number;
  moreLike?: string;
}

interface Named {
  key: string;
  title: string;
}

/** Which papers are in a subscriber's digest and which just missed, and why; or why there is none. Instants are ISO. */
export interface Explained {
  email: string;
  status: string;
  schedule: { time: string; timezone: string; days: string[]; maxPapers: number };
  suppressed: { reason: string; note: string | null; since: string } | null;
  editionDate: string;
  dueAt: string;
  planned: boolean;
  delivery: {
    id: number;
    status: string;
    reason: string | null;
    detail: string | null;
    plannedAt: string;
  } | null;
  /** Null: there is a digest. */
  noDigest: string | null;
  /** How many papers there are to choose from. */
  candidates: number;
  topics: { name: string; query: string; matches: number }[];
  included: (Named & Note)[];
  missed: (Named & ExplainedRanks & { reason: MissReason; like: string | null; likeTitle: string | null })[];
  sentBefore: (Named & { editionDate: string | null })[];
}

/** `candidates`: among what each topic is counted. */
export function explainEdition(look: EditionLook, candidates: CandidateSet): Explained {
  const { subscriber, edition, delivery, digest, choice, topics } = look;
  const { email, status, digestTime: time, timezone, days, maxPapers } = subscriber;
  const nameOf = (paperId: number): Named => {
    const paper = look.candidates.candidates.get(paperId)?.paper;
    return { key: paper?.key ?? '', title: paper?.title ?? `paper ${paperId}` };
  };
  return {
    ...{ email, status, schedule: { time, timezone, days, maxPapers } },
    suppressed: look.suppression && {
      reason: look.suppression.reason,
      note: look.suppression.note,
      since: iso(look.suppression.createdAt),
    },
    editionDate: edition.date,
    dueAt: iso(edition.dueAt),
    planned: delivery !== null,
    delivery: delivery && {
      id: delivery.id,
      status: delivery.status,
      reason: delivery.reason,
      detail: delivery.detail,
      plannedAt: iso(delivery.plannedAt),
    },
    noDigest: digest ? null : whyNone(look, candidates),
    candidates: candidates.candidates.size,
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
    missed: choice.missed.map(({ entry, reason, like }) => {
      const twin = like === undefined ? null : nameOf(like);
      return {
        ...nameOf(entry.paperId),
        ...{ reason, like: twin?.key ?? null, likeTitle: twin?.title ?? null },
        ...ranks(entry),
      };
    }),
    sentBefore: look.sentBefore.map(({ entry, editionDate }) => ({ ...nameOf(entry.paperId), editionDate })),
  };
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
  const since = `${new Date(createdAt).toISOString().slice(0, 16).replace('T', ' ')}Z`;
  return `suppressed: ${reason} since ${since}${note ? ` (${note})` : ''}`;
}

function ranks(entry: PoolEntry): ExplainedRanks {
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
