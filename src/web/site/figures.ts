import type { TrendNote } from '../../archive/note.ts';
import { wordsFor } from '../../digest/strings.ts';
import type { SignalChange } from '../../papers/candidate.ts';
import type { Span } from '../../store/trending.ts';

/** A figure, what it gained, and what it counts. */
export interface Figure {
  value: string;
  unit: string;
  /** `+41 since yesterday`; null: nothing or unknown. */
  gained: string | null;
}

const sinceWhen: Record<Span, string> = { day: 'since yesterday', week: 'this week', month: 'this month' };
const words = wordsFor('en');

/** What a paper's signals stand at and what they gained over the list's span, or else since yesterday. */
export function figuresOf({ changes, gained }: Pick<TrendNote, 'changes' | 'gained'>, span: Span): Figure[] {
  return changes
    .filter(({ value }) => value > 0)
    .map((change) => {
      const more = gained === null ? change.sinceYesterday : (gained[change.kind] ?? 0);
      // That all of it is new says nothing.
      const isTold = more !== null && more > 0 && (gained === null || more < change.value);
      return {
        value: words.short(change.value),
        unit: unitOf(change),
        gained: isTold ? `${words.gain(more)} ${sinceWhen[gained === null ? 'day' : span]}` : null,
      };
    });
}

function unitOf({ kind, value }: SignalChange): string {
  const phrase = words.say(words.catalogue.signals[kind], Math.min(value, 1000), {}, '');
  return phrase.trim();
}

/** A day in words: `26 June 2026`; `at`: epoch ms or `YYYY-MM-DD`. */
export function dayInWords(at: number | string): string {
  const day = Math.floor((typeof at === 'number' ? at : Date.parse(`${at}T00:00:00Z`)) / dayMs);
  let words = knownDays.get(day);
  if (words === undefined) {
    words = days.format(day * dayMs);
    if (knownDays.size >= maxKnownDays) knownDays.clear();
    knownDays.set(day, words);
  }
  return words;
}

const dayMs = 24 * 3_600_000;
/** By day since 1970: formatting takes longer than all else about a date, and a page has thirty of them. */
const knownDays = new Map<number, string>();
const maxKnownDays = 5000;

const days = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' });
