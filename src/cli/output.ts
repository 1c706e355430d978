import type { Writable } from 'node:stream';

/** Where a command's answer goes: one JSON document, or lines for people. Errors and notes go to stderr. */
export interface Output {
  readonly json: boolean;
  /** The command's answer: `document` as JSON, or what `lines` gives. */
  answer(document: unknown, lines: () => string | string[]): void;
  /** A remark that is not part of the answer. */
  note(text: string): void;
  /** Something that failed without ending the command; it exits with 1 in the end. */
  fail(text: string): void;
  /** A progress line on a terminal, nothing elsewhere. */
  progress(label: string): (done: number, total: number) => void;
  /** Written so far through `fail`. */
  readonly failures: number;
}

export interface Streams {
  stdout: Writable & { isTTY?: boolean };
  stderr: Writable & { isTTY?: boolean };
}

/**
 * What a terminal may be shown: no escape sequence, nor what turns the rest of a line around (UAX #9), can come from a
 * title or a server's answer.
 */
function showable(text: string): string {
  return text.replace(/(?![\n\t])[\p{Cc}\u202a-\u202e]/gu, '\ufffd');
}

export function createOutput(json: boolean, streams: Streams): Output {
  const { stdout, stderr } = streams;
  let failures = 0;
  let progressShown = false;
  const clearProgress = () => {
    if (progressShown) stderr.write('\r\x1b[2K');
    progressShown = false;
  };
  return {
    json,
    get failures() {
      return failures;
    },
    answer(document, lines) {
      clearProgress();
      if (json) stdout.write(`${JSON.stringify(document, null, 2)}\n`);
      else {
        const text = lines();
        const joined = typeof text === 'string' ? text : text.join('\n');
        if (joined !== '') stdout.write(`${showable(joined)}\n`);
      }
    },
    note(text) {
      clearProgress();
      stderr.write(`${showable(text)}\n`);
    },
    fail(text) {
      clearProgress();
      failures++;
      stderr.write(`${showable(text)}\n`);
    },
    progress(label) {
      let lastAt = 0;
      return (done, total) => {
        if (!stderr.isTTY || total === 0) return;
        const ended = done >= total;
        if (!ended && performance.now() - lastAt < 80) return;
        lastAt = performance.now();
        const width = 24;
        const filled = Math.min(width, Math.round((width * done) / total));
        stderr.write(`\r\x1b[2K${label} ${'━'.repeat(filled)}${'─'.repeat(width - filled)} ${done}/${total}`);
        progressShown = true;
        if (ended) clearProgress();
      };
    },
  };
}

/** Columns aligned by their widest entry; the last one is not padded. */
export function table(rows: readonly (readonly (string | number | null)[])[], indent = ''): string[] {
  const texts = rows.map((row) => row.map((cell) => (cell === null ? '-' : oneLine(String(cell)))));
  const columns = Math.max(0, ...texts.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...texts.map((row) => row[column]?.length ?? 0)),
  );
  return texts.map((row) =>
    (
      indent +
      row
        .map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
        .join('  ')
    ).trimEnd(),
  );
}

/** Text from outside on one terminal line: control characters (escape sequences among them) become spaces. */
export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ');
}

export function shortened(text: string, length: number): string {
  const line = oneLine(text);
  return line.length <= length ? line : `${line.slice(0, length - 1).trimEnd()}…`;
}

/** `2026-06-22 08:00Z`. */
export function instantWords(ms: number | null): string {
  return ms === null ? '-' : `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')}Z`;
}

/** The same of an ISO instant. */
export function isoWords(iso: string | null): string {
  return instantWords(iso === null ? null : Date.parse(iso));
}

/** `3 papers`, `1 paper`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
}
