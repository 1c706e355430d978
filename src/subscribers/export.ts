import type { Writable } from 'node:stream';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { stringify } from 'csv-stringify';
import { iso } from '../clock.ts';
import { guardFormula } from '../mail/formula.ts';
import type { Db } from '../store/store.ts';
import { eachSubscriberPage, type Subscriber, type SubscriberFilter } from '../store/subscribers.ts';
import { findSubscribedTopics } from '../store/subscriptions.ts';
import { csvColumns } from './csv-columns.ts';

export type ExportFormat = 'csv' | 'jsonl';

/**
 * Streams subscribers as the address list that import reads (RFC 4180 with LF), by default the active ones; where
 * others are asked for, a column says what they are, and import keeps who left away. Or as one JSON object a line.
 * Private topics stay out, as do the erased. An address that a spreadsheet would take for a formula (`=…`) gets a `'`
 * before it in the CSV, which import takes away. Ends `output` unless it is stdout. Returns how many.
 */
export async function exportSubscribers(
  db: Db,
  output: Writable,
  filter: SubscriberFilter = { status: 'active' },
  format: ExportFormat = 'csv',
): Promise<number> {
  let count = 0;
  const pages = eachExported(db, filter, () => count++);
  const end = { end: output !== process.stdout };
  if (format === 'jsonl') {
    const lines = async function* () {
      for await (const { one, slugs } of pages) yield `${JSON.stringify(exportedObject(one, slugs))}\n`;
    };
    await pipeline(Readable.from(lines()), output, end);
    return count;
  }
  const withStatus = filter.status !== 'active';
  const rows = async function* () {
    for await (const { one, slugs } of pages)
      yield [
        ...[guardFormula(one.email), one.timezone, one.digestTime, one.days.join(','), String(one.maxPapers)],
        ...[slugs.join(';'), ...(withStatus ? [one.status] : [])],
      ];
  };
  const columns = withStatus ? [...csvColumns, 'status'] : [...csvColumns];
  await pipeline(rows(), stringify({ header: true, columns, record_delimiter: 'unix' }), output, end);
  return count;
}

async function* eachExported(
  db: Db,
  filter: SubscriberFilter,
  onEach: () => void,
): AsyncGenerator<{ one: Subscriber; slugs: string[] }> {
  for await (const page of eachSubscriberPage(db, filter)) {
    const topics = await findSubscribedTopics(
      db,
      page.map(({ id }) => id),
    );
    for (const one of page) {
      if (one.status === 'erased') continue;
      onEach();
      const slugs = (topics.get(one.id) ?? [])
        .filter((topic) => topic.visibility === 'public')
        .map((topic) => topic.slug);
      yield { one, slugs };
    }
  }
}

function exportedObject(one: Subscriber, topics: string[]) {
  const { id, email, status, timezone, digestTime: time, days, maxPapers, locale, quietMail } = one;
  return {
    ...{ id, email, status, timezone, time, days, maxPapers, locale, quietMail, topics },
    nextDueAt: iso(one.nextDueAt),
    createdAt: iso(one.createdAt),
    updatedAt: iso(one.updatedAt),
  };
}
