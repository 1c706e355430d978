import type { App } from '../../app.ts';
import { parseAddress } from '../../mail/addresses.ts';
import { findSubscriberByKey, type Subscriber } from '../../store/subscribers.ts';
import { CommandError } from '../command.ts';

/** Throws CommandError when the address is none or unknown. */
export async function findSubscriberOrFail(app: App, email: string): Promise<Subscriber> {
  const parsed = parseAddress(email);
  if (!parsed.ok) throw new CommandError(parsed.message);
  const subscriber = await findSubscriberByKey(app.store.db, parsed.address.key);
  if (!subscriber) throw new CommandError(sayUnknown(parsed.address.email));
  return subscriber;
}

export function sayUnknown(email: string): string {
  return `There is no subscriber ${email}. \`paperboy subscribers list\` shows them.`;
}
