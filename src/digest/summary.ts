import { shorten } from './clean.ts';

/** Two to four lines of a 600 px column, of some 70 characters each. */
export const SUMMARY_LENGTH = 280;
const ENOUGH = 170;
const LONGEST_ABSTRACT = 8000;

const ABBREVIATION =
  /(?:^|[\s([“"'])(?:e\.g|i\.e|et al|et\. al|cf|vs|resp|approx|ca|viz|etc|w\.r\.t|a\.k\.a|i\.i\.d|s\.t|Eq|Eqs|Eqn|Fig|Figs|Sec|Secs|Tab|Thm|Prop|Def|Lem|Cor|Alg|Ref|Refs|Ch|Vol|No|Nos|pp?|Dr|Prof|Mr|Mrs|Ms|St|Jr|Inc|Ltd|Co|Dept|Univ|U\.S|U\.K|Ph\.D|M\.Sc|incl|max|min|avg|std)\.$/i;
const INITIAL = /(?:^|[\s.(-])\p{Lu}\.$/u;

// `… at low cost.We propose`: abstracts lose spaces where their lines were joined.
const GLUED =
  /(\p{Ll}{2}\.)(?=(?:We|Our|This|These|In|It|The|However|To|Despite|Specifically|Here|Moreover|Furthermore|While|Existing|Experiments|Extensive|Results|Code)\s)/gu;

/**
 * Splits text into sentences. `et al.`, `e.g.`, initials, decimals, versions and anything between
 * dollar signs or brackets do not end one; a full stop of Chinese or Japanese needs no space after it.
 * Joining the parts with a space gives the text back but for white space.
 */
export function splitSentences(text: string): string[] {
  const line = text.replace(/\s+/gu, ' ').replace(GLUED, '$1 ').trim();
  const sentences: string[] = [];
  let start = 0;
  const end = (at: number) => {
    const sentence = line.slice(start, at).trim();
    if (sentence !== '') sentences.push(sentence);
    start = at;
  };
  const mathematics = spans(line);
  for (const stop of line.matchAll(/[。！？]+[」』”’）]*|[.!?…]+["'”’)\]]*(?=\s)/gu)) {
    const at = stop.index + stop[0].length;
    if (mathematics.some(([from, to]) => stop.index > from && stop.index < to)) continue;
    if (/^[.…]/.test(stop[0])) {
      const before = line.slice(Math.max(start, at - 24), at);
      const next = line.slice(at).trimStart();
      if (
        stop[0] === '.' &&
        (ABBREVIATION.test(before) || INITIAL.test(before)) &&
        !opensAfterInitial(before, next)
      )
        continue;
      // A sentence begins with a capital, a digit, a quotation mark, TeX or a script without cases.
      if (/^\p{Ll}/u.test(next) && !/^(?:[a-z]+[A-Z0-9]|[a-z]{1,2}-?[A-Z])/.test(next)) continue;
    }
    end(at);
  }
  end(line.length);
  return sentences;
}

/** `… of type A. We propose` ends a sentence although `A.` looks like an initial. */
function opensAfterInitial(before: string, next: string): boolean {
  return (
    INITIAL.test(before) &&
    !ABBREVIATION.test(before) &&
    /^(?:We|Our|This|These|In|It|The|However|To|Here|A|An)\s/.test(next)
  );
}

/** Where `$…$` and short brackets stand: full stops inside them end nothing. */
function spans(line: string): [number, number][] {
  const found: [number, number][] = [];
  for (const match of line.matchAll(/\$[^$]{1,200}\$|\\\([^)]{1,200}\\\)|\([^()]{1,120}\)/gu))
    found.push([match.index, match.index + match[0].length - 1]);
  return found;
}

const SPEAKER = String.raw`\b(?:we|this (?:paper|work|article|study|report|survey|thesis|letter|note)|the (?:present|current) (?:paper|work|study)|our (?:paper|work|approach|method|framework))\b`;
const DOES =
  '(?:propos|introduc|present|develop|design|build|built|propound|put forward|devis|construct|creat|contribut|survey|review)';
const FINDS =
  '(?:show|prove|demonstrat|find|found|stud|investigat|analy[sz]|examin|establish|describ|explor|address|report|evaluat|argue|derive|consider|revisit|formaliz|formalis|ask|tackle)';
const STRONG = new RegExp(`${SPEAKER}[^.]{0,60}?\\b${DOES}`, 'iu');
const WEAK = new RegExp(`${SPEAKER}[^.]{0,60}?\\b${FINDS}`, 'iu');
// Openings that point back at sentences the reader does not see, or say only "in this paper".
const BACKWARD = [
  /^(?:however|nevertheless|nonetheless|moreover|furthermore|in addition|additionally|also|thus|hence|therefore|consequently|specifically|concretely|to this end|towards? this (?:end|goal)|in contrast|finally|first|in summary|here),?\s+(?=we |this |our )/iu,
  /^(?:to|by|addressing|building|motivated|inspired|based|driven|guided|in (?:light|response|view))\b[^,.]{0,50}\b(?:this|these|that|those|such)\b[^,.]{0,60},\s+(?=we |this |our )/iu,
  /^in (?:this|the present) (?:paper|work|article|study|report|letter|note),?\s+(?=we |i )/iu,
];

/**
 * What a paper's card says of it, at most `SUMMARY_LENGTH` characters: the source's own summary, or
 * the abstract's sentence that tells what was done ("We propose …") with the next one when both fit,
 * or its opening. Takes readable text (no TeX). Null when there is neither.
 */
export function summarize(tldr: string | null, abstract: string | null): string | null {
  const own = fit(splitSentences((tldr ?? '').slice(0, LONGEST_ABSTRACT)), 0, SUMMARY_LENGTH);
  if (own !== null) return own;
  const sentences = splitSentences((abstract ?? '').slice(0, LONGEST_ABSTRACT));
  const strong = sentences.findIndex((sentence) => STRONG.test(sentence));
  const from = strong >= 0 ? strong : sentences.findIndex((sentence) => WEAK.test(sentence));
  return fit(sentences, Math.max(0, from), ENOUGH);
}

/** The sentence at `from`, without an opening that points back, and those after it until there is `enough` or the next would not fit. */
function fit(sentences: string[], from: number, enough: number): string | null {
  const first = sentences[from];
  if (first === undefined) return null;
  let summary = capitalize(BACKWARD.reduce((sentence, opening) => sentence.replace(opening, ''), first));
  for (const next of sentences.slice(from + 1)) {
    if (summary.length >= enough || summary.length + 1 + next.length > SUMMARY_LENGTH) break;
    summary += `${/[。！？]$/u.test(summary) ? '' : ' '}${next}`;
  }
  return shorten(summary, SUMMARY_LENGTH);
}

function capitalize(sentence: string): string {
  return sentence.replace(/^\p{Ll}/u, (letter) => letter.toLocaleUpperCase('en'));
}
