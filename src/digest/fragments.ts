/**
 * A mail as it is put together: what recurs in other mails is the identical string, or a stencil with the identical
 * `around`, so that whoever encodes a mail need not encode it anew each time.
 */
export type Fragment = string | Stencil;

/** Text with gaps that are filled for each reader: around[0] fills[0] around[1] … Begins a line and ends in LF. */
export interface Stencil {
  readonly around: readonly string[];
  /** One less than `around`. */
  readonly fills: readonly string[];
}

export function textOf(fragment: Fragment): string {
  if (typeof fragment === 'string') return fragment;
  const { around, fills } = fragment;
  let text = around[0] ?? '';
  for (let gap = 0; gap < fills.length; gap++) text += (fills[gap] as string) + (around[gap + 1] as string);
  return text;
}

export function wholeOf(fragments: readonly Fragment[]): string {
  let whole = '';
  for (const fragment of fragments) whole += textOf(fragment);
  return whole;
}
