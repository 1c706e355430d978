import type { App } from '../../app.ts';
import { nameSuppressions, suppressAddress } from '../../bounces/suppress.ts';
import { exportSuppressions, importSuppressions } from '../../bounces/suppression-list.ts';
import { parseAddress } from '../../mail/addresses.ts';
import { liftSuppression, listSuppressions } from '../../store/suppressions.ts';
import { suppressionDocument } from '../../web/api/documents.ts';
import { CommandError } from '../command.ts';
import type { SuppressionsDesk } from '../desk.ts';

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
      return (await nameSuppressions(db, app.hashAddress, found)).map(suppressionDocument);
    },
    add: (email, note) => suppressAddress(db, hashOf(email), note, app.clock.now()),
    async lift(email, note) {
      const lifted = await liftSuppression(db, hashOf(email), note, app.clock.now());
      if (!lifted) throw new CommandError(`${email} is not suppressed.`);
    },
    importList: (input) =>
      importSuppressions({ db, hashAddress: app.hashAddress, input, at: app.clock.now() }),
    exportList: () => exportSuppressions(db, app.hashAddress),
  };
}
