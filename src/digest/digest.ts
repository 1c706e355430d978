import type { SignalChange } from '../papers/candidate.ts';
import type { StoredPaper } from '../papers/paper.ts';

/** Why a paper is in a digest, frozen when it was planned (stored as JSON with the delivery's paper). */
export interface Note {
  /** Names of the subscriber's topics that matched it, the most relevant first. */
  topics: string[];
  /** Query terms that matched, as typed. */
  terms: string[];
  changes: SignalChange[];
  /** Votes gained on each of the last days, oldest first; as many days as are known. */
  votesByDay?: number[];
  rising: boolean;
  /** Another paper of its days would be named the same in a subject. */
  sharesTitle?: true;
  /** Rank inputs, for `explain` and the admin: percentile and relevance, 0..1, and their blend. */
  percentile: number;
  relevance: number;
  score: number;
  /** What of the score is the doing of what they asked for more and less of; absent: nothing. */
  steered?: number;
  /** The title of a paper they asked for more of, which brought this one up. */
  moreLike?: string;
}

export interface DigestPaper {
  /** From 1, as it was planned: one that was withdrawn since leaves a gap. */
  position: number;
  paper: StoredPaper;
  note: Note;
}

/**
 * What a digest is for: a day, a week (its reader has one day a week), the time without one; or, for who asked for it, to
 * say that there is nothing new (`quiet`) or nothing yet (`late`: a source was). The last two have no papers.
 */
export type Occasion = 'day' | 'week' | 'away' | 'quiet' | 'late';

/** A frozen delivery, ready to render: everything the mail shows. Rendering it twice gives the same bytes. */
export interface Digest {
  /** `YYYY-MM-DD`, the subscriber's local date. */
  editionDate: string;
  /** BCP 47, for dates and numbers. */
  locale: string;
  timezone: string;
  occasion: Occasion;
  papers: DigestPaper[];
  /** How many more unsent papers matched and did not fit. */
  more: number;
  links: DigestLinks;
}

/** Whether there is something to tell: papers, or that there are none. */
export function isMail({ papers, occasion }: Pick<Digest, 'papers' | 'occasion'>): boolean {
  return papers.length > 0 || occasion === 'quiet' || occasion === 'late';
}

/** All absolute. `unsubscribe` takes RFC 8058's POST and a person's GET. */
export interface DigestLinks {
  home: string;
  preferences: string;
  unsubscribe: string;
  /** This digest as a page; absent where it is shown as that page. */
  view?: string;
  /** Before the `/POSITION/more` and `/POSITION/less` of each paper, see DigestPaper; absent where none may act for the reader. */
  feedback?: string;
  /** A mailbox of this delivery's own that unsubscribes whoever gets its mail; absent: there is none. */
  unsubscribeMailbox?: string;
}

/** The mail's sender as people see it. */
export interface Sender {
  name: string;
  address: string;
}

/** What one render gives; `html` and `text` use LF, the wire turns them to CRLF. */
export interface RenderedMail {
  subject: string;
  preheader: string;
  html: string;
  text: string;
  /** Beyond From, To, Subject, Date, Message-ID and MIME: List-*, Auto-Submitted … in order. */
  headers: [name: string, value: string][];
}
