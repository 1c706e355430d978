/** Readers of what somebody else wrote: whatever is not of the expected type is taken for absent. */

export type Json = Record<string, unknown>;

export const asObject = (value: unknown): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
export const asList = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
/** At most 4,000 characters. */
export const asText = (value: unknown): string => (typeof value === 'string' ? value.slice(0, 4_000) : '');

/** What is not JSON at all: undefined, which no JSON is. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A field that tells of a kind of event, fit for a log; `?` for anything else. */
export function asWord(value: unknown): string {
  const text = typeof value === 'string' ? value : '';
  return /^[\w -]{1,40}$/.test(text) ? text : '?';
}

/** One line of at most 500 characters. */
export function toLine(text: string): string {
  return text
    .slice(0, 4_000)
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()
    .slice(0, 500);
}

const earliest = Date.UTC(2010, 0);
const latest = Date.UTC(2100, 0);

/** Epoch ms from an ISO 8601 text, or from a number of seconds or milliseconds since 1970; null for anything else. */
export function asInstant(value: unknown): number | null {
  const number =
    typeof value === 'string' ? Date.parse(value) : typeof value === 'number' ? value : Number.NaN;
  const ms = Math.round(typeof value === 'number' && number < 1e11 ? number * 1_000 : number);
  return ms >= earliest && ms < latest ? ms : null;
}
