/** An accent's command and what it would stand over. */
interface Accent {
  name: string;
  /** Its argument as read. */
  base: string;
  braced: boolean;
  /** A space stands before the argument. */
  apart: boolean;
}

/** What these name are also escapes: `\b`, `\t`. */
const onlyBraced = /^[bt]$/;
/** What these name may begin a word without braces. */
const begins = /^[cvHk]$/;

/**
 * Whether an accent is meant, after what was read and before the character `next`. A sign may stand over any letter; a
 * letter's name wants braces, a word around it (`Fran\c cois`), or to begin one with a capital (`\v Skoda`) or be all of
 * it (`\v s`): `regex \t in text` has none.
 */
export function isAccent({ name, base, braced, apart }: Accent, before: string, next: string): boolean {
  if (!/^\p{L}/u.test(base)) return false;
  if (!/[a-z]/i.test(name)) return true;
  if (braced) return name === 't' || /^\p{L}\p{M}*$/u.test(base);
  if (!apart || onlyBraced.test(name)) return false;
  return /\p{L}$/u.test(before) || (begins.test(name) && (/^\p{Lu}/u.test(base) || !/\p{L}/u.test(next)));
}
