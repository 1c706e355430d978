import { cleanLine, isolate, shorten } from './clean.ts';
import type { Words } from './strings.ts';
import { columns } from './wrap.ts';

const TOPIC_LENGTH = 60;
const TOPICS_NAMED = 3;
/** Less of a name would not tell which topic it is. */
const LEAST_NAMED = 20;

/** How many of so many topics are named; to leave one name out would save nothing. */
export function named(topics: number): number {
  return topics <= TOPICS_NAMED + 1 ? topics : TOPICS_NAMED;
}

export function topicName(name: string, { catalogue }: Words, length = TOPIC_LENGTH): string {
  return isolate(shorten(cleanLine(name, TOPIC_LENGTH), length), catalogue.dir);
}

/** `A, B, C and 2 more`: the first `shown`, the last of them cut to `length`. Empty when there is none. */
export function nameTopics(
  names: readonly string[],
  words: Words,
  shown = named(names.length),
  length = TOPIC_LENGTH,
): string {
  const told = names.slice(0, shown).map((name) => topicName(name, words, length));
  const others = names.length - told.length;
  return words.list(others > 0 ? [...told, words.say(words.catalogue.others, others)] : told);
}

/** The same in at most `room` columns, with fewer names or one that is cut; null: that would tell too little. */
export function fitTopics(names: readonly string[], words: Words, room: number): string | null {
  let line = nameTopics(names, words);
  for (let shown = named(names.length) - 1; shown >= 1 && columns(line) > room; shown--)
    line = nameTopics(names, words, shown);
  const excess = columns(line) - room;
  if (excess <= 0) return line;
  const length = cleanLine(names[0] ?? '', TOPIC_LENGTH).length - excess;
  return length < LEAST_NAMED ? null : nameTopics(names, words, 1, length);
}
