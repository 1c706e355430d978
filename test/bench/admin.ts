// npm run bench:admin [-- --subscribers 100000 --file DB]
// Server time of each admin page with 100,000 subscribers, 1,000 topics and 30 days of deliveries, through the whole
// app. The database is made once and kept in the folder for temporary files (admin-database.ts).
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createSignInLimits } from '../../src/admins/limits.ts';
import { createPasswords } from '../../src/admins/passwords.ts';
import { openApp } from '../../src/app.ts';
import { fixedClock } from '../../src/clock.ts';
import { hashAddresses } from '../../src/store/subscriber-hashes.ts';
import { createWeb } from '../../src/web/web.ts';
import { benchNow, keepAdminDatabase, usualSize } from './admin-database.ts';

const { values } = parseArgs({
  options: {
    subscribers: { type: 'string', default: String(usualSize.subscribers) },
    file: { type: 'string' },
  },
});
const subscribers = Number(values.subscribers);
/** What every page is to stay under. */
const targetMs = 100;
const times = 7;

let started = performance.now();
const kept = values.file ?? (await keepAdminDatabase({ ...usualSize, subscribers }));
console.log(`${kept} after ${((performance.now() - started) / 1000).toFixed(1)} s`);
const folder = mkdtempSync(join(tmpdir(), 'paperboy-bench-'));
const file = join(folder, 'paperboy.db');
cpSync(kept, file);

const password = 'a password for measuring';
const app = await openApp({
  env: {
    DATABASE_URL: `sqlite:${file}`,
    SECRET_KEY: 'k'.repeat(43),
    PUBLIC_URL: 'http://localhost:8080',
    ADMIN_PASSWORD: password,
    SOURCES: 'huggingface,arxiv',
  },
  cwd: folder,
  clock: fixedClock(benchNow),
});
const web = createWeb({
  ...app,
  signIn: { passwords: createPasswords({ N: 16, r: 8, p: 1 }), limits: createSignInLimits() },
  log: { error: (what) => console.error(what) },
});

const signIn = await web.request('/admin/sign-in', {
  method: 'POST',
  body: new URLSearchParams({ name: 'admin', password }).toString(),
  headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
});
const headers = { Cookie: signIn.headers.getSetCookie()[0]?.split(';')[0] ?? '' };
const one = (sql: string) => app.store.raw.prepare(sql).pluck().get();
const someone = one(`SELECT id FROM subscribers WHERE status = 'active' AND id > ${subscribers / 2} LIMIT 1`);
const address = one(`SELECT email FROM subscribers WHERE id = ${someone}`);
const sent = one(`SELECT max(id) FROM deliveries WHERE status = 'sent'`);
const middle = one('SELECT max(id) / 2 FROM deliveries');
const run = (kind: string) => one(`SELECT max(id) FROM ${kind}_runs`);

const pages: [name: string, path: string][] = [
  ['overview', '/admin'],
  ['overview of a year', '/admin?days=365'],
  ['topics', '/admin/topics'],
  ['a topic that a third follow', '/admin/topics/everything'],
  ['a topic that few follow', '/admin/topics/topic-900'],
  ['a new topic', '/admin/topics/-/new'],
  ['what a query matches', '/admin/topics/-/preview?query=folding+OR+towels&id=1'],
  ['subscribers', '/admin/subscribers'],
  ['subscribers: the middle of the list', `/admin/subscribers?before=${subscribers / 2}`],
  ['subscribers: part of an address', '/admin/subscribers?search=reader777'],
  ['subscribers: an address nobody has', '/admin/subscribers?search=nobody-at-all'],
  ['subscribers: paused', '/admin/subscribers?status=paused'],
  ['subscribers: of a topic', '/admin/subscribers?topic=everything'],
  ['subscribers: of a topic and a zone', '/admin/subscribers?topic=topic-900&timezone=Asia/Tokyo'],
  ['subscribers: suppressed', '/admin/subscribers?suppressed=yes'],
  ['subscribers: without a digest', '/admin/subscribers?noDigestSince=2026-06-15&status=active'],
  ['a subscriber', `/admin/subscribers/${someone}`],
  ['add a subscriber', '/admin/subscribers/-/new'],
  ['import', '/admin/subscribers/-/import'],
  ['deliveries', '/admin/deliveries'],
  ['deliveries: the middle of the list', `/admin/deliveries?before=${middle}`],
  ['deliveries: failed', '/admin/deliveries?status=failed'],
  ['deliveries: uncertain', '/admin/deliveries?status=uncertain'],
  ['deliveries: of a day', '/admin/deliveries?date=2026-06-10'],
  ['deliveries: of a day, by reason', '/admin/deliveries?date=2026-06-10&reason=nothing_new'],
  ['deliveries: of a topic', '/admin/deliveries?topic=topic-900'],
  ['deliveries: to somebody', `/admin/deliveries?email=${address}`],
  ['a delivery', `/admin/deliveries/${sent}`],
  ['the mail of a delivery', `/admin/deliveries/${sent}/mail`],
  ['many deliveries at once', '/admin/deliveries/many?act=retry&status=failed'],
  ['runs', '/admin/runs'],
  ['what goes out next', '/admin/runs/next'],
  ['what goes out tomorrow', '/admin/runs/next?date=2026-06-23&time=08:00&zone=UTC'],
  ...(['ingest', 'plan', 'send'] as const).flatMap((kind): [string, string][] => [
    [`runs: ${kind}`, `/admin/runs/${kind}`],
    [`a run: ${kind}`, `/admin/runs/${kind}/${run(kind)}`],
  ]),
  ['templates', '/admin/templates'],
  ['a template', '/admin/templates/files/digest.mjml'],
  ['a mail of today', `/admin/templates/preview?email=${address}&date=2026-06-22`],
  ['a mail of tomorrow', `/admin/templates/preview?email=${address}&date=2026-06-23`],
  ['audit', '/admin/audit'],
  ['audit: of an act', '/admin/audit?act=pause&by=cli'],
  ['audit: of a day', '/admin/audit?day=2026-06-15'],
  ['audit: of a subscriber', `/admin/audit?about=subscriber&id=${someone}`],
  ['account', '/admin/account'],
];

