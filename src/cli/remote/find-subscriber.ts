import { parseAddress } from '../../mail/addresses.ts';
import { subscriberSchema } from '../../web/api/subscriber-document.ts';
import { CommandError } from '../command.ts';
import type { SubscriberDocument } from '../desk.ts';
import { sayUnknown } from '../local/find-subscriber.ts';
import type { Client } from './client.ts';

/** Throws CommandError when the address is none or unknown. */
export async function findSubscriberThere(client: Client, email: string): Promise<SubscriberDocument> {
  const parsed = parseAddress(email);
  if (!parsed.ok) throw new CommandError(parsed.message);
  const query = { email: parsed.address.email, limit: 1 };
  for await (const [found] of client.pages('/subscribers', query, {
    name: 'subscribers',
    schema: subscriberSchema,
  }))
    if (found) return found;
  throw new CommandError(sayUnknown(parsed.address.email));
}
