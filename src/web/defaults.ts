import type { DigestDefaults } from '../config.ts';
import type { WebDependencies } from './context.ts';

/** What somebody gets about whom nothing is said. */
export function digestDefaultsOf({ digest }: WebDependencies['config']): DigestDefaults {
  return (
    digest ?? {
      time: '08:00',
      timezone: 'UTC',
      days: ['mon', 'tue', 'wed', 'thu', 'fri'],
      maxPapers: 10,
      locale: 'en',
    }
  );
}
