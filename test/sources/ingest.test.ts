import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { fixedClock } from '../../src/clock.ts';
import { createSource, createSources, type SourceName } from '../../src/sources/create-sources.ts';
import { isAnySourceLate, summariseFreshness } from '../../src/sources/freshness.ts';
import { makeHttp } from '../../src/sources/http.ts';
import { ingest } from '../../src/sources/ingest.ts';
import { listIngestRuns, startIngestRun } from '../../src/store/ingest-runs.ts';
import { countPapers, findPaper, loadSignals } from '../../src/store/papers.ts';
import type { Store } from '../../src/store/store.ts';
import { newStore } from '../support/store.ts';
import { serve, type TestServer } from './server.ts';

let store: Store;
beforeEach(() => {
  store = newStore();
});
afterEach(() => store.close());

/** What the test server holds: Hugging Face days by date, the feed's entries, and all that arXiv knows. */
interface World {
  days: Record<string, { id: string; upvotes: number }[]>;
  feed: string[];
  api: string[];
  broken?: 'huggingface' | 'arxiv';
}

const title = (id: string): string => `The paper of number ${id} and its long title`;
const daily = (one: { id: string; upvotes: number }) => ({
  paper: { id: one.id, title: title(one.id), upvotes: one.upvotes, summary: `Abstract ${one.id}.` },
  numComments: 0,
});
const entry = (id: string): string =>
  `<entry><id>http://arxiv.org/abs/${id}v1</id><title>${title(id)}</title><summary>Abstract ${id}.</summary>` +
  `<published>2026-06-22T10:00:00Z</published><updated>2026-06-22T10:00:00Z</updated><category term="cs.CL"/></entry>`;
const announced = (id: string): string =>
  `<entry><id>oai:arXiv.org:${id}v1</id><title>${title(id)}</title><summary>arXiv:${id}v1 Announce Type: new\nAbstract: Abstract ${id}.</summary>` +
  `<category term="cs.CL"/><published>2026-06-24T00:00:00-04:00</published></entry>`;

function serveWorld(world: World): Promise<TestServer> {
  return serve((request, response) => {
    const url = new URL(request.url ?? '/', 'http://x');
    const isHuggingface = url.pathname === '/api/daily_papers';
    if (world.broken === (isHuggingface ? 'huggingface' : 'arxiv')) return response.writeHead(500).end();
    if (isHuggingface) {
      const date = url.searchParams.get('date') as string;
      if (date > '2026-06-24') return response.writeHead(400).end('{"error":"Invalid date"}');
      return response.end(JSON.stringify((world.days[date] ?? []).map(daily)));
    }
    if (url.pathname.startsWith('/atom/'))
      return response.end(
        `<feed><id>http://rss.arxiv.org${url.pathname}</id>${world.feed.map(announced).join('')}</feed>`,
      );
    const asked = url.searchParams.get('id_list')?.split(',');
    const ids = asked ? world.api.filter((id) => asked.includes(id)) : world.api;
    const start = Number(url.searchParams.get('start') ?? 0);
    const page = ids.slice(start, start + 2);
    response.end(
      `<feed><opensearch:totalResults>${ids.length}</opensearch:totalResults>${page.map(entry).join('')}</feed>`,
    );
  });
}

async function run(
  server: TestServer,
  at: string,
  more: { sources?: SourceName[]; sinceDate?: string } = {},
) {
  const sources = createSources({
    sources: more.sources ?? ['arxiv', 'huggingface', 'file'],
    huggingfaceUrl: server.url,
    arxivApiUrl: `${server.url}/`,
    arxivFeedUrl: server.url,
    arxivCategories: ['cs.CL', 'cs.AI'],
  });
  let now = 0;
  const sleep = async (ms: number): Promise<void> => {
    now += ms;
  };
  const http = makeHttp({ db: store.db, version: '0', contact: null, sleep, now: () => now, retries: 1 });
  return ingest({
    db: store.db,
    sources,
    clock: fixedClock(Date.parse(at)),
    http,
    sinceDate: more.sinceDate ?? null,
    arxivCategories: ['cs.CL', 'cs.AI'],
  });
}

