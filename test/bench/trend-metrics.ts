import { createRandom } from '../support/random.ts';

/** Ranks from 1, equal values sharing their mean rank. */
function ranks(values: readonly number[]): number[] {
  const order = values.map((_, index) => index).sort((a, b) => (values[a] as number) - (values[b] as number));
  const found = new Array<number>(values.length);
  for (let at = 0; at < order.length; ) {
    let end = at;
    while (end < order.length && values[order[end] as number] === values[order[at] as number]) end++;
    for (let one = at; one < end; one++) found[order[one] as number] = (at + 1 + end) / 2;
    at = end;
  }
  return found;
}

/** Spearman's rank correlation, -1..1; 0 when either side does not vary. */
export function spearman(a: readonly number[], b: readonly number[]): number {
  const [ra, rb] = [ranks(a), ranks(b)];
  const mean = (a.length + 1) / 2;
  let [covariance, va, vb] = [0, 0, 0];
  for (let at = 0; at < ra.length; at++) {
    const [x, y] = [(ra[at] as number) - mean, (rb[at] as number) - mean];
    covariance += x * y;
    va += x * x;
    vb += y * y;
  }
  return va === 0 || vb === 0 ? 0 : covariance / Math.sqrt(va * vb);
}

/** Discounted gain of the first `k` by score, over the best possible; 1 when there is nothing to gain. Ties by index. */
export function ndcg(scores: readonly number[], gains: readonly number[], k: number): number {
  const discounted = (order: readonly number[]) =>
    order.slice(0, k).reduce((sum, index, at) => sum + (gains[index] as number) / Math.log2(at + 2), 0);
  const best = discounted(descending(gains));
  return best === 0 ? 1 : discounted(descending(scores)) / best;
}

/** Share of the first `k` by score that are among the `k` that gain most (equals of the last one included). */
export function precision(scores: readonly number[], gains: readonly number[], k: number): number {
  const bar = gains[descending(gains)[Math.min(k, gains.length) - 1] ?? 0] ?? 0;
  const first = descending(scores).slice(0, k);
  return first.filter((index) => (gains[index] as number) >= bar).length / first.length;
}

function descending(values: readonly number[]): number[] {
  return values
    .map((_, index) => index)
    .sort((a, b) => (values[b] as number) - (values[a] as number) || a - b);
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The middle 95 % of the mean over resamples (bootstrap), from a fixed seed. */
export function bootstrap(values: readonly number[], rounds = 1000): [low: number, high: number] {
  const next = createRandom(20260601);
  const means = Array.from({ length: rounds }, () =>
    mean(Array.from(values, () => values[Math.floor(next() * values.length)] as number)),
  ).sort((a, b) => a - b);
  return [means[Math.floor(rounds * 0.025)] as number, means[Math.floor(rounds * 0.975)] as number];
}
