import type { Paper } from '../papers/paper.ts';
import { readableText } from '../tex/readable.ts';

/**
 * Content words that two abstracts must share: this share of the shorter one's, but no fewer than `leastCommon`
 * (or all, when it has fewer). Of 870,000 pairs of different papers of one field, one reached the share.
 */
const leastShare = 0.4;
const leastCommon = 6;
/** Abstracts so alike are one work's even when their authors seem to be others. */
const nearlyAll = 0.8;
/** With fewer content words an abstract (`TBA`) says nothing. */
const leastWords = 3;
/** Without abstracts, a title must say more than `Introduction` or `Reply to comment` does. */
const leastTitleChars = 20;

/**
 * Whether two papers of the same normalised title are one work. Abstracts decide where both have one; authors who
 * have no name in common forbid it, unless the abstracts are nearly the same. Without abstracts, authors or the
 * length of the title decide.
 */
export function isSameWork(a: Paper, b: Paper): boolean {
  const authors = compareAuthors(a.authors, b.authors);
  const likeness = compareAbstracts(a, b);
  if (authors === 'differ') return likeness !== null && likeness >= nearlyAll;
  if (likeness !== null) return likeness > 0;
  return a.key === b.key || authors === 'agree' || a.title.length >= leastTitleChars;
}

/** Share of the shorter abstract's content words, 0 when it is too small; null: one of them says nothing. */
function compareAbstracts(a: Paper, b: Paper): number | null {
  const [wordsA, wordsB] = [contentOf(a), contentOf(b)];
  const fewer = Math.min(wordsA.size, wordsB.size);
  if (fewer < leastWords) return null;
  const common = wordsA.intersection(wordsB).size;
  const needed = Math.min(fewer, Math.max(leastCommon, leastShare * fewer));
  return common >= needed ? common / fewer : 0;
}

/** Kept, as a paper is compared with each of its namesakes. */
const contents = new WeakMap<Paper, Set<string>>();

/** The abstract's content words but for those of the title, which both papers bear. */
function contentOf(paper: Paper): Set<string> {
  const known = contents.get(paper);
  if (known) return known;
  const words = wordsOf(paper.abstract ?? '').difference(wordsOf(paper.title));
  contents.set(paper, words);
  return words;
}

/** Initials do not count: `G. E. Hinton` and `Hinton, Geoffrey` agree. */
function compareAuthors(a: readonly string[], b: readonly string[]): 'agree' | 'differ' | 'unknown' {
  const [namesA, namesB] = [namesOf(a), namesOf(b)];
  const fewer = Math.min(namesA.size, namesB.size);
  if (fewer === 0) return 'unknown';
  const common = namesA.intersection(namesB).size;
  if (common === 0) return 'differ';
  return common * 2 >= fewer ? 'agree' : 'unknown';
}

function namesOf(authors: readonly string[]): Set<string> {
  return new Set(fold(readableText(authors.slice(0, 200).join(' '))).match(/\p{L}{2,}/gu));
}

function wordsOf(text: string): Set<string> {
  const words = fold(text).match(/[\p{L}\p{N}]{3,}/gu) ?? [];
  return new Set(words.filter((word) => !stopWords.has(word)));
}

function fold(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase();
}

/** Words of three letters and more that tell nothing, and those of every abstract. */
const stopWords = new Set(
  `about above across after again against all almost also although among and another any are around because been
   before being below between both but can cannot could did does due during each either enough even ever every few
   first for from further had has have having hence her his how however into its itself just least less like made
   make makes many may might more most much must near need neither nevertheless nor not now off often once one ones
   only onto other others our out over own per quite rather same second several shall she should since some still
   such than that the their them then there thereby therefore these they this those three through thus too toward
   towards two under until upon use used uses using various very via was way well were what when where whereas
   whether which while who whom whose why will with within without would yet you your
   abstract achieve achieves achieving address addresses addressing approach approaches article based demonstrate
   demonstrates demonstrating different existing experiment experimental experiments extensive finally framework
   furthermore improve improved improves improving introduce introduced introduces introducing method methods model
   models moreover new novel paper papers performance present presented presents problem problems propose proposed
   proposes proposing provide provides recent recently result results show showing shown shows significant
   significantly state art studies study survey task tasks work works`.split(/\s+/),
);
