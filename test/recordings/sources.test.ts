import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { fixedClock } from '../../src/clock.ts';
import type { PaperRecord } from '../../src/papers/paper.ts';
import { parseArxiv } from '../../src/sources/arxiv.ts';
import { createSource, type SourceName } from '../../src/sources/create-sources.ts';
import { parsePapers } from '../../src/sources/file.ts';
import { parseDailyPapers } from '../../src/sources/huggingface.ts';
import { type IngestReport, ingest } from '../../src/sources/ingest.ts';
import { SourceError } from '../../src/sources/source.ts';
import { countPapers, findPaper, loadCandidates } from '../../src/store/papers.ts';
import type { Store } from '../../src/store/store.ts';
import { newStore } from '../support/store.ts';

const shared = process.env.PAPERBOY_RECORDINGS ?? '';
const recordings = join(shared, 'recordings');
const filesOf = (folder: string): string[] => readdirSync(join(recordings, folder)).sort();
const bytesOf = (folder: string, file: string): Buffer => readFileSync(join(recordings, folder, file));
const textOf = (folder: string, file: string): string => bytesOf(folder, file).toString('utf8');
const contextOf = (fileName: string) => ({ fileName, at: Date.parse('2026-08-01') });
// The counts below are made without the program: by JSON.parse and regular expressions alone.
const count = (text: string, pattern: RegExp): number => text.match(pattern)?.length ?? 0;

// biome-ignore lint/suspicious/noExplicitAny: raw JSON, read as it lies
type Raw = any;

describe.skipIf(!existsSync(recordings))('recorded answers', () => {
  it('44 Hugging Face days are read whole, each field from where it stands', () => {
    const files = filesOf('huggingface');
    expect(files).toHaveLength(44);
    let total = 0;
    for (const file of files) {
      const raws: Raw[] = JSON.parse(textOf('huggingface', file));
      const { records, problems } = parseDailyPapers(bytesOf('huggingface', file), contextOf(file));
      expect(problems, file).toEqual([]);
      expect(records, file).toHaveLength(raws.length);
      total += records.length;
      for (const [index, raw] of raws.entries()) {
        const { paper, signals } = records[index] as PaperRecord;
        expect(paper.key).toBe(`arxiv:${raw.paper.id}`);
        expect(paper.title).toBe(raw.paper.title.replace(/\s+/g, ' ').trim());
        expect(paper.abstract).toBe(raw.paper.summary.trim());
        expect(paper.authors.length).toBe(new Set(raw.paper.authors.map((one: Raw) => one.name)).size);
        expect(paper.tldr).toBe(raw.paper.ai_summary?.trim() ?? null);
        expect(paper.announcedAt).toBe(Date.parse(file.slice(0, 10)));
        expect(paper.organization).toBe(raw.paper.organization?.fullname.trim() ?? null);
        expect(paper.codeUrl === null).toBe(raw.paper.githubRepo === undefined);
        expect(paper.projectUrl === null).toBe(raw.paper.projectPage === undefined);
        expect(Object.fromEntries(signals.map((one) => [one.kind, one.value]))).toEqual({
          upvotes: raw.paper.upvotes,
          comments: raw.numComments,
          ...('githubStars' in raw.paper ? { github_stars: raw.paper.githubStars } : {}),
        });
      }
    }
    expect(total).toBe(1041);
  });

  it('21 answers of the query API are read, and the error among them is an error', () => {
    const files = filesOf('arxiv-atom');
    expect(files).toHaveLength(21);
    for (const file of files) {
      const text = textOf('arxiv-atom', file);
      if (file.includes('.400.')) {
        expect(() => parseArxiv(text, contextOf(file))).toThrow(SourceError);
        expect(() => parseArxiv(text, contextOf(file))).toThrow(/incorrect id format for abc/);
        continue;
      }
      const { records, problems } = parseArxiv(text, contextOf(file));
      expect(problems, file).toEqual([]);
      expect(records, file).toHaveLength(count(text, /<entry>/g));
      const entries = text.split('<entry>').slice(1);
      for (const [index, entry] of entries.entries()) {
        const { paper } = records[index] as PaperRecord;
        const [, id, version] = /<id>http:\/\/arxiv\.org\/abs\/([^<]+?)v(\d+)<\/id>/.exec(entry) ?? [];
        expect(paper).toMatchObject({ key: `arxiv:${id}`, version: Number(version), announcedAt: null });
        expect(paper.categories[0]).toBe(/<arxiv:primary_category term="([^"]+)"/.exec(entry)?.[1]);
        expect(paper.categories).toHaveLength(count(entry, /<category term="[a-z-]+(\.[A-Za-z-]+)?"/g));
        expect(paper.authors.length).toBe(
          new Set([...entry.matchAll(/<name>([^<]*)<\/name>/g)].map((name) => name[1])).size,
        );
        expect(paper.title).not.toMatch(/\s{2}|\n/);
        expect(paper.publishedAt).toBe(Date.parse(/<published>([^<]+)/.exec(entry)?.[1] as string));
      }
    }
  });

  it('the announcement feed is read, versions, types and raw TeX names and all', () => {
    const [file] = filesOf('arxiv-rss') as [string];
    const text = textOf('arxiv-rss', file);
    const { records, problems } = parseArxiv(text, contextOf(file));
    expect(problems).toEqual([]);
    expect(records).toHaveLength(count(text, /<entry>/g));
    expect(records.map(({ paper }) => paper.authors.join(', '))).toEqual(
      [...text.matchAll(/<dc:creator>([^<]*)/g)].map((creator) => creator[1]),
    );
    for (const { paper } of records) {
      expect(paper.abstract).not.toMatch(/Announce Type|^Abstract/);
      expect(paper).toMatchObject({ version: 1, announcedAt: Date.parse('2025-08-20T04:00:00Z') });
    }
  });

  it('8 days of arXiv listings are read, gzipped, through the file and the arXiv source alike', () => {
    const files = filesOf('arxiv-papers');
    expect(files).toHaveLength(8);
    let total = 0;
    for (const file of files) {
      const bytes = bytesOf('arxiv-papers', file);
      const rows = gunzipSync(bytes).toString('utf8').trimEnd().split('\n');
      const { records, problems } = parsePapers(bytes, contextOf(file));
      expect(problems).toEqual([]);
      expect(parseArxiv(bytes, contextOf(file)).records).toEqual(records);
      expect(records).toHaveLength(rows.length);
      total += rows.length;
      for (const [index, row] of rows.entries()) {
        const raw: Raw = JSON.parse(row);
        expect((records[index] as PaperRecord).paper).toMatchObject({
          key: `arxiv:${raw.id}`,
          title: raw.title.replace(/\s+/g, ' ').trim(),
          abstract: raw.summary.trim(),
          tldr: null,
          categories: [...new Set(raw.categories)],
          pdfUrl: raw.pdf,
          paperUrl: raw.abs,
        });
      }
    }
    expect(total).toBe(2848);
  });
});

