// Draws the charts of a page from the table under them: the table is what is true, this only shows it.

/** The number in a cell as a page writes it: 1,234. */
const numberOf = (cell) => Number(cell.textContent.replaceAll(',', ''));

function readTable(table) {
  const columns = [...table.tHead.rows[0].cells].map((cell) => ({
    name: cell.dataset.column ?? 'day',
    label: cell.textContent,
  }));
  // The newest day is on top.
  const rows = [...table.tBodies[0].rows].reverse();
  const days = rows.map((row) => Date.parse(row.querySelector('time').dateTime) / 1000);
  const valuesOf = (name) => {
    const at = columns.findIndex((column) => column.name === name);
    return rows.map((row) => numberOf(row.cells[at]));
  };
  return { days, valuesOf, labelOf: (name) => columns.find((column) => column.name === name)?.label ?? name };
}

/** A colour of the style sheet as it is now, in the light or the dark. */
function colourOf(figure, name) {
  const probe = figure.appendChild(document.createElement('span'));
  probe.className = `tint ${name}`;
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

/** By what they are; the reasons why there was no digest take those that are left, in turn. */
const known = {
  ...{ sent: 'main', active: 'main', soft: 'first', hard: 'bad', complaints: 'doubt' },
  ...{ failed: 'bad', uncertain: 'doubt' },
};
const others = ['first', 'second', 'third', 'fourth', 'fifth'];
const tintsOf = (names) => {
  let taken = 0;
  return names.map((name) => known[name] ?? others[taken++ % others.length]);
};

const short = Intl.NumberFormat('en', { notation: 'compact' });
/** A bar has its width on the first and the last day, too. */
const halfDay = 0.6 * 86400;
const whole = Intl.NumberFormat('en');
const dayName = Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });
const fullDay = Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeZone: 'UTC' });

function draw(figure, table) {
  const names = figure.dataset.columns.split(' ').filter((name, _at, all) => {
    return all.length === 1 || table.valuesOf(name).some((value) => value > 0);
  });
  const values = names.map(table.valuesOf);
  const isBars = figure.dataset.kind === 'bars';
  // Bars that stand on each other are drawn from the tallest sum down.
  const stacked = values.map((own, at) =>
    isBars ? own.map((_, day) => values.slice(0, at + 1).reduce((sum, one) => sum + one[day], 0)) : own,
  );
  const order = isBars ? names.map((_, at) => at).reverse() : names.map((_, at) => at);
  const tints = tintsOf(names);
  const colours = tints.map((tint) => colourOf(figure, tint));
  const [soft, line] = [colourOf(figure, 'soft'), colourOf(figure, 'line')];
  const place = figure.querySelector('.plot') ?? figure.appendChild(document.createElement('div'));
  place.className = 'plot';
  place.setAttribute('role', 'img');
  place.setAttribute(
    'aria-label',
    `${figure.querySelector('figcaption').textContent}; the table below has the numbers`,
  );
  place.replaceChildren();
  const note = figure.querySelector('output') ?? figure.appendChild(document.createElement('output'));
  /** What the colours mean; of the day that is pointed at, its numbers too. */
  const tell = (day) => {
    note.replaceChildren(
      ...(day === null ? [] : [`${fullDay.format(table.days[day] * 1000)}: `]),
      ...names.map((name, at) => {
        const key = document.createElement('span');
        key.className = `key tint ${tints[at]}`;
        const label = document.createElement('span');
        const words = table.labelOf(name).replace('Skipped: ', '').toLowerCase();
        label.textContent = day === null ? words : `${words} ${whole.format(values[at][day])}`;
        key.append(label);
        return key;
      }),
    );
  };
  const axis = {
    stroke: soft,
    grid: { stroke: line, width: 1 },
    ticks: { show: false },
    font: '12px system-ui, sans-serif',
  };
  const highest = Math.max(1, ...stacked.flat());
  const plot = new uPlot(
    {
      width: place.clientWidth,
      height: 170,
      padding: [8, 6, 0, 0],
      legend: { show: false },
      cursor: { y: false, points: { show: !isBars }, drag: { x: false, y: false } },
      scales: {
        x: { time: false, range: (_plot, first, last) => [first - halfDay, last + halfDay] },
        y: {
          range: (_plot, least) => [
            isBars ? 0 : Math.max(0, least - (highest - least) * 0.3 - 1),
            highest * 1.05 + 1,
          ],
        },
      },
      axes: [
        {
          ...axis,
          size: 28,
          grid: { show: false },
          space: 60,
          values: (_plot, at) => at.map((day) => dayName.format(day * 1000)),
        },
        {
          ...axis,
          size: 46,
          space: 30,
          incrs: [
            1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6, 2e6, 5e6,
          ],
          values: (_plot, at) => at.map((value) => short.format(value)),
        },
      ],
      series: [
        {},
        ...order.map((at) => ({
          stroke: colours[at],
          fill: isBars ? colours[at] : undefined,
          width: isBars ? 0 : 2,
          points: { show: false },
          paths: isBars ? uPlot.paths.bars({ size: [0.72, 60] }) : undefined,
        })),
      ],
      hooks: { setCursor: [({ cursor }) => tell(cursor.idx ?? null)] },
    },
    [table.days, ...order.map((at) => stacked[at])],
    place,
  );
  tell(null);
  return plot;
}

for (const place of document.querySelectorAll('[data-charts]')) {
  const table = readTable(document.getElementById(place.dataset.charts));
  place.hidden = false;
  for (const numbers of document.querySelectorAll('[data-numbers]')) numbers.open = false;
  const figures = [...place.querySelectorAll('figure')];
  let plots = figures.map((figure) => draw(figure, table));
  const again = () => {
    for (const plot of plots) plot.destroy();
    plots = figures.map((figure) => draw(figure, table));
  };
  for (const colours of ['(prefers-color-scheme: dark)', '(forced-colors: active)'])
    matchMedia(colours).addEventListener('change', again);
  let width = place.clientWidth;
  new ResizeObserver(() => {
    if (place.clientWidth === width) return;
    width = place.clientWidth;
    again();
  }).observe(place);
}
