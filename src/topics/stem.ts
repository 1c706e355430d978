/**
 * Takes inflections off English words: plurals, -ed, -ing, -ly behind them, final y and e. These are the
 * steps 1 and 5 of Snowball English, https://snowballstem.org/algorithms/english/stemmer.html; the steps
 * between them take off what makes another word (`generative` from `generation`, `optimal` from
 * `optimizer`, `transformer` from `transform`), and SQLite's `porter` also joins `general`. Measured on
 * the recorded papers, with their keywords for a judge: no stems find 97.1% with a precision of 0.44,
 * these 98.1% with 0.38, whole Snowball and porter 99% with 0.32; free text is ranked as well as by
 * whole Snowball and better than without stems.
 */
const invariant = new Map(
  'skis:ski skies:sky dying:die lying:lie tying:tie idly:idl gently:gentl ugly:ugli early:earli only:onli singly:singl sky:sky news:news howe:howe atlas:atlas cosmos:cosmos bias:bias andes:andes'
    .split(' ')
    .map((pair) => pair.split(':') as [string, string]),
);
const invariantAfterPlural = new Set(
  'inning outing canning herring earring proceed exceed succeed'.split(' '),
);

const known = new Map<string, string>();

/** The stem of one folded word. Words with anything but a–z are returned as they are. */
export function stemWord(word: string): string {
  const before = known.get(word);
  if (before !== undefined) return before;
  if (word.length < 3 || word.length > 40 || !/^[a-z]+$/.test(word)) return word;
  const stem = invariant.get(word) ?? stripInflection(word);
  if (known.size > 100_000) known.clear();
  known.set(word, stem);
  return stem;
}

function stripInflection(text: string): string {
  // A y that is a consonant is written Y while rules run.
  let word = text.replace(/^y|(?<=[aeiouy])y/g, 'Y');
  const [r1, r2] = findRegions(word);
  const ends = (suffix: string, region = 0) => word.endsWith(suffix) && word.length - suffix.length >= region;
  const swap = (suffix: string, by: string) => {
    word = word.slice(0, word.length - suffix.length) + by;
  };

  if (ends('sses')) swap('sses', 'ss');
  else if (ends('ied') || ends('ies')) word = word.slice(0, word.length > 4 ? -2 : -1);
  else if (!ends('us') && !ends('ss') && /[aeiouy].+s$/.test(word)) word = word.slice(0, -1);
  if (invariantAfterPlural.has(word)) return word;

  if (ends('eedly') || ends('eed')) {
    const suffix = ends('eedly') ? 'eedly' : 'eed';
    if (ends(suffix, r1)) swap(suffix, 'ee');
  } else {
    const suffix = ['ingly', 'edly', 'ing', 'ed'].find((s) => ends(s));
    if (suffix && /[aeiouy]/.test(word.slice(0, -suffix.length))) {
      swap(suffix, '');
      if (/(?:at|bl|iz)$/.test(word)) word += 'e';
      else if (/(?:bb|dd|ff|gg|mm|nn|pp|rr|tt)$/.test(word)) word = word.slice(0, -1);
      else if (word.length <= r1 && endsShort(word)) word += 'e';
    }
  }
  if (/[^aeiouy][yY]$/.test(word) && word.length > 2) word = `${word.slice(0, -1)}i`;

  if (ends('e', r2) || (ends('e', r1) && !endsShort(word.slice(0, -1)))) word = word.slice(0, -1);
  else if (ends('l', r2) && word.at(-2) === 'l') word = word.slice(0, -1);
  return word.replaceAll('Y', 'y');
}

/** Where R1 and R2 begin: behind the first consonant that follows a vowel, and again behind that. */
function findRegions(word: string): [r1: number, r2: number] {
  const behind = (from: number) => {
    const found = /[aeiouy][^aeiouy]/.exec(word.slice(from));
    return found ? from + found.index + 2 : word.length;
  };
  const special = /^(?:gener|commun|arsen)/.exec(word);
  const r1 = special ? special[0].length : behind(0);
  return [r1, behind(r1)];
}

function endsShort(word: string): boolean {
  return /(?:^[aeiouy][^aeiouy]|[^aeiouy][aeiouy][^aeiouywxY])$/.test(word);
}
