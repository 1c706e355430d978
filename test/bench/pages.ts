// npm run bench:pages [-- --papers 100000 --file DB]
// Server time of each public page over a large archive, through the whole app, compressed as browsers ask for it. Nearly every
// address is a new one, so nothing is at hand but what the pages share; `first` is the first request of its kind in this
// process, and the others are measured once some have gone before. Times are of the CPU, all threads together (`wall`: the median by the clock), so that a busy machine measures
// the same. The archive is made once and kept in the folder for temporary files (papers-database.ts).
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openApp, planDigests, sendDigests } from '../../src/app.ts';
import { fixedClock } from '../../src/clock.ts';
import { addSubscriber } from '../../src/subscribers/subscribers.ts';
import { signDeliveryToken } from '../../src/subscribers/tokens.ts';
import { createWeb } from '../../src/web/web.ts';
import { cpuMsOf } from '../support/cpu.ts';
import { createRandom } from '../support/random.ts';
import { benchNow, keepPapersDatabase, keyOf } from './papers-database.ts';

const { values } = parseArgs({
  options: {
    papers: { type: 'string', default: '100000' },
    file: { type: 'string' },
    only: { type: 'string', default: '' },
  },
});
const count = Number(values.papers);
const dayMs = 24 * 3_600_000;
/** What the median of every page is to stay under. */
const targetMs = 10;

const kept = values.file ?? (await keepPapersDatabase(count));
const folder = mkdtempSync(join(tmpdir(), 'paperboy-bench-'));
const file = join(folder, 'paperboy.db');
cpSync(kept, file);
const app = await openApp({
  env: {
    DATABASE_URL: `sqlite:${file}`,
    SECRET_KEY: 'k'.repeat(43),
    PUBLIC_URL: 'https://papers.example.org',
    OUTBOX_DIR: join(folder, 'outbox'),
    SOURCES: 'huggingface,arxiv',
  },
  cwd: folder,
  clock: fixedClock(benchNow),
});
const { store, config } = app;
const enough = { windowMs: 60_000, each: { network: 1e9, block: 1e9 }, all: 1e9 };
const web = createWeb({ ...app, searching: enough, log: { error: (what) => console.error(what) } });

const random = createRandom(7);
const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
const many = (make: () => string, times = 100) => Array.from({ length: times }, make);

// Queries name what is in the papers, as people's do: words and phrases of titles, authors, sentences of abstracts.
const paperAt = store.raw.prepare('SELECT title, abstract, authors FROM papers WHERE id = ?');
const somePaper = () => {
  const row = paperAt.get(1 + Math.floor(random() * count)) as Record<
    'title' | 'abstract' | 'authors',
    string
  >;
  return { title: row.title, abstract: row.abstract, authors: JSON.parse(row.authors) as string[] };
};
const wordsOf = (text: string) => text.split(/[^A-Za-z]+/).filter((word) => word.length > 3);
const word = () => pick(wordsOf(somePaper().title)) ?? 'model';
const rareWord = () => {
  const words = wordsOf(somePaper().abstract).filter((one) => /^[a-z]{8,}$/.test(one));
  return pick(words) ?? 'rare';
};
const common = 'model models language agents video robot training'.split(' ');
const phrase = () => {
  const words = somePaper().abstract.split(' ');
  const at = Math.floor(random() * (words.length - 2));
  return words
    .slice(at, at + 2)
    .join(' ')
    .replace(/[^a-z -]/gi, '');
};
const search = (make: () => string, more = '') =>
  many(() => `/search?q=${encodeURIComponent(make())}${more}`);

const readers = await addReaders(20);
const deliveries = store.raw
  .prepare(`SELECT id FROM deliveries WHERE status = 'sent'`)
  .pluck()
  .all() as number[];
const pathOf = (link: string) => new URL(link).pathname;
const links = (part: string) => readers.map(({ preferences }) => pathOf(preferences) + part);
const topics = store.raw
  .prepare(`SELECT slug FROM topics WHERE visibility = 'public' AND archived_at IS NULL`)
  .pluck()
  .all() as string[];
// Those of the other half were changed a moment ago.
const unranked = topics.filter((_, at) => at % 2 === 1);
for (const slug of unranked)
  store.raw
    .prepare('DELETE FROM topic_papers WHERE topic_id = (SELECT id FROM topics WHERE slug = ?)')
    .run(slug);
const ranked = topics.filter((slug) => !unranked.includes(slug));
const day = () => new Date(benchNow - Math.floor(1 + random() * 300) * dayMs).toISOString().slice(0, 10);
const secondPage = await Promise.all(
  many(() => `/search?q=${pick(common)}+${word()}`, 300).map(async (path) => {
    const text = await (await web.request(path)).text();
    const after = /rel="next" href="[^"]*after=(\d+)/.exec(text)?.[1];
    return after ? `${path}&after=${after}` : null;
  }),
);

