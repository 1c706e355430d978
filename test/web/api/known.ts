import type { Known } from './generate.ts';

/** What world.ts puts there. */
export const known: Known = {
  slug: ['all-of-it', 'adapters', 'agents', 'own-1'],
  id: ['1', '2', '3'],
  'body.into': ['all-of-it', 'adapters', 'agents', 'reasoning'],
};
