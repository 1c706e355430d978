/** A named query that people subscribe to. */
export interface Topic {
  id: number;
  slug: string;
  name: string;
  /** The query as typed; `*` matches every candidate ("everything trending"). */
  query: string;
  description: string | null;
  visibility: 'public' | 'private';
  /** The subscriber a private topic belongs to. */
  ownerId: number | null;
  archivedAt: number | null;
}

/** One candidate that a topic matched. */
export interface TopicMatch {
  paperId: number;
  /** 0..1, normalised within the topic (BM25 values of different topics do not compare). */
  relevance: number;
  /** The query's own terms that were found, as typed, for "why it is here". */
  terms: string[];
}
