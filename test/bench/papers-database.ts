// An archive of some size, made in some minutes and kept: what every public page is measured on. Texts are made up of the
// sample's: mostly words that follow one another there, so that phrases recur, the others drawn by Zipf's law from its
// words and forty thousand invented ones. The same papers each time.
import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rankArchive } from '../../src/archive/rank.ts';
import { mergeArchive } from '../../src/store/archive-merge.ts';
import { openScratch } from '../../src/store/scratch.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { seedTopics } from '../../src/store/topics.ts';
import { readTopicSeed } from '../../src/topics/definition.ts';
import { createRandom } from '../support/random.ts';

const dayMs = 24 * 3_600_000;
export const benchNow = Date.parse('2026-06-26T12:00:00Z');
/** Papers of a day: as many as arXiv announces in computer science. */
const aDay = 500;
/** Of an abstract and of a title, in words: some 1,300 and 70 characters. */
const lengths = { abstract: 185, title: 9 };
const inventedWords = 40_000;
const authorsInAll = 60_000;
/** Raised whenever other papers are made. */
const edition = 1;

export interface Text {
  title: string;
  abstract: string;
  authors: string[];
  categories: string[];
  keywords: string[];
}

interface SamplePaper {
  title: string;
  authors: string[];
  summary: string;
  categories?: string[];
}

const root = join(import.meta.dirname, '..', '..');

