/**
 * How well a score foretells which papers gain votes next, on votes of Hugging Face papers seen in time:
 *
 *   node test/bench/trend.ts path/to/upvotes.tsv       (or PAPERBOY_RECORDINGS=… node test/bench/trend.ts)
 *
 * The weeks alternate between a part on which the shape's constants are chosen and a part held out; no paper is in
 * both. Three tasks (see trend-snapshots.ts); per snapshot Spearman's rank correlation of score and coming gain,
 * NDCG@10 and precision@10 (@half of smaller pools), averaged over snapshots, with the middle 95 % of a bootstrap over
 * snapshots, and the same for the difference to plain votes.
 *
 * What was tried, and the held-out figures (13,891 observations of 6,324 papers, April 2025 to February 2026), are
 * printed by a run; src/papers/trend.ts holds the constants that won and why. Also tried by hand and not kept:
 * the logarithms minus a multiple of ln(age) instead of divided by a damping (Spearman 0.69 at best on mixed ages, no
 * better and less readable), and the last day's gain alone (0.62; most papers have a gain of 0 to 2 and tie).
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TrendShape, trendScore, trendShape } from '../../src/papers/trend.ts';
import { bootstrap, mean, ndcg, precision, spearman } from './trend-metrics.ts';
import {
  type KnownPaper,
  parseObservations,
  type Snapshot,
  snapshotsOf,
  type Task,
  tasks,
} from './trend-snapshots.ts';

export type Score = (paper: KnownPaper, now: number) => number;

export const baselines: Record<string, Score> = {
  'plain votes': (paper) => paper.upvotes,
  'votes / age': (paper) => paper.upvotes / paper.ageDays,
  'Hacker News': (paper) => (paper.upvotes - 1) / (paper.ageDays * 24 + 2) ** 1.8,
  "last day's gain": (paper) => paper.gained ?? paper.upvotes,
};

/** The product's own score with other constants. */
export function scoreOf(shape: TrendShape): Score {
  return (paper, now) => trendScore(paper.input, now, shape).score;
}

/** Gain weights and dampings that are tried, the votes' own weight being 1. */
export function variants(): { name: string; shape: TrendShape }[] {
  const found: { name: string; shape: TrendShape }[] = [];
  for (const gain of [0, 0.25, 0.5, 1, 2, 3])
    for (const [days, power] of [
      [1, 0],
      [1, 0.25],
      [1, 0.5],
      [1, 1],
      [1, 1.5],
      [3, 0.5],
      [3, 1],
      [7, 0.5],
      [7, 1],
    ] as const)
      found.push({
        name: `gain×${gain} / (1+d/${days})^${power}`,
        shape: {
          ...trendShape,
          gain: { ...trendShape.gain, upvotes: gain },
          value: { ...trendShape.value, upvotes: 1 },
          dampingDays: days,
          dampingPower: power,
        },
      });
  return found;
}

export interface Measured {
  spearman: number[];
  ndcg: number[];
  precision: number[];
}

/** Each metric of each snapshot of one task, in order. */
export function measure(score: Score, snapshots: readonly Snapshot[], task: Task): Measured {
  const found: Measured = { spearman: [], ndcg: [], precision: [] };
  for (const snapshot of snapshots.filter((one) => one.task === task)) {
    const scores = snapshot.papers.map((paper) => score(paper, snapshot.at));
    const gains = snapshot.papers.map((paper) => paper.next);
    found.spearman.push(spearman(scores, gains));
    found.ndcg.push(ndcg(scores, gains, 10));
    found.precision.push(precision(scores, gains, Math.min(10, Math.floor(scores.length / 2))));
  }
  return found;
}

/** What the choice goes by: the mean of Spearman and NDCG@10 over the tasks in which scores can differ. */
export function worth(score: Score, snapshots: readonly Snapshot[]): number {
  const measured = (['next day', 'mixed ages'] as const)
    .map((task) => measure(score, snapshots, task))
    .filter((one) => one.ndcg.length > 0);
  return mean(measured.flatMap((one) => [mean(one.spearman), mean(one.ndcg)]));
}

function report(snapshots: readonly Snapshot[], scores: Record<string, Score>): void {
  for (const task of tasks) {
    const own = snapshots.filter((one) => one.task === task);
    const papers = own.reduce((sum, one) => sum + one.papers.length, 0);
    console.log(`\n${task}: ${own.length} snapshots, ${papers} papers`);
    console.log(
      `${'score'.padEnd(28)}${['Spearman', 'NDCG@10', 'precision@10'].map((name) => name.padEnd(24)).join('')}NDCG − plain votes`,
    );
    const plain = measure(baselines['plain votes'] as Score, snapshots, task);
    for (const [name, score] of Object.entries(scores)) {
      const measured = measure(score, snapshots, task);
      const cells = [measured.spearman, measured.ndcg, measured.precision].map((values) =>
        interval(values).padEnd(24),
      );
      const difference = measured.ndcg.map((value, at) => value - (plain.ndcg[at] as number));
      console.log(`${name.padEnd(28)}${cells.join('')}${interval(difference)}`);
    }
  }
}

function interval(values: readonly number[]): string {
  const [low, high] = bootstrap(values);
  return `${mean(values).toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`;
}

function run(file: string): void {
  const snapshots = snapshotsOf(parseObservations(readFileSync(file, 'utf8')));
  const choose = snapshots.filter((one) => one.part === 'choose');
  const heldOut = snapshots.filter((one) => one.part === 'held-out');
  const tried = variants()
    .map((one) => ({ ...one, worth: worth(scoreOf(one.shape), choose) }))
    .sort((a, b) => b.worth - a.worth);
  console.log('Chosen on (mean of Spearman and NDCG@10 over next day and mixed ages):');
  for (const { name, worth } of tried) console.log(`  ${name.padEnd(28)}${worth.toFixed(4)}`);
  for (const [name, score] of Object.entries(baselines))
    console.log(`  ${name.padEnd(28)}${worth(score, choose).toFixed(4)}`);
  const winner = tried[0];
  if (!winner) return;
  console.log('\nHeld out:');
  report(heldOut, {
    "Paperboy's": scoreOf(trendShape),
    [`best: ${winner.name}`]: scoreOf(winner.shape),
    ...baselines,
  });
}

if (import.meta.main) {
  const file = process.argv[2] ?? join(process.env.PAPERBOY_RECORDINGS ?? '', 'trend/upvotes.tsv');
  if (existsSync(file)) run(file);
  else {
    console.error(`There is no ${file}: give the path of upvotes.tsv, or set PAPERBOY_RECORDINGS.`);
    process.exitCode = 2;
  }
}
