import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Store } from '../../src/store/store.ts';
import { findSubscribedTopics } from '../../src/store/subscriptions.ts';
import { listTopics } from '../../src/store/topics.ts';
import {
  addOwnTopic,
  editOwnTopic,
  listOwnTopics,
  ownTopicLimits,
  removeOwnTopic,
} from '../../src/subscribers/own-topics.ts';
import { readOwnWords, wordsLimits, wordsOf } from '../../src/subscribers/own-words.ts';
import { addSomebody, monday, openTestStore } from './people.ts';

let store: Store;
let ana: number;
let ben: number;
beforeEach(async () => {
  store = await openTestStore();
  ana = await addSomebody(store, { email: 'ana@example.org', topics: ['agents'] });
  ben = await addSomebody(store, { email: 'ben@example.org' });
});
afterEach(() => store.close());

const query = (text: string, name?: string) => ({ kind: 'query' as const, text, name });
const sentence = (text: string, name?: string) => ({ kind: 'sentence' as const, text, name });
const add = async (id: number, words: Parameters<typeof addOwnTopic>[2], at = monday) => {
  const added = await addOwnTopic(store.db, id, words, at);
  if (!added.ok) throw new Error(`refused: ${added.reason}`);
  return added.topic;
};
const gets = async (id: number) =>
  ((await findSubscribedTopics(store.db, [id])).get(id) ?? []).map(({ name }) => name);

describe('words of one’s own', () => {
  test.each([
    [
      'I work on low-rank adaptation of large models. Lately with quantisation.',
      'Low-rank adaptation of large models',
    ],
    ['We are interested in the folding of proteins', 'Folding of proteins'],
    ['My research is about C++ compilers!', 'C++ compilers'],
    ['graph neural networks', 'Graph neural networks'],
    ['Ich forsche an Proteinen.', 'Ich forsche an Proteinen'],
    ['蛋白质折叠。以及其他', '蛋白质折叠'],
  ])('%s becomes free text with a name', (text, name) => {
    expect(readOwnWords(sentence(text))).toMatchObject({ ok: true, name, query: `like:"${text}"` });
  });

  test('a long sentence has a name that fits a line, and quotation marks stay text', () => {
    const read = readOwnWords(sentence(`models that "reason" \\ over ${'very '.repeat(100)}long proofs`));
    expect(read.ok && read.name.length).toBeLessThanOrEqual(wordsLimits.madeName);
    expect(read.ok && wordsOf(read)).toMatchObject({
      kind: 'sentence',
      text: expect.stringContaining('that "reason" \\ over'),
    });
  });

  test('a query is its own name, unless it is given one', () => {
    expect(readOwnWords(query(' ti:"in context" -survey '))).toMatchObject({
      name: 'ti:"in context" -survey',
      query: 'ti:"in context" -survey',
    });
    expect(readOwnWords(query('lora', '  My\n adapters '))).toMatchObject({ name: 'My adapters' });
  });

  test('a query that does not parse says where it is wrong', () => {
    expect(readOwnWords(query('lora AND (qlora'))).toMatchObject({
      ok: false,
      text: 'lora AND (qlora',
      problem: { field: 'query', error: { position: 9, length: 1 } },
    });
  });

  test.each([
    ['an empty query', query('  '), 'query'],
    ['an endless query', query('x'.repeat(wordsLimits.query + 1)), 'query'],
    ['an empty sentence', sentence(''), 'sentence'],
    ['a sentence of words that every paper has', sentence('we propose a new method'), 'sentence'],
    ['an endless sentence', sentence('x '.repeat(wordsLimits.sentence)), 'sentence'],
    ['an endless name', query('lora', 'n'.repeat(wordsLimits.name + 1)), 'name'],
  ])('%s is refused at its field', (_, words, field) => {
    expect(readOwnWords(words)).toMatchObject({ ok: false, problem: { field } });
  });

  test('what nobody sees is no part of a name', () => {
    expect(readOwnWords(query('lora', '\u202eevil\u0000\u200b')).ok).toBe(true);
    expect(readOwnWords(query('lora', '\u202eevil\u0000\u200b'))).toMatchObject({ name: 'evil' });
  });
});

