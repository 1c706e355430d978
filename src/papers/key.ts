import { createHash } from 'node:crypto';
import type { PaperKey } from './paper.ts';

/** An arXiv identifier without its version. `version` null: none was given. */
export interface ArxivId {
  id: string;
  version: number | null;
}

/** Longer texts are no identifiers; a bound keeps hostile input cheap. */
const maxIdLength = 400;

/** Archives of identifiers before April 2007 (https://info.arxiv.org/help/arxiv_identifier.html). */
const oldArchives = new Set(
  `acc-phys adap-org alg-geom ao-sci astro-ph atom-ph bayes-an chao-dyn chem-ph cmp-lg comp-gas cond-mat cs
  dg-ga funct-an gr-qc hep-ex hep-lat hep-ph hep-th math math-ph mtrl-th nlin nucl-ex nucl-th patt-sol physics
  plasm-ph q-alg q-bio quant-ph solv-int supr-con`.split(/\s+/),
);

const before: RegExp[] = [
  /^https?:\/\/(?:[a-z]+\.)?arxiv\.org\/(?:abs|pdf|html|format|ps|e-print|src)\//i,
  /^https?:\/\/(?:www\.)?huggingface\.co\/papers\//i,
  /^https?:\/\/(?:dx\.)?doi\.org\/10\.48550\/arxiv\./i,
  /^(?:doi:\s*)?10\.48550\/arxiv\./i,
  /^oai:arxiv\.org:/i,
  /^arxiv:\s*/i,
];

/**
 * Reads an arXiv identifier, new (`2403.01234v2`) or old (`hep-ex/0307015v1`; the subject class of
 * `math.GT/0309136` is dropped, as arXiv does), bare or as an address, an OAI name, `arXiv:…` or its
 * DataCite DOI. The whole text must be the identifier. Null: it is none.
 */
