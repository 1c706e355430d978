import type { Context } from 'hono';
import type { DigestDefaults } from '../../config.ts';
import type { PreviewWish } from '../../delivery/previews.ts';
import type { Db } from '../../store/store.ts';
import { findPublicTopics } from '../../store/topics.ts';
import { defaultSettings, readSettings } from '../../subscribers/fields.ts';
import { ownTopicLimits } from '../../subscribers/own-topics.ts';
import { type OwnWords, readOwnWords } from '../../subscribers/own-words.ts';
import type { WishesInput } from '../../subscribers/wishes.ts';
import { formTokenField } from '../shell/forms.ts';

/** The form of somebody who signs up, as typed; what it did not have is undefined. */
export interface SubscribeValues {
  email: string;
  topics: string[];
  sentence: string;
  /** Each in a field of its own, empty ones too. */
  queries: string[];
  timezone: string | undefined;
  time: string | undefined;
  days: string[] | undefined;
  maxPapers: string | undefined;
  locale: string | undefined;
  quietMail: string | undefined;
  /** The topic that was ticked by us and by nobody else yet; what somebody chooses takes its place. */
  usual: string | undefined;
  /** What the button says: '' for the one that signs up. */
  act: string;
  formToken: string | undefined;
  /** Nobody sees this field; programs that fill in everything do. */
  trap: string;
}

/** The name of the field that tells which topic is ticked for who has not chosen; a script takes it out once they have. */
export const usualField = 'usual_topic';

/** The name of the field that nobody sees. */
export const trapField = 'nick_name';

/** Reads the form's POST; files and anything not asked for are left out. Null: the body is no form that can be read. */
export async function readSubscribeForm({ req }: Context): Promise<SubscribeValues | null> {
  // Read first: what goes wrong with the connection, or a body over the limit, is not the form's fault.
  await req.arrayBuffer();
  const body = await req.parseBody({ all: true }).catch(() => null);
  if (body === null) return null;
  const all = (name: string) => [body[name] ?? []].flat().filter((one) => typeof one === 'string');
  const one = (name: string) => all(name)[0];
  const isWhole = one(formTokenField) !== undefined;
  return settleUsual({
    email: (one('email') ?? '').slice(0, 1000),
    topics: all('topic').slice(0, 500),
    usual: one(usualField),
    sentence: one('sentence') ?? '',
    queries: all('query').slice(0, ownTopicLimits.live),
    timezone: one('timezone'),
    time: one('time'),
    // A form without a day ticked sends none: that is not the same as a form without days.
    days: isWhole ? all('day') : undefined,
    maxPapers: one('max_papers'),
    locale: one('locale'),
    quietMail: one('quiet_mail'),
    act: one('act') ?? '',
    formToken: one(formTokenField),
    trap: one(trapField) ?? '',
  });
}

/** What was ticked by us makes room for what they have chosen, and is theirs once they have unticked or kept it. */
function settleUsual(values: SubscribeValues): SubscribeValues {
  const { usual, topics } = values;
  if (usual === undefined) return values;
  const others = topics.filter((slug) => slug !== usual);
  const hasChosen = others.length > 0 || ownWordsOf(values).own.length > 0;
  return hasChosen || !topics.includes(usual) ? { ...values, topics: others, usual: undefined } : values;
}

/** Their own words, without fields left empty, and in which field each stood: -1 for the sentence. */
export function ownWordsOf({ sentence, queries }: SubscribeValues): { own: OwnWords[]; fields: number[] } {
  const all: { words: OwnWords; field: number }[] = [
    { words: { kind: 'sentence', text: sentence }, field: -1 },
    ...queries.map((text, field) => ({ words: { kind: 'query' as const, text }, field })),
  ];
  const typed = all.filter(({ words }) => words.text.trim() !== '');
  return { own: typed.map(({ words }) => words), fields: typed.map(({ field }) => field) };
}

export function wishesInputOf(values: SubscribeValues): WishesInput {
  const { topics, timezone, time, days, maxPapers, locale, quietMail } = values;
  return { topics, own: ownWordsOf(values).own, timezone, time, days, maxPapers, locale, quietMail };
}

/** What to preview: all that can be understood so far. Null: nothing is chosen. */
export async function previewWishOf(
  db: Db,
  values: SubscribeValues,
  defaults: DigestDefaults,
): Promise<PreviewWish | null> {
  const { settings } = readSettings(wishesInputOf(values), defaultSettings(defaults));
  const topics = (await findPublicTopics(db, values.topics)).map(({ name, query }) => ({ name, query }));
  for (const words of ownWordsOf(values).own) {
    const read = readOwnWords(words);
    if (read.ok) topics.push({ name: read.name, query: read.query });
  }
  const { timezone, digestTime, days, maxPapers } = settings;
  return topics.length === 0 ? null : { topics, timezone, digestTime, days, maxPapers };
}
