import { createHash } from 'node:crypto';

/**
 * Names what somebody saw of what can be edited, in 22 characters, so that nobody overwrites what another has changed
 * since: `JSON.stringify(editable)` differs where the name does. Figures that change by themselves are no part of it.
 */
export function stateOf(editable: unknown): string {
  return createHash('sha256').update(JSON.stringify(editable)).digest('base64url').slice(0, 22);
}
