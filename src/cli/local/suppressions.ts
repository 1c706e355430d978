import type { App } from '../../app.ts';
import { nameSuppressions, suppressAddress } from '../../bounces/suppress.ts';
import { parseAddress } from '../../mail/addresses.ts';
import { liftSuppression, listSuppressions } from '../../store/suppressions.ts';
import { CommandError } from '../command.ts';
import type { SuppressionsDesk } from '../desk.ts';
import { iso } from './documents.ts';

export function localSuppressions(app: App): SuppressionsDesk {
  const { db } = app.store;

  function hashOf(email: string): string {
    const parsed = parseAddress(email);
    if (!parsed.ok) throw new CommandError(parsed.message);
    return app.hashAddress(parsed.address.key);
  }

  return {
    async list({ email, reason, ...page }) {
      const found = await listSuppressions(db, {
        ...page,
        ...(email === undefined ? {} : { addressHash: hashOf(email) }),
        ...(reason === undefined ? {} : { reason }),
      });
      const named = await nameSuppressions(db, app.hashAddress, found);
      return named.map(({ createdAt, liftedAt, ...rest }) => ({
        ...rest,
        createdAt: iso(createdAt),
        liftedAt: iso(liftedAt),
      }));
    },
    add: (email, note) => suppressAddress(db, hashOf(email), note, app.clock.now()),
    async lift(email, note) {
      const lifted = await liftSuppression(db, hashOf(email), note, app.clock.now());
      if (!lifted) throw new CommandError(`${email} is not suppressed.`);
    },
  };
}
