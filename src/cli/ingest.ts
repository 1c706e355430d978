import type { IngestReport } from '../sources/ingest.ts';
import { counted, type Output } from './output.ts';

export function ingestDocument(reports: readonly IngestReport[]) {
  return reports.map(({ freshness, ...report }) => ({
    ...report,
    freshness: freshness.map(({ category, state, detail }) => ({ category, state, detail })),
  }));
}

export function ingestLines(reports: readonly IngestReport[]): string[] {
  if (reports.length === 0) return ['Ingested  nothing: SOURCES is none, so there was nobody to ask.'];
  return reports.map((report) => {
    const counts = [
      counted(report.records, 'record'),
      `${report.newPapers} new`,
      `${report.changedPapers} changed`,
      counted(report.newSignals, 'signal'),
      ...(report.rejected > 0 ? [`${report.rejected} rejected`] : []),
    ];
    const whole = report.freshness.find((one) => one.category === '');
    const state = whole ? ` ${whole.state}${whole.detail ? `: ${whole.detail}` : ''}` : '';
    return `Ingested  ${report.source}: ${counts.join(', ')}.${state}`;
  });
}

/** Says what failed and which records were passed over. */
export function tellIngestFailures(reports: readonly IngestReport[], out: Output): void {
  for (const { source, error, problems, rejected } of reports) {
    if (error) out.fail(`Source ${source} failed: ${error}`);
    for (const { where, message } of problems.slice(0, 10)) out.note(`Passed over ${where}: ${message}`);
    if (rejected > 10) out.note(`… and ${rejected - 10} more; \`paperboy ingest --json\` tells up to 50.`);
  }
}