describe('a topic of one’s own', () => {
  test('is private, and its owner gets it beside the others', async () => {
    const topic = await add(ana, sentence('I work on adapters.'));
    expect(topic).toMatchObject({ name: 'Adapters', visibility: 'private', ownerId: ana });
    expect(await gets(ana)).toEqual(['About agents', 'Adapters']);
    expect(await listOwnTopics(store.db, ben)).toEqual([]);
    expect((await listTopics(store.db, { visibility: 'public' })).map(({ slug }) => slug)).not.toContain(
      topic.slug,
    );
  });

  test('has a slug that tells nothing of its words', async () => {
    const [one, other] = [await add(ana, query('lora')), await add(ben, query('lora'))];
    expect(one.slug).toMatch(/^own-[a-z0-9]{12}$/);
    expect(other.slug).not.toBe(one.slug);
  });

  test('the same query again is the same topic, whatever its spelling', async () => {
    const first = await add(ana, query('lora OR qlora', 'Adapters'));
    const again = await add(ana, query('(lora  OR "qlora")'.replaceAll('"', '')));
    expect(again).toMatchObject({ id: first.id, name: 'Adapters' });
    await removeOwnTopic(store.db, ana, first.slug, monday + 1);
    expect(await add(ana, query('lora OR qlora'), monday + 2)).toMatchObject({
      id: first.id,
      archivedAt: null,
    });
    expect(await gets(ana)).toEqual(['About agents', 'Adapters']);
  });

  test('can be changed and removed by its owner alone', async () => {
    const { slug } = await add(ana, query('lora'));
    expect(await editOwnTopic(store.db, ben, slug, query('spam'), monday)).toEqual({
      ok: false,
      reason: 'unknown',
    });
    expect(await removeOwnTopic(store.db, ben, slug, monday)).toEqual({ ok: false, reason: 'unknown' });
    expect(await editOwnTopic(store.db, ana, slug, query('(', 'x'), monday)).toMatchObject({
      reason: 'words',
    });
    expect(await editOwnTopic(store.db, ana, slug, query('qlora', 'Quantised'), monday)).toMatchObject({
      ok: true,
      topic: { name: 'Quantised', query: 'qlora' },
    });
    expect(await removeOwnTopic(store.db, ana, slug, monday + 1)).toMatchObject({ ok: true });
    expect(await removeOwnTopic(store.db, ana, slug, monday + 1)).toEqual({ ok: false, reason: 'unknown' });
    expect(await gets(ana)).toEqual(['About agents']);
    expect(
      store.raw.prepare('SELECT ended_reason FROM subscriptions WHERE ended_at > 0').pluck().all(),
    ).toEqual(['preferences']);
  });

  test('nobody can change a public topic this way', async () => {
    expect(await editOwnTopic(store.db, ana, 'agents', query('spam'), monday)).toEqual({
      ok: false,
      reason: 'unknown',
    });
    expect(await removeOwnTopic(store.db, ana, 'agents', monday)).toEqual({ ok: false, reason: 'unknown' });
  });

  test('there are only so many of them, now and ever', async () => {
    for (let index = 0; index < ownTopicLimits.live; index++) await add(ana, query(`word${index}`));
    expect(await addOwnTopic(store.db, ana, query('more'), monday)).toMatchObject({
      ok: false,
      reason: 'too_many',
    });
    expect(await addOwnTopic(store.db, ana, query('word0'), monday)).toMatchObject({ ok: true });
    for (let index = ownTopicLimits.live; index < ownTopicLimits.ever; index++) {
      const [oldest] = await listOwnTopics(store.db, ana);
      await removeOwnTopic(store.db, ana, oldest?.slug ?? '', monday);
      await add(ana, query(`word${index}`));
    }
    const [oldest] = await listOwnTopics(store.db, ana);
    await removeOwnTopic(store.db, ana, oldest?.slug ?? '', monday);
    expect(await addOwnTopic(store.db, ana, query('more'), monday)).toMatchObject({
      ok: false,
      reason: 'too_many',
    });
    expect(await addOwnTopic(store.db, ana, query('word0'), monday)).toMatchObject({ ok: true });
  });
});
