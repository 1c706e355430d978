import { pipeline } from 'node:stream/promises';
import { setImmediate } from 'node:timers/promises';
import { parse } from 'csv-parse';
import { stringify } from 'csv-stringify';
import type { HashAddress } from '../mail/address-hash.ts';
import { parseAddress } from '../mail/addresses.ts';
import { guardFormula, unguardFormula } from '../mail/formula.ts';
import type { Db } from '../store/store.ts';
import { insertSuppressions, type NewSuppression } from '../store/suppressions.ts';
import { eachSuppressionPage, isSuppressionReason, nameSuppressions } from './suppress.ts';

/** A list of addresses that must not be mailed cannot be read. */
export class SuppressionListError extends Error {
  override name = 'SuppressionListError';
}

export interface ListReport {
  lines: number;
  added: number;
  /** Suppressed before. */
  unchanged: number;
  /** Lines without a usable address, with their numbers (the header is line 1); the first 1,000. */
  invalid: { line: number; message: string }[];
}

const columns = ['email', 'address_hash', 'reason', 'created_at', 'note'] as const;
type Row = Partial<Record<string, string>>;
const batchLines = 500;
const maxRecordBytes = 16_384;

/**
 * Reads a CSV with a header (RFC 4180): `email`, or `address_hash` of an export made with the same secret key; `reason`,
 * `created_at` (ISO) and `note` may be missing. What is suppressed already stays as it is, so that reading the same
 * list again changes nothing. Throws SuppressionListError; the batches before are kept.
 */
export async function importSuppressions(request: {
  db: Db;
  hashAddress: HashAddress;
  input: AsyncIterable<Uint8Array | string>;
  /** Epoch ms. */
  at: number;
}): Promise<ListReport> {
  const report: ListReport = { lines: 0, added: 0, unchanged: 0, invalid: [] };
  let batch: NewSuppression[] = [];
  const flush = async () => {
    const added = await insertSuppressions(request.db, batch);
    report.added += added;
    report.unchanged += batch.length - added;
    batch = [];
    await setImmediate();
  };
  let hasHeader = false;
  const parser = parse({
    bom: true,
    columns: (header: string[]) => {
      hasHeader = true;
      return readHeader(header);
    },
    info: true,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    trim: true,
    max_record_size: maxRecordBytes,
  });
  type Parsed = AsyncIterable<{ record: Row; info: { lines: number } }>;
  try {
    await pipeline(request.input, parser, async (records: Parsed) => {
      for await (const { record, info } of records) {
        report.lines++;
        const read = readRow(record, request.hashAddress, request.at);
        if (typeof read !== 'string') batch.push(read);
        else if (report.invalid.length < 1000) report.invalid.push({ line: info.lines, message: read });
        if (batch.length >= batchLines) await flush();
      }
    });
  } catch (cause) {
    if (cause instanceof SuppressionListError) throw cause;
    throw new SuppressionListError(`The list cannot be read: ${(cause as Error).message}`, { cause });
  } finally {
    if (batch.length > 0) await flush();
  }
  if (!hasHeader) throw new SuppressionListError('The list is empty: there is not even a header.');
  return report;
}

function readHeader(header: string[]): string[] {
  const names = header.map((name) => name.toLowerCase().replace(/[ -]/g, '_'));
  const known = names.map((name) => (['e_mail', 'address', 'email_address'].includes(name) ? 'email' : name));
  if (!known.includes('email') && !known.includes('address_hash'))
    throw new SuppressionListError(
      `The first line must name the columns, with commas between them, email (or address_hash) among them; it is ${JSON.stringify(header.join(',').slice(0, 80))}.`,
    );
  return known;
}

/** What is wrong, in words, when the line cannot be used. */
function readRow(row: Row, hashAddress: HashAddress, at: number): NewSuppression | string {
  const given = unguardFormula(row.email ?? '');
  const hash = row.address_hash ?? '';
  // What the file's encoding could not say would be another address.
  if (given.includes('\uFFFD')) return 'The address is not UTF-8. Save the file as UTF-8.';
  const parsed = given === '' ? null : parseAddress(given);
  if (parsed && !parsed.ok) return parsed.message;
  if (!parsed && !/^[0-9a-f]{32}$/.test(hash))
    return 'There is neither an address nor a hash of this installation.';
  const reason = row.reason ?? '';
  const known = isSuppressionReason(reason);
  const notes = [known ? '' : reason, unguardFormula(row.note ?? '')].filter(Boolean).join(': ');
  const createdAt = Date.parse(row.created_at ?? '');
  return {
    addressHash: parsed?.ok ? hashAddress(parsed.address.key) : hash,
    reason: known ? reason : 'imported',
    origin: 'import',
    note: notes === '' ? null : notes.slice(0, 500),
    bounceId: null,
    createdAt: createdAt > 0 && createdAt <= at ? createdAt : at,
  };
}

/** The list that `importSuppressions` reads, in pieces; addresses only of those who are still subscribers. */
export async function* exportSuppressions(db: Db, hashAddress: HashAddress): AsyncGenerator<string> {
  const text = stringify({ header: true, columns: [...columns], record_delimiter: 'unix' });
  const rows = (async () => {
    for await (const page of eachSuppressionPage(db, {}))
      for (const one of await nameSuppressions(db, hashAddress, page))
        text.write([
          guardFormula(one.email ?? ''),
          one.addressHash,
          one.reason,
          new Date(one.createdAt).toISOString(),
          guardFormula(one.note ?? ''),
        ]);
    text.end();
  })();
  for await (const piece of text) yield String(piece);
  await rows;
}