describe('ingest over the network', () => {
  it('asks Hugging Face for today and the seven days before, and arXiv for the categories it lacks', async () => {
    const server = await serveWorld({
      days: {
        '2026-06-23': [{ id: '2606.00001', upvotes: 3 }],
        '2026-06-24': [{ id: '2606.00002', upvotes: 9 }],
      },
      feed: ['2606.00003'],
      api: ['2606.00001', '2606.00002'],
    });
    const reports = await run(server, '2026-06-24T12:00:00Z');
    expect(reports.map((one) => [one.source, one.status, one.newPapers, one.newSignals])).toEqual([
      ['huggingface', 'ok', 2, 4],
      ['arxiv', 'ok', 1, 0],
    ]);
    expect(server.paths()).toEqual([
      ...['17', '18', '19', '20', '21', '22', '23', '24'].map(
        (day) => `/api/daily_papers?date=2026-06-${day}&limit=100&p=0`,
      ),
      '/atom/cs.CL+cs.AI',
      '/api/query?id_list=2606.00002,2606.00001&max_results=2',
    ]);
    expect(await findPaper(store.db, 'arxiv:2606.00001')).toMatchObject({
      categories: ['cs.CL'],
      sources: ['arxiv', 'huggingface'],
    });
    expect(reports.map((one) => one.freshness[0]?.state)).toEqual(['fresh', 'fresh']);
  });

  it('takes a refused date that has not begun at Hugging Face for an empty one', async () => {
    const server = await serveWorld({
      days: { '2026-06-24': [{ id: '2606.00001', upvotes: 1 }] },
      feed: [],
      api: [],
    });
    const [report] = await run(server, '2026-06-25T00:00:01Z', { sources: ['huggingface'] });
    expect(report).toMatchObject({ status: 'ok', newPapers: 1, error: null });
  });

  it('follows votes from day to day at the instants of the clock', async () => {
    const world: World = { days: { '2026-06-22': [{ id: '2606.00001', upvotes: 3 }] }, feed: [], api: [] };
    const server = await serveWorld(world);
    await run(server, '2026-06-22T12:00:00Z', { sources: ['huggingface'] });
    world.days['2026-06-22'] = [{ id: '2606.00001', upvotes: 44 }];
    await run(server, '2026-06-23T12:00:00Z', { sources: ['huggingface'] });
    const paper = await findPaper(store.db, 'arxiv:2606.00001');
    const signals = (await loadSignals(store.db, [paper?.id as number], Date.parse('2026-07-01')))
      .values()
      .next();
    expect(signals.value?.filter((one) => one.kind === 'upvotes')).toEqual([
      { source: 'huggingface', kind: 'upvotes', value: 3, observedAt: Date.parse('2026-06-22T12:00:00Z') },
      { source: 'huggingface', kind: 'upvotes', value: 44, observedAt: Date.parse('2026-06-23T12:00:00Z') },
    ]);
  });

  it.each(['huggingface', 'arxiv'] as const)(
    'goes on with the others when %s fails, and says so',
    async (broken) => {
      const server = await serveWorld({
        days: { '2026-06-24': [{ id: '2606.00001', upvotes: 3 }] },
        feed: ['2606.00003'],
        api: ['2606.00001'],
        broken,
      });
      const reports = await run(server, '2026-06-24T12:00:00Z');
      const failed = reports.find((one) => one.source === broken);
      expect(failed).toMatchObject({ status: 'failed', records: 0 });
      expect(failed?.freshness[0]?.state).toBe('failing');
      expect(failed?.error).toMatch(/answers 500 Internal Server Error \(tried 2 times\)/);
      expect(reports.find((one) => one.source !== broken)).toMatchObject({
        error: null,
        status: 'ok',
        newPapers: 1,
      });
      const runs = await listIngestRuns(store.db, { limit: 10 });
      expect(runs.map((one) => [one.source, one.status, one.new_papers])).toEqual([
        ['arxiv', broken === 'arxiv' ? 'failed' : 'ok', broken === 'arxiv' ? 0 : 1],
        ['huggingface', broken === 'arxiv' ? 'ok' : 'failed', broken === 'arxiv' ? 1 : 0],
      ]);
      expect(await isAnySourceLate(store.db, { now: Date.parse('2026-06-24T12:30:00Z') })).toBe(true);
    },
  );

  it('backfills each day of Hugging Face and all pages of arXiv since a date', async () => {
    const server = await serveWorld({ days: {}, feed: [], api: ['2606.00001', '2606.00002', '2606.00003'] });
    const reports = await run(server, '2026-06-24T12:00:00Z', { sinceDate: '2026-06-22' });
    expect(reports.map((one) => one.newPapers)).toEqual([0, 3]);
    const query =
      'search_query=(cat:cs.CL OR cat:cs.AI) AND submittedDate:[202606220000 TO 202606241200]'.replaceAll(
        ' ',
        '+',
      );
    expect(server.paths()).toEqual([
      ...['22', '23', '24'].map((day) => `/api/daily_papers?date=2026-06-${day}&limit=100&p=0`),
      `/api/query?${query}&start=0&max_results=500&sortBy=submittedDate&sortOrder=ascending`,
      `/api/query?${query}&start=2&max_results=500&sortBy=submittedDate&sortOrder=ascending`,
      '/atom/cs.CL+cs.AI',
    ]);
  });

  it('finds a stale feed late, polls again, and backfills what was missed', async () => {
    const world: World = { days: {}, feed: ['2606.00001'], api: [] };
    const server = await serveWorld(world);
    const only = { sources: ['arxiv'] as SourceName[] };
    await run(server, '2026-06-23T05:00:00Z', only);
    const [stale] = await run(server, '2026-06-24T09:00:00Z', only);
    expect(stale).toMatchObject({ status: 'ok', newPapers: 0 });
    expect(stale?.freshness[0]).toMatchObject({ state: 'late', shouldPollAgain: true, missed: 1 });
    world.feed = ['2606.00009'];
    world.api = ['2606.00005'];
    const [caughtUp] = await run(server, '2026-06-25T05:00:00Z', only);
    expect(caughtUp).toMatchObject({ newPapers: 2, status: 'ok' });
    expect(server.paths().at(-2)).toContain('submittedDate:[202606190000+TO+202606250500]');
    const [whole] = await summariseFreshness(store.db, { now: Date.parse('2026-06-25T06:00:00Z') });
    expect(whole).toMatchObject({ state: 'fresh', missed: 0 });
  });

  it.each(['yesterday', '2026-13-01', '2027-01-01'])('refuses to backfill from %s', async (sinceDate) => {
    const server = await serveWorld({ days: {}, feed: [], api: [] });
    await expect(run(server, '2026-06-24T12:00:00Z', { sinceDate })).rejects.toThrow(/backfill/);
    expect(server.requests).toHaveLength(0);
  });

  it("hands on arXiv's own words when it refuses a query", async () => {
    const refusal =
      '<feed><opensearch:totalResults>1</opensearch:totalResults><entry><id>https://arxiv.org/api/errors#x</id><title>Error</title><summary>incorrect id format for abc</summary></entry></feed>';
    const server = await serve((_, response) => response.writeHead(400).end(refusal));
    const [report] = await run(server, '2026-06-24T12:00:00Z', {
      sources: ['arxiv'],
      sinceDate: '2026-06-20',
    });
    expect(report?.error).toContain('incorrect id format for abc');
  });
});

