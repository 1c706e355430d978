// npm run bench:pages [-- --papers 100000 --file DB]
// Server time of each public page over a large archive, through the whole app, compressed as browsers ask for it: every
// address is new, so nothing is at hand but what the pages share. Made-up papers of the sample's sentences and words.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { rankArchive } from '../../src/archive/rank.ts';
import { openScratch } from '../../src/store/scratch.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { seedTopics } from '../../src/store/topics.ts';
import { readTopicSeed } from '../../src/topics/definition.ts';
import { createWeb } from '../../src/web/web.ts';

const { values } = parseArgs({
  options: { papers: { type: 'string', default: '100000' }, file: { type: 'string' } },
});
const count = Number(values.papers);
const dayMs = 24 * 3_600_000;
const now = Date.parse('2026-06-26T12:00:00Z');
/** Papers of a day: as many as arXiv announces in computer science. */
const aDay = 500;

/** Mulberry32: the same papers each time. */
let state = 1;
function random(): number {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}
const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;

const root = join(import.meta.dirname, '..', '..');
const sampleFolder = join(root, 'data', 'sample');
const sample = readdirSync(sampleFolder)
  .filter((name) => name.endsWith('.jsonl'))
  .flatMap((name) => readFileSync(join(sampleFolder, name), 'utf8').trim().split('\n'))
  .map(
    (line) =>
      JSON.parse(line) as { title: string; authors: string[]; summary: string; categories?: string[] },
  );
const sentences = sample.flatMap(({ summary }) => summary.split(/(?<=\.)\s+/));
const syllables =
  'ra ti on el mo da ge ne lu pi so ka ver min tor qua sen bal fi dro xen lam cor ste ju'.split(' ');
/** Words that only some papers have: Zipf's law, near enough. */
const rare = Array.from({ length: 20_000 }, () => Array.from({ length: 3 }, () => pick(syllables)).join(''));
const rareWord = () => rare[Math.floor(rare.length ** random()) - 1] as string;
const titleWords = sample.flatMap(({ title }) =>
  title.split(/[^A-Za-z-]+/).filter((word) => word.length > 3),
);

function seed(store: Store): void {
  // If it ends in between, it is begun anew.
  store.raw.pragma('synchronous = OFF');
  const paper = store.raw.prepare(`INSERT INTO papers
    (id, key, title, abstract, authors, categories, keywords, announced_at, published_at, first_seen_at, last_seen_at, paper_url, pdf_url)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  const signal = store.raw.prepare(
    `INSERT INTO paper_signals (paper_id, source, kind, observed_at, value) VALUES (?, 'huggingface', ?, ?, ?)`,
  );
  const write = store.raw.transaction((from: number, to: number) => {
    for (let id = from; id < to; id++) {
      const at = now - Math.floor((count - id) / aDay) * dayMs - Math.floor(random() * dayMs);
      const title = `${pick(titleWords)} ${rareWord()} ${pick(titleWords)}: ${pick(sample).title.split(':').at(-1)}`;
      const abstract = [
        ...Array.from({ length: 7 }, () => pick(sentences)),
        `${rareWord()} ${rareWord()}.`,
      ].join(' ');
      const key = `2606.${String(id).padStart(6, '0')}`;
      const { authors, categories = ['cs.LG'] } = pick(sample);
      const lists = [authors, categories, [rareWord(), pick(titleWords)]].map((list) => JSON.stringify(list));
      const links = [`https://arxiv.org/abs/${key}`, `https://arxiv.org/pdf/${key}`];
      paper.run(id, `arxiv:${key}`, title, abstract, ...lists, at, at, at, now, ...links);
      if (id % 5 === 0)
        for (let day = 0; day < 6 && at + day * dayMs < now; day++) {
          signal.run(id, 'upvotes', at + day * dayMs, Math.floor(4 ** (4 * random()) + 3 * day));
          if (id % 10 === 0) signal.run(id, 'github_stars', at + day * dayMs, 10 * day + (id % 97));
        }
    }
  });
  for (let from = 1; from <= count; from += 2000) write(from, Math.min(count + 1, from + 2000));
}