const pages: [name: string, paths: string[]][] = [
  ['front page', many(() => '/', 30)],
  ['this week', many(() => '/this-week', 30)],
  ['this month', many(() => '/this-month', 30)],
  ['days to go back to', many(() => `/trending?before=${day()}`)],
  ['an earlier day', many(() => `/trending/${day()}`)],
  ['an earlier week', many(() => `/trending/${day()}/week`)],
  ['topics', many(() => '/topics', 30)],
  ['topic', ranked.map((slug) => `/topics/${slug}`)],
  ['topic, not ranked yet', unranked.map((slug) => `/topics/${slug}`)],
  ['paper', many(() => `/papers/arxiv:${keyOf(1 + Math.floor(random() * count))}`, 200)],
  ['search: nothing asked yet', many(() => '/search', 30)],
  ['search: a rare word', search(rareWord)],
  ['search: a word', search(word)],
  ['search: a word that most have', common.map((one) => `/search?q=${one}`)],
  ['search: two words', search(() => `${word()} ${word()}`)],
  ['search: a word and one that most have', search(() => `${word()} ${pick(common)}`)],
  ['search: either of two, not a third', search(() => `(${word()} OR ${rareWord()}) -${word()}`)],
  ['search: phrase', search(() => `"${phrase()}"`)],
  ['search: beginnings of words', search(() => `${word().slice(0, 3 + Math.floor(random() * 3))}*`)],
  ['search: author', search(() => `au:"${pick(somePaper().authors)}"`)],
  ['search: family name', search(() => `au:${pick(somePaper().authors).split(' ').at(-1)}`)],
  ['search: category and word', search(() => `cat:cs.CL ${word()}`)],
  ['search: category', ['cs.CL', 'cs.LG', 'cs.CV', 'cs.*'].map((one) => `/search?q=cat:${one}&sort=date`)],
  ['search: free text', search(() => `like:"${somePaper().abstract.split('. ')[0]}"`)],
  ['search: nothing found', search(() => `${rareWord()}zz`)],
  ['search: not understood', search(() => `(${word()} AND`)],
  ['search: two words, the newest first', search(() => `${word()} ${word()}`, '&sort=date')],
  ['search: the second page', secondPage.filter((path) => path !== null).slice(0, 60)],
  ['feed', many(() => '/feed.atom', 30)],
  ['feed, JSON', many(() => '/feed.json', 30)],
  ['feed of a topic', ranked.map((slug) => `/topics/${slug}/feed.atom`)],
  ['feed of a search', many(() => `/search/feed.atom?q=${word()}`)],
  ['sitemap', many(() => '/sitemap.xml', 30)],
  ['robots.txt', many(() => '/robots.txt', 30)],
  ['subscribe', many(() => `/subscribe?topic=${pick(topics)}`)],
  ['subscribe to a search', many(() => `/subscribe?query=${word()}`)],
  ['preferences', links('')],
  ['preferences: topics', links('/topics')],
  ['preferences: digests', links('/digests')],
  ['preferences: account', links('/account')],
  ['unsubscribe', readers.map(({ unsubscribe }) => pathOf(unsubscribe))],
  ['digest', deliveries.map((id) => `/digest/${tokenOf('view', id)}`)],
  ['more like this', deliveries.map((id) => `/like/${tokenOf('feedback', id)}/1/more`)],
];

const headers = { 'Accept-Encoding': 'gzip, br' };
const slow: string[] = [];
console.log(`\n${'CPU ms'.padEnd(40)}  first median    p95   wall     KB`);
for (const [name, paths] of pages.filter(([name]) => name.startsWith(values.only))) {
  const cpuMs: number[] = [];
  const wallMs: number[] = [];
  let bytes = 0;
  // A server that has been asked such things before: a fifth of the addresses, or all where there are few, come first.
  const warming = paths.slice(0, paths.length < 50 ? paths.length : paths.length / 5);
  const first = await cpuMsOf(() => web.request(warming[0] ?? '/', { headers }));
  for (const path of warming.slice(1)) await web.request(path, { headers });
  for (const path of paths.length < 50 ? paths : paths.slice(warming.length)) {
    const before = process.cpuUsage();
    const at = performance.now();
    const answer = await web.request(path, { headers });
    bytes += (await answer.arrayBuffer()).byteLength;
    wallMs.push(performance.now() - at);
    const { user, system } = process.cpuUsage(before);
    cpuMs.push((user + system) / 1000);
    if (answer.status !== 200) throw new Error(`${path} is answered with ${answer.status}`);
  }
  const [median, p95] = [quantile(cpuMs, 0.5), quantile(cpuMs, 0.95)];
  if (median > targetMs) slow.push(name);
  const figures = [first, median, p95, quantile(wallMs, 0.5), bytes / cpuMs.length / 1000];
  const told = figures.map((figure) => figure.toFixed(1).padStart(6)).join(' ');
  console.log(`${name.padEnd(40)} ${told}${median > targetMs ? '  slow' : ''}`);
}
console.log(`\n${Math.round(process.memoryUsage().rss / 2 ** 20)} MiB of memory`);
console.log(slow.length === 0 ? `All under ${targetMs} ms.` : `Over ${targetMs} ms: ${slow.join(', ')}.`);
await app.close();
rmSync(folder, { recursive: true, force: true });

function quantile(list: readonly number[], share: number): number {
  return list.toSorted((a, b) => a - b)[Math.floor((list.length - 1) * share)] ?? 0;
}

/** Readers who got a digest this morning; their links. */
async function addReaders(number: number): Promise<{ preferences: string; unsubscribe: string }[]> {
  const slugs = store.raw.prepare('SELECT slug FROM topics ORDER BY id').pluck().all() as string[];
  const found: { preferences: string; unsubscribe: string }[] = [];
  for (let n = 0; n < number; n++) {
    const wish = {
      email: `reader${n}@example.org`,
      topics: [pick(slugs), pick(slugs)],
      time: '08:00',
      timezone: 'UTC',
    };
    const added = await addSubscriber(store.db, wish, config.digest, benchNow - dayMs, app.hashAddress);
    if (!added.ok) throw new Error(added.problems.map(({ message }) => message).join(' '));
    found.push(app.links({ subscriberId: added.subscriber.id, linkEpoch: 0 }, 0));
  }
  await planDigests(app);
  await sendDigests(app);
  return found;
}

function tokenOf(purpose: 'view' | 'feedback', deliveryId: number): string {
  return signDeliveryToken({ purpose, deliveryId, linkEpoch: 0 }, config.secretKey);
}
