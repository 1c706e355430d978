import type { Command } from 'commander';
import { Option } from 'commander';
import type { App } from '../app.ts';
import { authorsLine, trendWords } from '../digest/figures.ts';
import type { Candidate } from '../papers/candidate.ts';
import { arxivKey, doiKey, openreviewKey } from '../papers/key.ts';
import type { StoredPaper } from '../papers/paper.ts';
import { type SourceName, sourceNames } from '../sources/create-sources.ts';
import { runIngest, runRank } from '../stages.ts';
import { findPaper, listPapers, loadSignals } from '../store/papers.ts';
import { readableText } from '../tex/readable.ts';
import { paperDocument } from '../web/api/documents.ts';
import { readCount, readDate } from './arguments.ts';
import { CommandError, define, type Surroundings } from './command.ts';
import { ingestDocument, ingestLines, tellIngestFailures } from './ingest.ts';
import { openCommandLog } from './log.ts';
import { instantWords, shortened, table } from './output.ts';
import { UsageError } from './usage.ts';

export function addPapersCommands(program: Command, surroundings: Surroundings): void {
  define(
    program
      .command('ingest')
      .description('read papers and their signals from the sources, or from a saved payload')
      .addOption(new Option('--source <source>', 'only this source').choices(sourceNames))
      .option(
        '--file <file>',
        'read this payload (JSON, JSON lines, Atom or RSS, also gzipped) instead of asking the source',
      )
      .option('--since <date>', 'backfill from this day on', readDate),
    surroundings,
    true,
    async ({ app, out }, options) => {
      if (options.source === 'file' && options.file === undefined)
        throw new UsageError('--source file reads a file: name it with --file');
      const log = await openCommandLog(app.config, surroundings);
      const reports = await runIngest(app, log, {
        source: (options.source as SourceName | undefined) ?? null,
        file: (options.file as string | undefined) ?? null,
        sinceDate: (options.since as string | undefined) ?? null,
        onProgress: out.progress('Ingesting'),
      });
      await runRank(app, log);
      out.answer(ingestDocument(reports), () => ingestLines(reports));
      tellIngestFailures(reports, out);
    },
  );

  const papers = program.command('papers').description('what the sources told of');
  define(
    papers
      .command('list')
      .description('papers that can be sent now by trend, best first; --all lists every paper, latest first')
      .option('--all', 'also those that are too old to be sent')
      .option('--limit <count>', 'how many', readCount(1, 100_000), 30),
    surroundings,
    true,
    async ({ app, out }, options) => {
      const limit = options.limit as number;
      if (options.all) {
        const stored = await listPapers(app.store.db, { limit });
        out.answer(stored.map(paperDocument), () =>
          table([
            ['KEY', 'FIRST SEEN', 'TITLE'],
            ...stored.map((paper) => [paper.key, instantWords(paper.firstSeenAt), titleOf(paper, 70)]),
          ]),
        );
        return;
      }
      const ranked = (await rankedCandidates(app)).slice(0, limit);
      out.answer(
        ranked.map((one) => ({
          ...paperDocument(one.paper),
          field: one.field,
          percentile: one.percentile,
          score: one.trend.score,
          rising: one.trend.rising,
          changes: one.trend.changes,
        })),
        () =>
          ranked.length === 0
            ? 'No papers yet: `paperboy ingest` reads some.'
            : table([
                ['SCORE', 'FIELD', 'KEY', 'TITLE', 'SIGNALS'],
                ...ranked.map((one) => [
                  one.trend.score.toFixed(2),
                  one.field,
                  one.paper.key,
                  titleOf(one.paper, 60),
                  trendWords(one.trend.changes, one.trend.rising),
                ]),
              ]),
      );
    },
  );

  define(
    papers
      .command('show')
      .description('one paper with its signals over time and the parts of its trend score')
      .argument(
        '<key>',
        'its key, arXiv id or DOI, or an address of one: arxiv:2606.01234, https://arxiv.org/abs/2606.01234v2',
      ),
    surroundings,
    true,
    async ({ app, out }, _options, [key = '']) => {
      const paper = await findByName(app, key);
      if (!paper) throw new CommandError(`There is no paper ${key}. \`paperboy papers list\` shows keys.`);
      const signals = (await loadSignals(app.store.db, [paper.id], app.clock.now())).get(paper.id) ?? [];
      const candidate = (await rankedCandidates(app)).find((one) => one.paper.id === paper.id) ?? null;
      out.answer(
        {
          ...paperDocument(paper),
          signals: signals.map((one) => ({ ...one, observedAt: new Date(one.observedAt).toISOString() })),
          trend: candidate && {
            ...candidate.trend,
            field: candidate.field,
            percentile: candidate.percentile,
          },
        },
        () => [
          readableText(paper.title),
          authorsLine(paper.authors, 6),
          '',
          ...table(
            [
              ['key', paper.key],
              ['sources', paper.sources.join(', ')],
              ['categories', paper.categories.join(' ') || null],
              ['published', instantWords(paper.publishedAt)],
              ['announced', instantWords(paper.announcedAt)],
              ['first seen', instantWords(paper.firstSeenAt)],
              ...(paper.withdrawnAt === null ? [] : [['withdrawn', instantWords(paper.withdrawnAt)]]),
              ['paper', paper.paperUrl],
              ['code', paper.codeUrl],
            ],
            '  ',
          ),
          '',
          'Signals:',
          ...table(
            signals.map((one) => [instantWords(one.observedAt), one.source, one.kind, one.value]),
            '  ',
          ),
          '',
          ...trendLines(candidate),
        ],
      );
    },
  );
}

/** By its key, or by any name that gives one; null when none does. */
async function findByName(app: App, name: string): Promise<StoredPaper | null> {
  for (const key of [name, arxivKey(name), doiKey(name), openreviewKey(name)]) {
    const paper = key === null ? null : await findPaper(app.store.db, key);
    if (paper) return paper;
  }
  return null;
}

async function rankedCandidates(app: App): Promise<Candidate[]> {
  const set = await app.candidates();
  set.close();
  return [...set.candidates.values()].sort(
    (a, b) => b.trend.score - a.trend.score || b.paper.id - a.paper.id,
  );
}

function trendLines(candidate: Candidate | null): string[] {
  if (!candidate) return ['Not a candidate now: too old, not seen yet at this instant, or withdrawn.'];
  const { trend, field, percentile } = candidate;
  return [
    `Trend score ${trend.score.toFixed(3)}, ahead of ${Math.round(percentile * 100)}% of ${field}${trend.rising ? ', rising' : ''}:`,
    ...table(
      trend.parts.map((part) => [`${part.contribution.toFixed(3)}`, part.name, part.note]),
      '  ',
    ),
  ];
}

function titleOf(paper: StoredPaper, length: number): string {
  return shortened(readableText(paper.title), length);
}
