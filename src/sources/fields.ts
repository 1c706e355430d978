import { type SignalKind, signalKinds } from '../papers/paper.ts';

/** Bounds of what is kept of a text from outside, in characters. */
export const maxChars = { title: 1000, abstract: 20_000, tldr: 2000, comment: 2000, name: 300, url: 2000 };

/** One line: control characters out, white space (hard wraps too) joined. Null when nothing is left. */
export function readLine(value: unknown, limit: number): string | null {
  if (typeof value !== 'string') return null;
  const line = clean(value.slice(0, limit * 4))
    .replace(/\s+/g, ' ')
    .trim();
  return line === '' ? null : line.slice(0, limit).toWellFormed();
}

/** A text as it came, but for control characters and outer white space. Null when nothing is left. */
export function readText(value: unknown, limit: number): string | null {
  if (typeof value !== 'string') return null;
  const text = clean(value).trim();
  return text === '' ? null : text.slice(0, limit).toWellFormed();
}

/** The address, when it is an absolute `http(s)` one without login; otherwise null. */
export function readUrl(value: unknown): string | null {
  if (typeof value !== 'string' || value.length > maxChars.url) return null;
  const url = URL.parse(value.trim());
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:')) return null;
  return url.username || url.password ? null : url.href;
}

const earliest = Date.UTC(1985, 0, 1);
const latest = Date.UTC(2100, 0, 1);

/** Epoch ms of an ISO or RFC 5322 date, or of epoch ms themselves; null when it is none of 1985–2099. */
export function readInstant(value: unknown): number | null {
  const instant = typeof value === 'string' && value.length < 64 ? Date.parse(value) : value;
  if (typeof instant !== 'number' || !Number.isFinite(instant)) return null;
  return instant >= earliest && instant < latest ? Math.trunc(instant) : null;
}

/** A count; null when it is no non-negative whole number. */
export function readCount(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null;
}

/** The texts of a list, each on one line, without empty and repeated ones. */
export function readList(value: unknown, limit: number, maxLength: number = maxChars.name): string[] {
  if (!Array.isArray(value)) return [];
  const lines = value.slice(0, limit).map((one) => readLine(one, maxLength));
  return [...new Set(lines.filter((line) => line !== null))];
}

/** The counts that are known, in the fixed order of kinds. */
export function readSignals(
  values: Partial<Record<SignalKind, unknown>>,
): { kind: SignalKind; value: number }[] {
  return signalKinds.flatMap((kind) => {
    const value = readCount(values[kind]);
    return value === null ? [] : [{ kind, value }];
  });
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function clean(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  return text.replace(/\r\n?/g, '\n').replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g, '');
}