/** Makes texts; the same seed, the same ones. */
export function makeWriter(seed: number): () => Text {
  const random = createRandom(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  /** The first of a list most often: the n-th an n-th as often. */
  const zipf = <T>(list: readonly T[]): T => list[Math.floor(list.length ** random()) - 1] as T;
  const sample = readSample();
  const words = sample.flatMap(
    ({ title, summary }) => `${title}. ${summary}`.match(/[A-Za-z][A-Za-z-]*/g) ?? [],
  );
  const counts = new Map<string, number>();
  const followers = new Map<string, string[]>();
  for (const [at, word] of words.entries()) {
    const lower = word.toLowerCase();
    counts.set(lower, (counts.get(lower) ?? 0) + 1);
    const next = words[at + 1]?.toLowerCase();
    if (next === undefined) continue;
    const known = followers.get(lower);
    if (known) known.push(next);
    else followers.set(lower, [next]);
  }
  const syllables =
    'ra ti on el mo da ge ne lu pi so ka ver min tor qua sen bal fi dro xen lam cor ste ju'.split(' ');
  const invented = Array.from({ length: inventedWords }, () =>
    Array.from({ length: 3 + Math.floor(random() * 2) }, () => pick(syllables)).join(''),
  );
  const vocabulary = [...[...counts].sort((a, b) => b[1] - a[1]).map(([word]) => word), ...invented];
  const names = sample.flatMap(({ authors }) => authors.map((name) => name.split(' ')));
  const people = Array.from(
    { length: authorsInAll },
    () =>
      `${pick(names)[0]} ${random() < 0.3 ? `${String.fromCharCode(65 + random() * 26)}. ` : ''}${zipf(names).at(-1)}`,
  );
  const run = (length: number): string[] => {
    const list: string[] = [];
    let word = zipf(vocabulary);
    while (list.length < length) {
      list.push(word);
      const next = random() < 0.6 ? followers.get(word) : undefined;
      word = next ? pick(next) : zipf(vocabulary);
    }
    return list;
  };
  const sentence = (length: number) => {
    const text = run(length).join(' ');
    return text.charAt(0).toUpperCase() + text.slice(1);
  };
  return () => {
    const sentences: string[] = [];
    for (let left = lengths.abstract * (0.6 + 0.8 * random()); left > 0; ) {
      const length = 12 + Math.floor(random() * 20);
      sentences.push(`${sentence(length)}.`);
      left -= length;
    }
    return {
      title: sentence(lengths.title - 3 + Math.floor(random() * 6)),
      abstract: sentences.join(' '),
      authors: Array.from({ length: 1 + Math.floor(8 * random() ** 2) }, () => zipf(people)),
      categories: pick(sample).categories ?? ['cs.LG'],
      keywords: [zipf(vocabulary), zipf(invented)],
    };
  };
}

function readSample(): SamplePaper[] {
  const folder = join(root, 'data', 'sample');
  return readdirSync(folder)
    .filter((name) => name.endsWith('.jsonl'))
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').trim().split('\n'))
    .map((line) => JSON.parse(line) as SamplePaper);
}

/** Where the archive is kept between runs; made when it is not there. Whoever opens a copy brings it up to date. */
export async function keepPapersDatabase(papers: number): Promise<string> {
  const file = join(tmpdir(), `paperboy-bench-papers-${papers}-${edition}.db`);
  if (existsSync(file)) return file;
  const draft = `${file}.${process.pid}`;
  try {
    await makePapersDatabase(draft, papers);
    renameSync(draft, file);
  } finally {
    for (const rest of ['', '-wal', '-shm']) rmSync(`${draft}${rest}`, { force: true });
  }
  return file;
}

async function makePapersDatabase(file: string, papers: number): Promise<void> {
  const store = openStore(file);
  try {
    // If it ends in between, it is begun anew.
    store.raw.pragma('synchronous = OFF');
    const topics = readTopicSeed(readFileSync(join(root, 'data', 'topics.json'), 'utf8'));
    await seedTopics(store.db, topics, benchNow);
    addPapers(store, papers);
    // What trended on the days of a year, too: every day stays to go back to.
    await rank(store, benchNow - dayMs);
    await rank(store, benchNow);
    await mergeArchive(store.db);
    store.raw.exec(
      `INSERT INTO trending_papers (span, trend_date, position, paper_id, note, made_at)
       WITH RECURSIVE days (back) AS (SELECT 1 UNION ALL SELECT back + 1 FROM days WHERE back < 365)
       SELECT span, date(trend_date, -back || ' days'), position, paper_id, note, made_at - back * ${dayMs}
       FROM trending_papers JOIN days WHERE trend_date = '2026-06-25'`,
    );
    store.raw.exec('ANALYZE');
    store.raw.pragma('wal_checkpoint(TRUNCATE)');
  } finally {
    await store.close();
  }
}

async function rank(store: Store, now: number): Promise<void> {
  const handle = openScratch();
  await rankArchive({ db: store.db, handle, now, windowMs: 3 * dayMs });
  handle.close();
}

function addPapers(store: Store, count: number): void {
  const random = createRandom(2);
  const write = makeWriter(1);
  const paper = store.raw.prepare(`INSERT INTO papers
    (id, key, title, abstract, authors, categories, keywords, announced_at, published_at, first_seen_at, last_seen_at, paper_url, pdf_url)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  const source = store.raw.prepare(
    `INSERT INTO paper_sources (paper_id, source, first_seen_at, last_seen_at) VALUES (?, ?, ?, ?)`,
  );
  const signal = store.raw.prepare(
    `INSERT INTO paper_signals (paper_id, source, kind, observed_at, value) VALUES (?, 'huggingface', ?, ?, ?)`,
  );
  const add = store.raw.transaction((from: number, to: number) => {
    for (let id = from; id < to; id++) {
      const at = benchNow - Math.floor((count - id) / aDay) * dayMs - Math.floor(random() * dayMs);
      const { title, abstract, ...lists } = write();
      const { authors, categories, keywords } = lists;
      const key = keyOf(id);
      const json = [authors, categories, keywords].map((list) => JSON.stringify(list));
      const links = [`https://arxiv.org/abs/${key}`, `https://arxiv.org/pdf/${key}`];
      paper.run(id, `arxiv:${key}`, title, abstract, ...json, at, at, at, benchNow, ...links);
      source.run(id, 'arxiv', at, at);
      if (id % 5 !== 0) continue;
      source.run(id, 'huggingface', at, at);
      for (let day = 0; day < 6 && at + day * dayMs < benchNow; day++) {
        signal.run(id, 'upvotes', at + day * dayMs, Math.floor(4 ** (4 * random()) + 3 * day));
        if (id % 10 === 0) signal.run(id, 'github_stars', at + day * dayMs, 10 * day + (id % 97));
      }
    }
  });
  for (let from = 1; from <= count; from += 2000) add(from, Math.min(count + 1, from + 2000));
}

export function keyOf(id: number): string {
  return `2606.${String(id).padStart(6, '0')}`;
}
