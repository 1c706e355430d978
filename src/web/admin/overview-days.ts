import { html, raw } from 'hono/html';
import type { DayFigures } from '../../admins/overview.ts';
import type { Counting } from '../../digest/view.ts';
import type { Html } from '../shell/page.ts';
import { scrolled } from './layout.ts';

/** A column of the table of days; charts are drawn from it. */
interface Column {
  name: string;
  label: string;
  of: (day: DayFigures) => number;
}

/** What is drawn where: `bars` stand on each other in this order, with the colours of chart.js. */
interface Chart {
  title: string;
  kind: 'bars' | 'line';
  columns: string[];
}

const whole = new Intl.NumberFormat('en');

/**
 * Charts over the last days, and under them all that they show as a table: without scripts it is open and the charts
 * are not there.
 */
export function dayCharts(days: readonly DayFigures[], counting: Counting): Html {
  const reasons = [...new Set(days.flatMap(({ skipped }) => Object.keys(skipped)))].sort();
  const columns: Column[] = [
    { name: 'due', label: 'Due', of: ({ due }) => due },
    { name: 'sent', label: 'Sent', of: ({ sent }) => sent },
    ...reasons.map((reason) => ({
      name: `skipped-${reason}`,
      label: `Skipped: ${reason.replaceAll('_', ' ')}`,
      of: ({ skipped }: DayFigures) => skipped[reason] ?? 0,
    })),
    { name: 'failed', label: 'Failed', of: ({ failed }) => failed },
    { name: 'uncertain', label: 'Uncertain', of: ({ uncertain }) => uncertain },
    { name: 'hard', label: 'Hard bounces', of: ({ hard }) => hard },
    { name: 'soft', label: 'Soft bounces', of: ({ soft }) => soft },
    { name: 'complaints', label: 'Complaints', of: ({ complaints }) => complaints },
    { name: 'active', label: 'Active subscribers', of: ({ active }) => active },
    { name: 'came', label: 'Came', of: ({ came }) => came },
    { name: 'went', label: 'Went', of: ({ went }) => went },
    ...(counting.opens ? [{ name: 'opens', label: 'Opens', of: ({ opens }: DayFigures) => opens }] : []),
    ...(counting.clicks ? [{ name: 'clicks', label: 'Clicks', of: ({ clicks }: DayFigures) => clicks }] : []),
  ];
  const charts: Chart[] = [
    { title: 'Digests sent', kind: 'bars', columns: ['sent'] },
    {
      title: 'Digests not sent',
      kind: 'bars',
      columns: [...reasons.map((reason) => `skipped-${reason}`), 'failed', 'uncertain'],
    },
    { title: 'Bounces and complaints', kind: 'bars', columns: ['soft', 'hard', 'complaints'] },
    { title: 'Active subscribers', kind: 'line', columns: ['active'] },
    ...(counting.opens ? [{ title: 'Opens', kind: 'bars' as const, columns: ['opens'] }] : []),
    ...(counting.clicks ? [{ title: 'Clicks', kind: 'bars' as const, columns: ['clicks'] }] : []),
  ];
  return html`<div class="charts" data-charts="days-table" hidden>${charts.map(
    ({ title, kind, columns: drawn }) =>
      html`<figure data-kind="${kind}" data-columns="${drawn.join(' ')}"><figcaption>${title}</figcaption></figure>`,
  )}</div>
<details class="numbers" data-numbers open><summary>The numbers, day by day</summary>
${scrolled(
  'The numbers, day by day',
  html`<table id="days-table"><thead><tr><th scope="col">Day</th>${columns.map(
    ({ name, label }) => html`<th scope="col" class="number" data-column="${name}">${label}</th>`,
  )}</tr></thead>
<tbody>${days.toReversed().map((day) => dayRow(day, columns))}</tbody></table>`,
)}</details>`;
}

/** Dates and numbers alone: put together as they are, five thousand cells of a year take a few ms and not fifty. */
function dayRow(day: DayFigures, columns: readonly Column[]): Html {
  const cells = columns.map(({ of }) => `<td class="number">${whole.format(of(day))}</td>`).join('');
  return raw(`<tr><th scope="row"><time datetime="${day.date}">${day.date}</time></th>${cells}</tr>`);
}
