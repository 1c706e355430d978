import type { Command } from 'commander';
import { Option } from 'commander';
import { authorsLine, trendWords } from '../digest/figures.ts';
import { type SourceName, sourceNames } from '../sources/create-sources.ts';
import { runIngest, runRank } from '../stages.ts';
import { readableText } from '../tex/readable.ts';
import { readCount, readDate } from './arguments.ts';
import { define, defineAtDesk, type Surroundings } from './command.ts';
import type { CandidateDocument, PaperDocument } from './desk.ts';
import { ingestDocument, ingestLines, tellIngestFailures } from './ingest.ts';
import { openCommandLog } from './log.ts';
import { isoWords, shortened, table } from './output.ts';
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
  defineAtDesk(
    papers
      .command('list')
      .description(
        'papers that can be sent now by trend, best first; --all lists every paper that was not withdrawn, the latest first',
      )
      .option('--all', 'also those that are too old to be sent')
      .option('--limit <count>', 'how many', readCount(1, 100_000), 30),
    surroundings,
    true,
    async ({ desk, out }, options) => {
      const limit = options.limit as number;
      if (options.all) {
        const stored = (await Array.fromAsync(desk.papers.list(limit))).flat();
        out.answer(stored, () =>
          table([
            ['KEY', 'FIRST SEEN', 'TITLE'],
            ...stored.map((paper) => [paper.key, isoWords(paper.firstSeenAt), titleOf(paper, 70)]),
          ]),
        );
        return;
      }
      const ranked = await desk.papers.candidates(limit);
      out.answer(
        ranked.map(({ paper, field, percentile, score, rising, changes }) => ({
          ...{ ...paper, field, percentile, score, rising, changes },
        })),
        () =>
          ranked.length === 0
            ? 'No papers yet: `paperboy ingest` reads some.'
            : table([
                ['SCORE', 'FIELD', 'KEY', 'TITLE', 'SIGNALS'],
                ...ranked.map(({ score, field, paper, changes, rising }) => [
                  ...[score.toFixed(2), field, paper.key, titleOf(paper, 60)],
                  trendWords(changes, rising),
                ]),
              ]),
      );
    },
  );

  defineAtDesk(
    papers
      .command('show')
      .description('one paper with its signals over time and the parts of its trend score')
      .argument(
        '<key>',
        'its key, arXiv id or DOI, or an address of one: arxiv:2606.01234, https://arxiv.org/abs/2606.01234v2',
      ),
    surroundings,
    true,
    async ({ desk, out }, _options, [key = '']) => {
      const { paper, signals, candidate } = await desk.papers.show(key);
      out.answer({ ...paper, signals, trend: candidate && trendOf(candidate) }, () => [
        readableText(paper.title),
        authorsLine(paper.authors, 6),
        '',
        ...table(
          [
            ['key', paper.key],
            ['sources', paper.sources.join(', ')],
            ['categories', paper.categories.join(' ') || null],
            ['published', isoWords(paper.publishedAt)],
            ['announced', isoWords(paper.announcedAt)],
            ['first seen', isoWords(paper.firstSeenAt)],
            ...(paper.withdrawnAt === null ? [] : [['withdrawn', isoWords(paper.withdrawnAt)]]),
            ['paper', paper.paperUrl],
            ['code', paper.codeUrl],
          ],
          '  ',
        ),
        '',
        'Signals:',
        ...table(
          signals.map((one) => [isoWords(one.observedAt), one.source, one.kind, one.value]),
          '  ',
        ),
        '',
        ...trendLines(candidate),
      ]);
    },
  );
}

function trendOf({ paper: _, ...trend }: CandidateDocument) {
  return trend;
}

function trendLines(candidate: CandidateDocument | null): string[] {
  if (!candidate) return ['Not a candidate now: too old, not seen yet at this instant, or withdrawn.'];
  const { score, rising, parts, field, percentile } = candidate;
  return [
    `Trend score ${score.toFixed(3)}, ahead of ${Math.round(percentile * 100)}% of ${field}${rising ? ', rising' : ''}:`,
    ...table(
      parts.map((part) => [`${part.contribution.toFixed(3)}`, part.name, part.note]),
      '  ',
    ),
  ];
}

function titleOf(paper: PaperDocument, length: number): string {
  return shortened(readableText(paper.title), length);
}
