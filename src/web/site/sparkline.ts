import { html } from 'hono/html';
import type { Html } from '../shell/page.ts';

const height = 24;
/** Even a day without votes has a line to stand on. */
const least = 1;

/**
 * Votes by day as bars, the last day marked; what it shows is said in words for who does not see it. Null when there are
 * fewer than three days or no votes. Drawn without styles: the policy of the pages forbids them.
 */
export function sparkline(votesByDay: readonly number[], barWidth = 6): Html | null {
  const most = Math.max(0, ...votesByDay);
  if (votesByDay.length < 3 || most === 0) return null;
  const gap = barWidth > 4 ? 2 : 1;
  const width = votesByDay.length * (barWidth + gap) - gap;
  const bars = votesByDay.map((votes, day) => {
    const tall = Math.max(least, Math.round((votes / most) * height));
    const last = day === votesByDay.length - 1 ? html` class="last"` : '';
    return html`<rect x="${day * (barWidth + gap)}" y="${height - tall}" width="${barWidth}" height="${tall}"${last}/>`;
  });
  const said = `Votes on each of the last ${votesByDay.length} days: ${votesByDay.join(', ')}.`;
  return html`<svg class="spark" role="img" aria-label="${said}" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${bars}</svg>`;
}
