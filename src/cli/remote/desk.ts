import type { Surroundings } from '../command.ts';
import type { Desk } from '../desk.ts';
import { remoteAudit } from './audit.ts';
import { createClient } from './client.ts';
import { readServer, readToken } from './server-address.ts';
import { remoteSubscribers } from './subscribers.ts';
import { remoteTopics } from './topics.ts';

/** Works at the Paperboy that is served at that address, over its API. Throws UsageError for what cannot be one. */
export function openRemoteDesk(address: string, { env, wait }: Pick<Surroundings, 'env' | 'wait'>): Desk {
  const server = readServer(address, env);
  const client = createClient({ server, token: readToken(env, server), ...(wait ? { wait } : {}) });
  return {
    topics: remoteTopics(client),
    subscribers: remoteSubscribers(client),
    audit: remoteAudit(client),
  };
}
