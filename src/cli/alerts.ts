import type { Command } from 'commander';
import { type AlertRow, listAlerts } from '../store/alerts.ts';
import { readMessage } from '../watch/alert-mail.ts';
import { define, type Surroundings } from './command.ts';
import { instantWords, table } from './output.ts';

export function addAlertsCommands(program: Command, surroundings: Surroundings): void {
  const alerts = program.command('alerts').description('what is wrong, and when the admin was told of it');

  define(
    alerts
      .command('list')
      .description('what stands; what to do is told for each')
      .option('--all', 'also what is well again'),
    surroundings,
    false,
    async ({ app, out }, options) => {
      const rows = await listAlerts(app.store.db, { standing: options.all !== true });
      out.answer(rows.map(documentOf), () =>
        rows.length === 0 ? 'Nothing is wrong that is known of.' : rows.flatMap(describe),
      );
    },
  );
}

function documentOf(row: AlertRow) {
  const iso = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());
  return {
    cause: row.cause,
    ...readMessage(row.message),
    raisedAt: iso(row.raised_at),
    mailedAt: iso(row.mailed_at),
    endedAt: iso(row.ended_at),
  };
}

function describe(row: AlertRow): string[] {
  const { headline, lines, command } = readMessage(row.message);
  return [
    headline,
    ...table(
      [
        ['cause', row.cause],
        ['noticed', instantWords(row.raised_at)],
        ['mailed', instantWords(row.mailed_at)],
        ...(row.ended_at === null ? [] : [['well again', instantWords(row.ended_at)]]),
        ...(row.ended_at === null ? lines.map((line) => ['', line]) : []),
        ['more', command],
      ],
      '  ',
    ),
  ];
}
