import { pipeline } from 'node:stream/promises';
import { type CsvError, parse } from 'csv-parse';
import { type ColumnMap, type CsvField, chooseColumns } from './csv-columns.ts';
import { AddressListError } from './csv-error.ts';

export { AddressListError } from './csv-error.ts';

/** What the first line says. */
export interface CsvHeader {
  delimiter: string;
  names: readonly string[];
  columns: ColumnMap;
  /** Names of columns that are not read. */
  ignored: string[];
}

/** One record; a cell that is missing or empty is absent. */
export interface CsvLine {
  /** Where it begins in the file; the header is line 1. */
  line: number;
  cells: Partial<Record<CsvField, string>>;
  /** All of its cells, as they stand there. */
  record: readonly string[];
  /** The line has more cells than the header. */
  tooMany: boolean;
}

interface ParsedRecord {
  record: string[];
  info: { lines: number };
}

const maxRecordBytes = 16_384;
const maxHeaderCharacters = 4_096;

/**
 * Reads an address list as it streams in: UTF-8 or UTF-16 with a byte order mark, any line ends, quoted or
 * not (RFC 4180), separated by commas, semicolons or tabs as its header is. `choose` says what its columns mean.
 * Throws AddressListError for a header without `email`, and for a quote that is opened and never closed.
 */
export async function* readCsvLines(
  input: AsyncIterable<Uint8Array | string>,
  onHeader: (header: CsvHeader) => void = () => {},
  choose: (header: readonly string[]) => ColumnMap = (header) => chooseColumns(header),
): AsyncGenerator<CsvLine> {
  const text = normalizeLineEnds(decode(input));
  const { start, rest } = await readStart(text);
  const delimiter = detectDelimiter(start);
  // An error would destroy the parser together with the good records it still holds: it is skipped, and
  // reading ends there.
  const broken: { at?: CsvError & { lines: number } } = {};
  const parser = parse({
    delimiter,
    info: true,
    ltrim: true,
    relax_quotes: true,
    relax_column_count: true,
    skip_empty_lines: true,
    skip_records_with_empty_values: true,
    skip_records_with_error: true,
    max_record_size: maxRecordBytes,
    record_delimiter: '\n',
    on_skip: (error) => {
      broken.at ??= error as CsvError & { lines: number };
      return undefined;
    },
  });
  const parsing = pipeline(rest(), parser);
  parsing.catch(() => {}); // told by the iteration
  let columns: ColumnMap | null = null;
  let endLine = 0;
  for await (const { record: cells, info } of parser as AsyncIterable<ParsedRecord>) {
    if (broken.at && info.lines >= broken.at.lines) break;
    endLine = info.lines;
    const record = cells.map((cell) => cell.trim());
    if (columns) {
      yield toLine(record, columns, endLine);
      continue;
    }
    columns = choose(record);
    const ignored = record.filter((_, index) => !columns?.[index]);
    onHeader({ delimiter, names: record, columns, ignored });
  }
  if (broken.at)
    throw new AddressListError(
      `In line ${endLine + 1} or soon after a quote is opened and never closed, or a line is longer than ${maxRecordBytes} bytes. What comes after line ${endLine} was not read.`,
      endLine + 1,
      { cause: broken.at },
    );
  if (!columns)
    throw new AddressListError('The file is empty. Expected a header line such as "email,topics".', 1);
}

function toLine(record: string[], columns: ColumnMap, endLine: number): CsvLine {
  const cells: CsvLine['cells'] = {};
  for (const [index, column] of columns.entries()) {
    const cell = record[index];
    if (column && cell) cells[column] = cell;
  }
  const newlines = record.reduce((count, cell) => count + cell.split('\n').length - 1, 0);
  return {
    line: endLine - newlines,
    cells,
    record,
    tooMany: record.slice(columns.length).some((cell) => cell !== ''),
  };
}

/** The separator that the header has; a file of one column has none. */
function detectDelimiter(start: string): string {
  const header = start.trimStart().split('\n', 1)[0] ?? '';
  return [',', ';', '\t'].find((one) => header.includes(one)) ?? ',';
}

async function readStart(text: AsyncGenerator<string>) {
  let start = '';
  while (start.length < maxHeaderCharacters && !start.trimStart().includes('\n')) {
    const next = await text.next();
    if (next.done) break;
    start += next.value;
  }
  async function* rest() {
    yield start;
    yield* text;
  }
  return { start, rest };
}

async function* decode(input: AsyncIterable<Uint8Array | string>): AsyncGenerator<string> {
  let decoder: TextDecoder | null = null;
  for await (const chunk of input) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    if (bytes.length === 0) continue;
    decoder ??= new TextDecoder(encodingOf(bytes));
    yield decoder.decode(bytes, { stream: true });
  }
  yield decoder?.decode() ?? '';
}

/** By the byte order mark; TextDecoder leaves it out. */
function encodingOf([first, second]: Uint8Array): string {
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  return first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
}

async function* normalizeLineEnds(text: AsyncIterable<string>): AsyncGenerator<string> {
  let afterReturn = false;
  for await (const chunk of text) {
    if (chunk === '') continue;
    const whole = afterReturn && chunk.startsWith('\n') ? chunk.slice(1) : chunk;
    afterReturn = chunk.endsWith('\r');
    yield whole.replace(/\r\n?/g, '\n');
  }
}