// As a server does after its start, in slices between pages.
started = performance.now();
await hashAddresses(app.store.db, app.hashAddress);
console.log(`addresses hashed in ${((performance.now() - started) / 1000).toFixed(1)} s`);

const slow: string[] = [];
console.log(`\n${'page'.padEnd(40)}  first median    CPU     KB`);
for (const [name, path] of pages) {
  const took: number[] = [];
  let bytes = 0;
  let cpuMs = 0;
  for (let n = 0; n < times; n++) {
    const cpu = process.cpuUsage();
    started = performance.now();
    const answer = await web.request(path, { headers });
    bytes = (await answer.arrayBuffer()).byteLength;
    took.push(performance.now() - started);
    const { user, system } = process.cpuUsage(cpu);
    if (n > 0) cpuMs += (user + system) / 1000 / (times - 1);
    if (answer.status !== 200) throw new Error(`${path} is answered with ${answer.status}`);
  }
  const [first = 0] = took;
  const median = took.toSorted((a, b) => a - b)[times >> 1] ?? 0;
  if (median > targetMs) slow.push(name);
  const figures = [first, median, cpuMs].map((ms) => ms.toFixed(1).padStart(6)).join(' ');
  console.log(
    `${name.padEnd(40)} ${figures} ${(bytes / 1000).toFixed(1).padStart(6)}${median > targetMs ? '  slow' : ''}`,
  );
}

// One change for all of a time zone: how it is counted, how long it takes, and how long a page waits meanwhile.
await measureBulk();

// What is not on the list is not measured: say so. Left out are what is not signed in, downloads, and acts under way.
const isPage = ({ method, path }: { method: string; path: string }) =>
  method === 'GET' && path.startsWith('/admin') && !/sign-in|join|\.(csv|jsonl)$|:act|import\/:id/.test(path);
const patternOf = (path: string) =>
  new RegExp(`^${path.replace(/:\w+\{((?:[^{}]|\{[^{}]*\})*)\}/g, '($1)').replace(/:\w+/g, '[^/]+')}$`);
const asked = pages.map(([, path]) => path.split('?')[0] ?? '');
const left = [...new Set(web.routes.filter(isPage).map(({ path }) => path))].filter(
  (path) => !asked.some((own) => patternOf(path).test(own)),
);
console.log(
  [
    '',
    `${Math.round(process.memoryUsage().rss / 2 ** 20)} MiB of memory; times in ms, "first" with nothing at hand`,
    slow.length === 0 ? `Every page stays under ${targetMs} ms.` : `Over ${targetMs} ms: ${slow.join(', ')}.`,
    ...(left.length === 0 ? [] : [`Not measured: ${left.join(', ')}`]),
  ].join('\n'),
);
await app.close();
rmSync(folder, { recursive: true, force: true });

async function measureBulk(): Promise<void> {
  const text = async (path: string) => await (await web.request(path, { headers })).text();
  const formToken = /name="form_token" value="([^"]+)"/.exec(await text('/admin/subscribers'))?.[1] ?? '';
  const send = (fields: Record<string, string>) =>
    web.request('/admin/subscribers/-/bulk', {
      method: 'POST',
      body: new URLSearchParams({
        form_token: formToken,
        whom: 'all',
        timezone: 'Asia/Tokyo',
        ...fields,
      }).toString(),
      headers: { ...headers, 'Content-Type': 'application/x-www-form-urlencoded' },
    });
  const change = { act: 'schedule', bulk_time: '07:00' };
  started = performance.now();
  const asked = await (await send(change)).text();
  const countMs = performance.now() - started;
  const expected = /name="expected" value="(\d+)"/.exec(asked)?.[1] ?? '';
  const cpu = process.cpuUsage();
  started = performance.now();
  const path = (await send({ ...change, expected })).headers.get('Location') ?? '';
  const waits: number[] = [];
  let page = await text(path);
  while (!page.includes('Done:')) {
    if (!page.includes('So far')) throw new Error(`a change for many ended otherwise: ${page}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
    const at = performance.now();
    page = await text(path);
    waits.push(performance.now() - at);
  }
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  waits.sort((a, b) => a - b);
  const [median = 0, p95 = 0, longest = 0] = [0.5, 0.95, 1].map(
    (share) => waits[Math.floor((waits.length - 1) * share)],
  );
  console.log(
    `\na change for ${Number(expected).toLocaleString('en')} subscribers: counted in ${countMs.toFixed(0)} ms, made in ${seconds.toFixed(0)} s ` +
      `(${((user + system) / 1e6).toFixed(0)} s of the CPU); a page meanwhile waits ${median.toFixed(0)} ms, p95 ${p95.toFixed(0)}, at most ${longest.toFixed(0)}`,
  );
}