const folder = mkdtempSync(join(tmpdir(), 'paperboy-bench-'));
const file = values.file ?? join(folder, 'paperboy.db');
const isNew = !existsSync(file);
const store = openStore(file);
let started = performance.now();
const seconds = () => ((performance.now() - started) / 1000).toFixed(1);
if (isNew) {
  await seedTopics(store.db, readTopicSeed(readFileSync(join(root, 'data', 'topics.json'), 'utf8')), now);
  seed(store);
  console.log(`${count.toLocaleString('en')} papers written and indexed in ${seconds()} s`);
}
if (store.raw.prepare('SELECT 1 FROM trending_papers').get() === undefined) {
  started = performance.now();
  const handle = openScratch();
  const { candidates } = await rankArchive({ db: store.db, handle, now, windowMs: 3 * dayMs });
  handle.close();
  console.log(`${candidates.toLocaleString('en')} candidates ranked in ${seconds()} s`);
}

const web = createWeb({
  store,
  config: {
    secretKey: 'k'.repeat(43),
    web: { publicUrl: 'https://papers.example.org', host: '127.0.0.1', port: 0 },
  },
  clock: { now: () => now },
});

const many = (make: () => string, times = 60) => Array.from({ length: times }, make);
const search = (make: () => string, sort = '') =>
  many(() => `/search?q=${encodeURIComponent(make())}${sort}`);
const topics = store.raw.prepare('SELECT slug FROM topics').pluck().all() as string[];
const pages: [name: string, paths: string[]][] = [
  ['front page, each day anew', many(() => '/', 20)],
  ['this week, this month', many(() => pick(['/this-week', '/this-month']), 20)],
  ['topic', topics.map((slug) => `/topics/${slug}`)],
  ['paper', many(() => `/papers/arxiv:2606.${String(1 + Math.floor(random() * count)).padStart(6, '0')}`)],
  ['search: a rare word', search(rareWord)],
  ['search: a common word', search(() => pick(titleWords))],
  ['search: two words', search(() => `${pick(titleWords)} ${pick(titleWords)}`)],
  [
    'search: either of two, not a third',
    search(() => `(${pick(titleWords)} OR ${rareWord()}) -${pick(titleWords)}`),
  ],
  ['search: phrase', search(() => `"${pick(titleWords)} ${pick(['model', 'learning', 'language'])}"`)],
  ['search: prefix', search(() => `${pick(titleWords).slice(0, 4)}*`)],
  ['search: author', search(() => `au:"${pick(pick(sample).authors)}"`)],
  ['search: category and word', search(() => `cat:cs.CL ${pick(titleWords)}`)],
  ['search: free text', search(() => `like:"${pick(sentences).replaceAll('"', '')}"`)],
  [
    'search: two words, the newest first',
    search(() => `${pick(titleWords)} ${pick(titleWords)}`, '&sort=date'),
  ],
  ['feed of a topic', topics.map((slug) => `/topics/${slug}/feed.atom`)],
  ['feed of a search', many(() => `/search/feed.atom?q=${pick(titleWords)}`)],
];

const headers = { 'Accept-Encoding': 'gzip, br' };
for (const path of ['/', '/search?q=warm', '/topics']) await web.request(path, { headers });
console.log(`\n${'page'.padEnd(40)} median    p95    CPU     KB`);
for (const [name, paths] of pages) {
  const times: number[] = [];
  let bytes = 0;
  const cpu = process.cpuUsage();
  for (const path of paths) {
    const at = performance.now();
    const answer = await web.request(path, { headers });
    bytes += (await answer.arrayBuffer()).byteLength;
    times.push(performance.now() - at);
    if (answer.status !== 200) throw new Error(`${path} is answered with ${answer.status}`);
  }
  const { user, system } = process.cpuUsage(cpu);
  times.sort((a, b) => a - b);
  const told = [
    times[times.length >> 1] ?? 0,
    times[Math.floor(times.length * 0.95)] ?? 0,
    (user + system) / 1000 / paths.length,
  ];
  const size = (bytes / paths.length / 1000).toFixed(1);
  console.log(
    `${name.padEnd(40)} ${told.map((ms) => `${ms.toFixed(1)}`.padStart(6)).join(' ')} ${size.padStart(6)}`,
  );
}
console.log(`\n${Math.round(process.memoryUsage().rss / 2 ** 20)} MiB of memory; times in ms`);
await store.close();
rmSync(folder, { recursive: true, force: true });
