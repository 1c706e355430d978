import { createHmac, timingSafeEqual } from 'node:crypto';
import { ApiProblem } from './problem.ts';

/** Where a page of a list ended: a number or a text that its rows are ordered by. */
export type CursorPlace = string | number;

/**
 * Where the next page of a list begins, as programs pass it back: opaque and signed, so that nobody builds on what is in
 * it. `list`: of which list. Null stays null: there is no next page.
 */
export function makeCursor(secret: string, list: string, place: CursorPlace | null): string | null {
  if (place === null) return null;
  const text = JSON.stringify(place);
  return Buffer.from(sign(secret, list, text) + text).toString('base64url');
}

/** Undefined: from the beginning. Throws ApiProblem for what is no cursor of this list. */
export function readCursor(secret: string, list: string, cursor: undefined): undefined;
export function readCursor(secret: string, list: string, cursor: string | undefined): CursorPlace | undefined;
export function readCursor(
  secret: string,
  list: string,
  cursor: string | undefined,
): CursorPlace | undefined {
  if (cursor === undefined) return undefined;
  const bytes = Buffer.from(cursor, 'base64url').toString();
  const [mac, text] = [bytes.slice(0, macLength), bytes.slice(macLength)];
  const wanted = sign(secret, list, text);
  const isOurs =
    Buffer.byteLength(mac) === macLength && timingSafeEqual(Buffer.from(mac), Buffer.from(wanted));
  if (!isOurs)
    throw new ApiProblem('parameters', 'The cursor is none of this list. Begin without one.', {
      errors: [{ parameter: 'cursor', detail: 'Expected what “next” of the page before says.' }],
    });
  return JSON.parse(text) as CursorPlace;
}

/** The same for lists that are ordered by id. */
export function readIdCursor(secret: string, list: string, cursor: string | undefined): number | undefined {
  const place = readCursor(secret, list, cursor);
  return typeof place === 'number' ? place : undefined;
}

const macLength = 16;

function sign(secret: string, list: string, text: string): string {
  return createHmac('sha256', secret)
    .update(`paperboy cursor:${list}:${text}`)
    .digest('base64url')
    .slice(0, macLength);
}
