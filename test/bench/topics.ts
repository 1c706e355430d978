/**
 * How long it takes to match 50,000 distinct topics against 1,000 candidates.
 * Run: node test/bench/topics.ts [topics] [papers]
 */
import BetterSqlite3 from 'better-sqlite3';
import type { Candidate } from '../../src/papers/candidate.ts';
import { buildTopicIndex } from '../../src/topics/topic-index.ts';
import { createRandom } from '../support/random.ts';

const topicCount = Number(process.argv[2] ?? 50_000);
const paperCount = Number(process.argv[3] ?? 1_000);

// The same papers and topics each time.
const random = createRandom(1);
const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
const syllables =
  'ra ti on el mo da ge ne lu pi so ka ver min tor qua sen bal fi dro xen lam cor ste ju'.split(' ');
const vocabulary = [
  ...new Set(
    Array.from({ length: 20_000 }, () =>
      Array.from({ length: 2 + Math.floor(random() * 3) }, () => pick(syllables)).join(''),
    ),
  ),
];
/** Zipf's law, near enough: the n-th word about 1/n as often as the first. */
const word = () => vocabulary[Math.floor(vocabulary.length ** random()) - 1] as string;
const words = (count: number) => Array.from({ length: count }, word).join(' ');
const categories = ['cs.LG', 'cs.CL', 'cs.CV', 'cs.RO', 'cs.AI', 'stat.ML', 'math.OC', 'q-bio.BM'];

const candidates: Candidate[] = Array.from({ length: paperCount }, (_, index) => ({
  paper: {
    id: index + 1,
    key: `arxiv:2601.${index}`,
    title: words(10),
    abstract: words(180),
    tldr: null,
    authors: Array.from({ length: 5 }, () => `${pick(vocabulary)} ${pick(vocabulary)}`),
    categories: [pick(categories), pick(categories)],
    keywords: [words(2), words(2)],
    organization: null,
    comment: null,
    publishedAt: null,
    updatedAt: null,
    announcedAt: null,
    version: null,
    withdrawnAt: null,
    paperUrl: null,
    pdfUrl: null,
    codeUrl: null,
    projectUrl: null,
    firstSeenAt: 0,
    lastSeenAt: 0,
    sources: ['file'],
  },
  trend: { score: 0, parts: [], changes: [], votesByDay: [], rising: false },
  field: 'other',
  percentile: random(),
}));

/** A word that a topic would name: not one of the commonest. */
const term = () => vocabulary[Math.floor(30 * (vocabulary.length / 30) ** random())] as string;
const shapes: (() => string)[] = [
  () => `${term()} ${term()}`,
  () => `"${words(2)}" OR ${term()}`,
  () => `(${term()} OR ${term()} OR ti:${term()}) AND NOT ${term()}`,
  () => `ti:${term()} OR ${term().slice(0, 5)}* OR "${term()} ${term()}"`,
  () => `cat:${pick(categories)} (${term()} OR ${term()})`,
  () => `${term()} OR ${term()} OR ${term()} OR au:${pick(vocabulary)}`,
  () => `-${term()} ${term()}`,
];
const queries = new Set<string>();
while (queries.size < topicCount) queries.add(pick(shapes)());
const sentences = Array.from({ length: 500 }, () => `like:"${words(25)}"`);

const seconds = (from: number) => ((performance.now() - from) / 1000).toFixed(2);
const mebibytes = () => Math.round(process.memoryUsage().rss / 2 ** 20);

let start = performance.now();
const index = buildTopicIndex(new BetterSqlite3(':memory:'), candidates);
console.log(`index of ${paperCount} papers: ${seconds(start)} s`);
start = performance.now();
let matches = 0;
for (const query of queries) matches += index.match(query).length;
console.log(
  `${queries.size} distinct topics: ${seconds(start)} s, ${(matches / queries.size).toFixed(1)} matches each, ${mebibytes()} MiB`,
);
start = performance.now();
for (const query of queries) index.match(query);
console.log(`the same again: ${seconds(start)} s`);
start = performance.now();
for (const sentence of sentences) index.match(sentence);
console.log(`${sentences.length} free texts: ${seconds(start)} s, ${mebibytes()} MiB`);
index.close();
