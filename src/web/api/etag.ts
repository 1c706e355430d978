import { z } from '@hono/zod-openapi';
import { stateOf } from '../shell/state.ts';
import { ApiProblem } from './problem.ts';

/** Names a state of what can be edited (RFC 9110 §8.8.3); figures that change by themselves are no part of it. */
export function etagOf(editable: unknown): string {
  return `"${stateOf(editable)}"`;
}

export const ifMatchHeader = z.object({
  'if-match': z.string().optional().openapi({
    description: 'The ETag of what was looked at before it is changed, or `*` for whatever there is.',
    example: '"Jf5yQb0pS2uM8kq0c3tQ5w"',
  }),
});

/**
 * Throws ApiProblem unless an edit says which state it is of (RFC 9110 §13.1.1, RFC 6585 §3), and that is the one there
 * is. To be called in the transaction that edits.
 */
export function requireMatch(header: string | undefined, etag: string): void {
  if (header === undefined)
    throw new ApiProblem(
      'precondition-required',
      'An edit says which state it is of: send the ETag you got as “If-Match”, or “If-Match: *” for whatever there is.',
    );
  const wanted = header.split(',').map((one) => one.trim());
  if (!wanted.includes('*') && !wanted.includes(etag))
    throw new ApiProblem('stale', 'It was changed since you looked. Get it again, and change that.', {
      headers: { ETag: etag },
    });
}