export function parseArxivId(text: string): ArxivId | null {
  if (text.length > maxIdLength) return null;
  let rest = text.trim();
  for (const prefix of before) {
    const stripped = rest.replace(prefix, '');
    if (stripped === rest) continue;
    rest = stripped.replace(/[?#].*$/s, '').replace(/(?:\.pdf)?\/?$/i, '');
    break;
  }
  rest = rest.replace(/\s+\[[A-Za-z.-]+\]$/, '');
  const recent = /^(\d{2})(\d{2})\.(\d{4,5})(?:v([1-9]\d{0,2}))?$/i.exec(rest);
  if (recent) {
    const [, year, month, number, version] = recent as unknown as [string, string, string, string, string?];
    if (Number(month) < 1 || Number(month) > 12) return null;
    return { id: `${year}${month}.${number}`, version: version ? Number(version) : null };
  }
  const old =
    /^([a-z]+(?:-[a-z]+)?)(?:\.[a-z]{2})?\/(\d{2}(?:0[1-9]|1[0-2])\d{3})(?:v([1-9]\d{0,2}))?$/i.exec(rest);
  const archive = old?.[1]?.toLowerCase();
  if (!old || !archive || !oldArchives.has(archive)) return null;
  return { id: `${archive}/${old[2]}`, version: old[3] ? Number(old[3]) : null };
}

/** `arxiv:2403.01234`, never with a version; null when the text is no arXiv identifier. */
export function arxivKey(text: string): PaperKey | null {
  const parsed = parseArxivId(text);
  return parsed && `arxiv:${parsed.id}`;
}

/**
 * `doi:10.1101/…` in lower case (DOIs compare so, https://www.doi.org/doi-handbook/HTML/case-sensitivity.html),
 * without resolver or `doi:` before it. arXiv's own DOIs give the arXiv key, and the version that bioRxiv
 * and medRxiv append is dropped. Null when the text is no DOI.
 */
export function doiKey(text: string): PaperKey | null {
  if (text.length > maxIdLength) return null;
  const bare = decode(text.trim())
    .replace(/^https?:\/\/(?:dx\.|www\.)?doi\.org\//i, '')
    .replace(/^doi:\s*/i, '')
    .toLowerCase();
  if (!/^10\.\d{4,9}\/[^\s\p{C}]+$/u.test(bare)) return null;
  const arxiv = arxivKey(bare);
  if (arxiv) return arxiv;
  const unversioned = /^10\.(?:1101|64898)\//.test(bare) ? bare.replace(/v\d+$/, '') : bare;
  return `doi:${unversioned}`;
}

/** `openreview:<forum id>` from a forum or PDF address or the bare id (case matters); null when it is neither. */
export function openreviewKey(text: string): PaperKey | null {
  if (text.length > maxIdLength) return null;
  const trimmed = text.trim();
  const address =
    /^https?:\/\/(?:www\.)?openreview\.net\/(?:forum|pdf|attachment)\?(?:[^#]*&)?id=([^&#]+)/i.exec(trimmed);
  const id = address?.[1] ?? trimmed.replace(/^openreview:/i, '');
  return /^[A-Za-z0-9_-]{6,32}$/.test(id) ? `openreview:${id}` : null;
}

/**
 * `title:<32 hex digits>`: SHA-256 of the title without case, accents, punctuation, white space and TeX
 * dress, so that two spellings of one title give one key. `+` and `#` count (`C` is not `C++`). A title of
 * marks alone is taken as it is. Null for an empty one.
 */
export function titleKey(title: string): PaperKey | null {
  const normalised = normaliseTitle(title) || title.normalize('NFKC').trim();
  if (!normalised) return null;
  return `title:${createHash('sha256').update(normalised).digest('hex').slice(0, 32)}`;
}

/** What `titleKey` hashes: letters, digits, `+` and `#` of the title, folded. May be empty. */
export function normaliseTitle(title: string): string {
  return title
    .slice(0, 2000)
    .replace(texDress, '')
    .replace(texAccent, '$1')
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .toUpperCase()
    .toLowerCase()
    .replace(/[øłæœđð]/g, (letter) => plainLetters[letter] ?? letter)
    .replace(/[^\p{L}\p{M}\p{N}+#]/gu, '');
}

/** Commands that only dress what follows; `\alpha` stays a word. */
const texDress =
  /\\(?:emph|mbox|ensuremath|textnormal|text(?:it|bf|rm|sf|tt|sc|sl|up)?|math(?:it|bf|rm|sf|tt|cal|bb|frak|scr|normal)|boldsymbol|bm|left|right|rm|bf|it|sc|tt|em)(?![A-Za-z])/g;
/** Accents spelled with a letter: `\c{c}`, `\v s`. */
const texAccent = /\\[cvuHkrbdt](?:\s+|(?=\{))\{?([A-Za-z])\}?/g;
const plainLetters: Record<string, string> = { ø: 'o', ł: 'l', æ: 'ae', œ: 'oe', đ: 'd', ð: 'd' };

/** Every name a record may bring; the first that is valid wins, in this order. */
export interface PaperNames {
  arxivId?: string | null;
  doi?: string | null;
  openreviewId?: string | null;
  /** Addresses of the paper, tried as arXiv, DOI and OpenReview addresses. */
  urls?: (string | null)[];
  title?: string | null;
}

/** The canonical key of a paper by the strongest name it has; null when it has none, not even a title. */
export function paperKeyFrom(names: PaperNames): PaperKey | null {
  const urls = (names.urls ?? []).filter((url) => url !== null);
  return (
    (names.arxivId && arxivKey(names.arxivId)) ||
    first(urls, arxivKey) ||
    (names.doi && doiKey(names.doi)) ||
    (names.openreviewId && openreviewKey(names.openreviewId)) ||
    first(urls, doiKey) ||
    first(urls, openreviewKey) ||
    (names.title && titleKey(names.title)) ||
    null
  );
}

function first(texts: string[], read: (text: string) => PaperKey | null): PaperKey | null {
  for (const text of texts) {
    const key = read(text);
    if (key) return key;
  }
  return null;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
