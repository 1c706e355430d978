import { addRunLogLines, isKept, keptLines, type RunLogLine } from '../store/run-logs.ts';
import type { RunKind } from '../store/schema.ts';
import type { Db } from '../store/store.ts';
import { type Log, withoutAddresses } from './log-lines.ts';

/** A log that also keeps its lines with the run that writes them, for who looks at the run later. */
export interface RunLog extends Log {
  /** A line that is of interest only beside the run it belongs to: to the log it is for debugging. */
  step(line: object, message: string, level?: RunLogLine['level']): void;
  /** Whose lines they are; those written before are its too. */
  belongTo(runId: number): void;
  /** Writes what is not written yet. Rejects never. */
  close(): Promise<void>;
}

/** Lines are written together, so long after the first of them: a run that is under way can be looked at. */
const flushAfterMs = 2000;

/**
 * Passes lines on to `log` and keeps the first and the last of them (store/run-logs.ts), without addresses; what is for
 * debugging is passed on alone. What is not told whose it is until `close` is not kept. A line that cannot be kept
 * stops no run.
 */
export function createRunLog(
  kind: RunKind,
  { db, now, log }: { db: Db; now: () => number; log: Log },
): RunLog {
  let runId: number | null = null;
  let total = 0;
  let waiting: RunLogLine[] = [];
  let timer: NodeJS.Timeout | null = null;
  let writing: Promise<void> = Promise.resolve();
  let failed = false;

  function keep(level: RunLogLine['level'], line: object, message: string): void {
    total++;
    waiting.push({ line: total, at: now(), level, message, facts: plainFacts(line) });
    if (waiting.length > 2 * (keptLines.first + keptLines.last))
      waiting = waiting.filter((one) => isKept(one.line, total));
    if (runId !== null) timer ??= setTimeout(() => void flush(), flushAfterMs).unref();
  }

  function flush(): Promise<void> {
    if (timer) clearTimeout(timer);
    timer = null;
    const lines = waiting.filter((one) => isKept(one.line, total));
    waiting = [];
    if (runId === null || lines.length === 0) return writing;
    const run = { kind, runId, total };
    writing = writing
      .then(() => addRunLogLines(db, run, lines))
      .catch((error: unknown) => {
        if (!failed) log.warn({ run: run.runId, err: error }, 'the log of a run could not be kept');
        failed = true;
      });
    return writing;
  }

  const at = (level: RunLogLine['level']) => (line: object, message: string) => {
    log[level](line, message);
    keep(level, line, message);
  };
  return {
    debug: (line, message) => log.debug(line, message),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    step(line, message, level = 'info') {
      log.debug(line, message);
      keep(level, line, message);
    },
    belongTo(id) {
      runId = id;
      if (waiting.length > 0) timer ??= setTimeout(() => void flush(), flushAfterMs).unref();
    },
    close: flush,
  };
}

const maxTextLength = 1000;

/** What JSON can hold of a line, errors by their message, and every text without addresses. */
function plainFacts(line: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(line).map(([name, value]) => [name, plain(value)]));
}

function plain(value: unknown): unknown {
  if (typeof value === 'string') return withoutAddresses(value.slice(0, maxTextLength));
  if (value instanceof Error) return plain(`${value.name}: ${value.message}`);
  if (Array.isArray(value)) return value.slice(0, 20).map(plain);
  if (typeof value === 'object' && value !== null) return plainFacts(value);
  return typeof value === 'bigint' || typeof value === 'function' ? String(value) : value;
}
