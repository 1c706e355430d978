import type { DigestDefaults } from '../config.ts';
import type { Db } from '../store/store.ts';
import { findOpenTopics } from '../store/subscriptions.ts';
import {
  defaultSettings,
  type FieldProblem,
  readSettings,
  type Settings,
  type SettingsInput,
} from './fields.ts';
import { ownTopicLimits } from './own-topics.ts';
import { type OwnWords, readOwnWords, type WordsProblem } from './own-words.ts';

/** What somebody who is no subscriber yet asks for, as typed. */
export interface WishesInput extends SettingsInput {
  /** Slugs of public topics. */
  topics: readonly string[];
  /** Topics of their own. */
  own: readonly OwnWords[];
}

/** The same, read and good: what is kept until it is confirmed. */
export interface Wishes {
  settings: Settings;
  topics: string[];
  own: OwnWords[];
}

/** What is wrong with a field, or with which of the words of one's own (by position) and where. */
export type WishProblem = FieldProblem | { field: 'own'; index: number; text: string; problem: WordsProblem };

/** Reads what was asked for; every problem is told. What nothing is said about is as `defaults` have it. */
export async function readWishes(
  db: Db,
  input: WishesInput,
  defaults: DigestDefaults,
): Promise<{ wishes: Wishes; problems: WishProblem[] }> {
  const read = readSettings(input, defaultSettings(defaults));
  const problems: WishProblem[] = [...read.problems];
  const slugs = [...new Set(input.topics)].slice(0, maxTopics);
  const open = await findOpenTopics(db, slugs);
  for (const [index, words] of input.own.entries()) {
    const own = readOwnWords(words);
    if (!own.ok) problems.push({ field: 'own', index, text: own.text, problem: own.problem });
  }
  if (slugs.some((slug) => !open.has(slug)))
    problems.push({ field: 'topics', message: 'One of the topics is there no more. Please choose again.' });
  else if (input.topics.length === 0 && input.own.length === 0)
    problems.push({ field: 'topics', message: 'Choose at least one topic, or write what you look for.' });
  if (input.own.length > ownTopicLimits.live)
    problems.push({
      field: 'topics',
      message: `At most ${ownTopicLimits.live} topics of your own, please.`,
    });
  return { wishes: { settings: read.settings, topics: [...open.keys()], own: [...input.own] }, problems };
}

/** More public topics than that nobody offers. */
const maxTopics = 500;

/** Settings as an edit takes them. */
export function inputOf(settings: Settings): SettingsInput {
  return {
    timezone: settings.timezone,
    time: settings.digestTime,
    days: settings.days,
    maxPapers: settings.maxPapers,
    locale: settings.locale,
    quietMail: settings.quietMail ? 'yes' : 'no',
  };
}
