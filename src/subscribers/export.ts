import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { stringify } from 'csv-stringify';
import { guardFormula } from '../mail/formula.ts';
import type { SubscriberStatus } from '../store/schema.ts';
import type { Db } from '../store/store.ts';
import { eachSubscriberPage } from '../store/subscribers.ts';
import { findSubscribedTopics } from '../store/subscriptions.ts';
import { csvColumns } from './csv-columns.ts';

/**
 * Streams subscribers as the address list that import reads (RFC 4180 with LF), by default the active ones:
 * the list has no status, and who has paused or unsubscribed must not come back through a file. Private
 * topics stay out. An address that a spreadsheet would take for a formula (`=…`) gets a `'` before it, which
 * import takes away. Ends `output` unless it is stdout. Returns how many.
 */
export async function exportSubscribers(
  db: Db,
  output: Writable,
  filter: { status?: SubscriberStatus; topicId?: number } = {},
): Promise<number> {
  let count = 0;
  async function* rows(): AsyncGenerator<string[]> {
    for await (const page of eachSubscriberPage(db, { status: 'active', ...filter })) {
      const topics = await findSubscribedTopics(
        db,
        page.map(({ id }) => id),
      );
      for (const one of page) {
        count++;
        const slugs = (topics.get(one.id) ?? [])
          .filter((topic) => topic.visibility === 'public')
          .map((topic) => topic.slug);
        yield [
          guardFormula(one.email),
          one.timezone,
          one.digestTime,
          one.days.join(','),
          String(one.maxPapers),
          slugs.join(';'),
        ];
      }
    }
  }
  const text = stringify({ header: true, columns: [...csvColumns], record_delimiter: 'unix' });
  await pipeline(rows(), text, output, { end: output !== process.stdout });
  return count;
}
