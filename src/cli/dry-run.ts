import type { App } from '../app.ts';
import { systemClock } from '../clock.ts';
import { type DryRunDeps, readDryRunPage, summariseDryRun, tomorrowAt } from '../delivery/dry-run.ts';
import { loadMissedForDue } from '../delivery/missed.ts';
import { createSteeringReader } from '../delivery/steering.ts';
import { counted, instantWords, type Output, shortened, table } from './output.ts';

/** Who would get what until an instant (null: tomorrow at eight, in the default time zone), without planning anything. */
export async function tellDryRun(
  app: App,
  out: Output,
  { until: given, limit }: { until: number | null; limit: number },
): Promise<void> {
  // --at says until when; what is due before that is planned when it is due, from the real now on.
  const now = systemClock.now();
  const until = given ?? tomorrowAt(now, app.config.digest.timezone);
  const candidates = await app.candidates(until);
  const missed = await loadMissedForDue(app.store.db, candidates, until);
  try {
    const deps: DryRunDeps = {
      db: app.store.db,
      candidates,
      missed,
      hashAddress: app.hashAddress,
      readSteering: createSteeringReader(candidates),
      now: Math.min(now, until),
      until,
    };
    const { digests } = await readDryRunPage(deps, { after: null, limit });
    const progress = out.progress('Looking');
    const summary = await summariseDryRun(deps, { onProgress: ({ done, due }) => progress(done, due) });
    const { done: _, ...counts } = summary;
    out.answer(
      {
        until: new Date(until).toISOString(),
        ...counts,
        first: digests.map(({ dueAt, ...one }) => ({ ...one, dueAt: new Date(dueAt).toISOString() })),
      },
      () => [
        `Until ${instantWords(until)}, by what is known now:`,
        `  ${counted(summary.due, 'subscriber')} due, ${counted(summary.digests, 'digest')} with ${counted(summary.papers, 'paper')}, ${summary.differentPapers} of them different`,
        ...Object.entries(summary.skipped).map(([reason, count]) => `  ${count} skipped (${reason})`),
        ...(summary.topPapers.length > 0 ? ['', 'Papers that most would get:'] : []),
        ...table(
          summary.topPapers
            .slice(0, 10)
            .map(({ key, title, readers }) => [readers, key, shortened(title, 70)]),
          '  ',
        ),
        ...(digests.length > 0 ? ['', 'Due first:'] : []),
        ...table(
          digests.map(({ dueAt, email, papers, skipped }) => [
            instantWords(dueAt),
            email,
            skipped ? `- (${skipped.reason})` : shortened(papers.map(({ title }) => title).join('; '), 80),
          ]),
          '  ',
        ),
        '',
        'Nothing was planned. Papers and votes that come until then change it.',
      ],
    );
  } finally {
    missed?.close();
    candidates.close();
  }
}