describe('ingest from a file', () => {
  const offline = { huggingfaceUrl: '', arxivApiUrl: '', arxivFeedUrl: '', arxivCategories: ['cs.CL'] };
  async function readFile(source: SourceName, content: string | null) {
    const folder = await mkdtemp(join(tmpdir(), 'paperboy-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = join(folder, 'saved.json');
    if (content !== null) writeFileSync(file, content);
    const sources = [createSource(source, offline)];
    const [report] = await ingest({ db: store.db, sources, clock: fixedClock(1_780_000_000_000), file });
    return report;
  }

  it('keeps the good records of a payload with bad ones, and both counts', async () => {
    const report = await readFile(
      'huggingface',
      JSON.stringify([daily({ id: '2606.00001', upvotes: 1 }), { paper: {} }]),
    );
    expect(report).toMatchObject({ status: 'partial', records: 1, newPapers: 1, rejected: 1, error: null });
    const [row] = await listIngestRuns(store.db, { limit: 1 });
    expect(JSON.parse(row?.problems as string)).toEqual([
      { where: 'saved.json[1]', message: expect.any(String) },
    ]);
    expect(row).toMatchObject({ status: 'partial', records: 1, rejected: 1, finished_at: 1_780_000_000_000 });
  });

  it('fails with one clear error for a payload of another kind, and for none', async () => {
    expect(await readFile('huggingface', '<html>')).toMatchObject({
      status: 'failed',
      error: expect.stringContaining('saved.json is not JSON'),
    });
    expect(await readFile('file', null)).toMatchObject({
      status: 'failed',
      error: expect.stringContaining('ENOENT'),
    });
    expect(await countPapers(store.db)).toBe(0);
  });

  it('fails when no record at all can be read, naming the first', async () => {
    expect(await readFile('file', '[{"id":"2606.00001"}]')).toMatchObject({
      status: 'failed',
      rejected: 1,
      error: 'None of the 1 records could be read; the first: saved.json[0] (2606.00001): it has no title.',
    });
  });

  it('asks nobody and is never late', async () => {
    await readFile('arxiv', JSON.stringify({ id: '2606.00001', title: title('2606.00001') }));
    expect(await countPapers(store.db)).toBe(1);
    expect(await summariseFreshness(store.db, { now: Date.parse('2030-01-01') })).toEqual([]);
  });

  it('closes a run that a killed process left open', async () => {
    await startIngestRun(store.db, 'file', 1000);
    await readFile('file', '[]');
    const runs = await listIngestRuns(store.db, { limit: 5, source: 'file' });
    expect(runs.map((one) => [one.status, one.error])).toEqual([
      ['ok', null],
      ['failed', 'It was interrupted.'],
    ]);
  });
});
