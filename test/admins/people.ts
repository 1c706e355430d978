import { addAdmin } from '../../src/admins/admins.ts';
import { keepPassword } from '../../src/admins/change-password.ts';
import { createSignInLimits, type LimitSettings } from '../../src/admins/limits.ts';
import { createPasswords } from '../../src/admins/passwords.ts';
import type { Admin } from '../../src/store/admins.ts';
import type { Store } from '../../src/store/store.ts';
import { monday } from '../subscribers/people.ts';
import { newStore } from '../support/store.ts';

/** The same as in earnest but for what it costs: a test does not wait a third of a second for each hash. */
export const cheap = createPasswords({ N: 16, r: 8, p: 1 });

export const password = 'correct horse battery';
export const visitor = { network: '192.0.2.1', device: 'Firefox on Linux' };

export interface TestAdmins {
  store: Store;
  deps: {
    db: Store['db'];
    passwords: typeof cheap;
    limits: ReturnType<typeof createSignInLimits>;
  };
}

/** A store in memory and what signing in takes. */
export function openTestAdmins(limits?: LimitSettings): TestAdmins {
  const store = newStore();
  return { store, deps: { db: store.db, passwords: cheap, limits: createSignInLimits(limits) } };
}

/** An admin with the password above. */
export async function addTestAdmin(store: Store, email = 'ada@example.org'): Promise<Admin> {
  const added = await addAdmin(store.db, { email }, monday);
  if (!added.ok) throw new Error(added.message);
  await keepPassword(store.db, cheap, added.admin, password, null, monday);
  return added.admin;
}
