import type { Candidate } from '../papers/candidate.ts';
import { parseQuery } from './parse.ts';
import { printQuery, TopicQueryError } from './query.ts';
import type { TopicIndex } from './topic-index.ts';

export interface QueryTestOptions {
  /** Now, epoch ms. */
  at: number;
  /** Where a day begins: an IANA zone. */
  timezone: string;
  /** How many local days, today included. */
  days: number;
  /** How many papers of each day are listed. */
  limit: number;
}

/** What a query would have matched; JSON as it is. */
export interface QueryTest {
  query: string;
  /** How it was understood, in the one spelling. */
  understood: string;
  /** What is probably not meant, in sentences. */
  advice: string[];
  /** All candidates, and how many of them match, whatever their day. */
  candidates: number;
  matched: number;
  /** Newest first; days without a candidate are there too. */
  days: TestedDay[];
}

export interface TestedDay {
  /** `YYYY-MM-DD`, local. */
  date: string;
  candidates: number;
  matched: number;
  /** The best by relevance and trend together, half each. */
  papers: TestedPaper[];
}

export interface TestedPaper {
  key: string;
  title: string;
  /** 0..1 within the query. */
  relevance: number;
  /** Trend among its field, 0..1. */
  percentile: number;
  rising: boolean;
  /** The query's terms that were found, as typed. */
  terms: string[];
}

/**
 * What a query would have matched in the last days, and why. A paper belongs to the local day on which it
 * was announced (else first seen). `candidates` are those the index was built over. Throws TopicQueryError.
 */
export function testQuery(
  index: TopicIndex,
  candidates: readonly Candidate[],
  text: string,
  options: QueryTestOptions,
): QueryTest {
  const parsed = parseQuery(text);
  if (!parsed.ok) throw new TopicQueryError(text, parsed.error);
  const matches = index.match(parsed.query);
  const today = Temporal.Instant.fromEpochMilliseconds(options.at)
    .toZonedDateTimeISO(options.timezone)
    .toPlainDate();
  const days = new Map<string, TestedDay>();
  for (let back = 0; back < options.days; back++) {
    const date = today.subtract({ days: back }).toString();
    days.set(date, { date, candidates: 0, matched: 0, papers: [] });
  }
  const dayOf = localDates(options.timezone);
  const byId = new Map<number, Candidate>();
  for (const candidate of candidates) {
    byId.set(candidate.paper.id, candidate);
    const day = days.get(dayOf(candidate));
    if (day) day.candidates++;
  }
  for (const { paperId, relevance, terms } of matches) {
    const candidate = byId.get(paperId);
    const day = candidate && days.get(dayOf(candidate));
    if (!day) continue;
    const { key, title } = candidate.paper;
    const { percentile, trend } = candidate;
    day.matched++;
    day.papers.push({ key, title, relevance, percentile, rising: trend.rising, terms });
  }
  for (const day of days.values()) {
    const worth = (paper: TestedPaper) => paper.relevance + paper.percentile;
    day.papers.sort((one, other) => worth(other) - worth(one) || (one.key < other.key ? -1 : 1));
    day.papers.length = Math.min(day.papers.length, options.limit);
  }
  return {
    query: text,
    understood: printQuery(parsed.query.root),
    advice: parsed.advice,
    candidates: candidates.length,
    matched: matches.length,
    days: [...days.values()],
  };
}

/** The test for a terminal. Titles are printed on one line without control characters. */
export function formatQueryTest(test: QueryTest): string {
  const lines = [
    `${test.understood} matches ${test.matched} of ${test.candidates} papers.`,
    ...test.advice.map((advice) => `Note: ${advice}`),
  ];
  for (const day of test.days) {
    lines.push('', `${day.date}  ${day.matched} of ${day.candidates}`);
    for (const paper of day.papers) {
      const title = paper.title.replace(/[\s\p{Cc}\p{Cf}]+/gu, ' ').slice(0, 100);
      const why = paper.terms.length > 0 ? `: ${paper.terms.join(', ')}` : '';
      lines.push(
        `  ${title}`,
        `    ${paper.key}  relevance ${paper.relevance.toFixed(2)}  trend ${Math.round(paper.percentile * 100)}%${paper.rising ? ' rising' : ''}${why}`,
      );
    }
    if (day.matched > day.papers.length) lines.push(`  … and ${day.matched - day.papers.length} more`);
  }
  return lines.join('\n');
}

/** Gives a candidate's local date; instants are worked out once each, for time zones are slow. */
function localDates(timezone: string): (candidate: Candidate) => string {
  const known = new Map<number, string>();
  return ({ paper }) => {
    const instant = paper.announcedAt ?? paper.firstSeenAt;
    let date = known.get(instant);
    if (date === undefined) {
      date = Temporal.Instant.fromEpochMilliseconds(instant)
        .toZonedDateTimeISO(timezone)
        .toPlainDate()
        .toString();
      known.set(instant, date);
    }
    return date;
  };
}
