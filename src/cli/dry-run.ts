import type { Desk } from './desk.ts';
import { counted, isoWords, type Output, shortened, table } from './output.ts';

/** Who would get what until an instant (null: tomorrow at eight, in the default time zone), without planning anything. */
export async function tellDryRun(
  desk: Desk,
  out: Output,
  { until: given, limit }: { until: number | null; limit: number },
): Promise<void> {
  const { until, summary, first } = await desk.runs.dryRun({
    until: given === null ? null : new Date(given).toISOString(),
    limit,
    onProgress: out.progress('Looking'),
  });
  out.answer({ until, ...summary, first }, () => [
    `Until ${isoWords(until)}, by what is known now:`,
    `  ${counted(summary.due, 'subscriber')} due, ${counted(summary.digests, 'digest')} with ${counted(summary.papers, 'paper')}, ${summary.differentPapers} of them different`,
    ...Object.entries(summary.skipped).map(([reason, count]) => `  ${count} skipped (${reason})`),
    ...(summary.topPapers.length > 0 ? ['', 'Papers that most would get:'] : []),
    ...table(
      summary.topPapers.slice(0, 10).map(({ key, title, readers }) => [readers, key, shortened(title, 70)]),
      '  ',
    ),
    ...(first.length > 0 ? ['', 'Due first:'] : []),
    ...table(
      first.map(({ dueAt, email, papers, skipped }) => [
        isoWords(dueAt),
        email,
        skipped ? `- (${skipped.reason})` : shortened(papers.map(({ title }) => title).join('; '), 80),
      ]),
      '  ',
    ),
    '',
    'Nothing was planned. Papers and votes that come until then change it.',
  ]);
}