describe.skipIf(!existsSync(recordings))('recorded days through ingest', () => {
  const config = { huggingfaceUrl: '', arxivApiUrl: '', arxivFeedUrl: '', arxivCategories: [] };
  async function read(store: Store, source: SourceName, file: string, at: number): Promise<IngestReport> {
    const sources = [createSource(source, config)];
    const [report] = await ingest({ db: store.db, sources, clock: fixedClock(at), file });
    return report as IngestReport;
  }

  it('226 seed papers are 226 new, then 0 new and nothing changed', async () => {
    const store = newStore();
    onTestFinished(() => store.close());
    const file = join(shared, 'seed-papers.jsonl');
    const first = await read(store, 'file', file, 1_780_000_000_000);
    expect(first).toMatchObject({ status: 'ok', records: 226, newPapers: 226, rejected: 0 });
    const again = await read(store, 'file', file, 1_780_100_000_000);
    expect(again).toMatchObject({
      status: 'ok',
      records: 226,
      newPapers: 0,
      changedPapers: 0,
      newSignals: 0,
    });
    expect(await countPapers(store.db)).toBe(226);
  });

  it('all days in their order give one paper a work, votes over time, and nothing new the second time', async () => {
    const store = newStore();
    onTestFinished(() => store.close());
    const days = [
      ...filesOf('huggingface').map((file) => ({ source: 'huggingface' as const, file })),
      ...filesOf('arxiv-papers').map((file) => ({ source: 'arxiv' as const, file })),
    ].sort((a, b) => a.file.localeCompare(b.file));
    const ids = new Set<string>();
    for (const { source, file } of days) {
      const at = Date.parse(`${file.slice(0, 10)}T20:00:00Z`);
      const folder = source === 'arxiv' ? 'arxiv-papers' : source;
      const raws: Raw[] =
        source === 'arxiv'
          ? gunzipSync(bytesOf(folder, file))
              .toString('utf8')
              .trimEnd()
              .split('\n')
              .map((row) => JSON.parse(row))
          : JSON.parse(textOf(folder, file));
      const before = ids.size;
      for (const raw of raws) ids.add(raw.paper?.id ?? raw.id);
      const report = await read(store, source, join(recordings, folder, file), at);
      expect(report, file).toMatchObject({ status: 'ok', newPapers: ids.size - before });
      expect(await read(store, source, join(recordings, folder, file), at), file).toMatchObject({
        newPapers: 0,
        changedPapers: 0,
        newSignals: 0,
      });
    }
    expect(await countPapers(store.db)).toBe(ids.size);
    expect(ids.size).toBe(3247);
    const now = Date.parse('2026-07-01T21:00:00Z');
    const candidates = await loadCandidates(store.db, { now, windowMs: 14 * 86_400_000 });
    expect(candidates.every(({ paper }) => paper.firstSeenAt <= now)).toBe(true);
    expect(candidates.length).toBeGreaterThan(2300);
    // Told by both: categories from arXiv, votes from Hugging Face.
    const end = { now: Date.parse('2026-07-31T21:00:00Z'), windowMs: 61 * 86_400_000 };
    const both = (await loadCandidates(store.db, end)).filter(({ paper }) => paper.sources.length === 2);
    expect(both).toHaveLength(123);
    for (const { paper, signals } of both) {
      expect(paper.categories.length).toBeGreaterThan(0);
      expect(signals.some((one) => one.kind === 'upvotes')).toBe(true);
      expect((await findPaper(store.db, paper.key))?.id).toBe(paper.id);
    }
  });
});
