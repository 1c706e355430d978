import { iso } from '../../clock.ts';
import type { Suppression } from '../../store/suppressions.ts';
import type { SuppressionTold } from '../desk.ts';

export function suppressionTold(suppression: Suppression | null): SuppressionTold | null {
  if (!suppression) return null;
  const { reason, note, createdAt } = suppression;
  return { reason, note, since: iso(createdAt) };
}
