/**
 * What a paper is. One paper is one work across sources and versions, named by its canonical key:
 * `arxiv:2403.01234` (never with `v2`), `arxiv:hep-ex/0307015`, `doi:10.1101/…`, `openreview:…`, or
 * `title:<hash>` for a record that has nothing but a title and an abstract.
 */
export type PaperKey = string;

export const signalKinds = ['upvotes', 'comments', 'github_stars', 'citations'] as const;
export type SignalKind = (typeof signalKinds)[number];

/** One observed number about a paper. `value` is a non-negative integer; `observedAt` is epoch ms. */
export interface Signal {
  source: string;
  kind: SignalKind;
  value: number;
  observedAt: number;
}

/** The bibliographic facts of a paper. Null means: no source has said. Titles and abstracts as they came. */
export interface Paper {
  key: PaperKey;
  title: string;
  abstract: string | null;
  /** A source's own one- or two-sentence summary (Hugging Face's `ai_summary`, the sample's summaries). */
  tldr: string | null;
  authors: string[];
  /** arXiv categories such as `cs.CL`, the primary one first; no MSC or ACM codes. Empty: unknown. */
  categories: string[];
  keywords: string[];
  organization: string | null;
  comment: string | null;
  /** First version's submission, epoch ms. */
  publishedAt: number | null;
  /** Latest version's submission, epoch ms. */
  updatedAt: number | null;
  /** When a source announced or featured it, epoch ms; the earliest known. */
  announcedAt: number | null;
  version: number | null;
  withdrawnAt: number | null;
  /** Only `http(s)` addresses; null when there is none. */
  paperUrl: string | null;
  pdfUrl: string | null;
  codeUrl: string | null;
  projectUrl: string | null;
}

/** What one source says about one paper in one ingest run. */
export interface PaperRecord {
  paper: Paper;
  signals: { kind: SignalKind; value: number }[];
}

/** A paper as the store holds it. */
export interface StoredPaper extends Paper {
  id: number;
  firstSeenAt: number;
  lastSeenAt: number;
  /** Sources that have told of it, in order of first telling. */
  sources: string[];
}
