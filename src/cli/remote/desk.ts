import { systemClock } from '../../clock.ts';
import type { Surroundings } from '../command.ts';
import type { Desk } from '../desk.ts';
import { remoteAudit } from './audit.ts';
import { remoteBounces } from './bounces.ts';
import { createClient } from './client.ts';
import { remoteDeliveries } from './deliveries.ts';
import { remoteMails } from './mails.ts';
import { remotePapers } from './papers.ts';
import { remoteRuns } from './runs.ts';
import { readServer, readToken } from './server-address.ts';
import { remoteSubscribers } from './subscribers.ts';
import { remoteSuppressions } from './suppressions.ts';
import { remoteTopics } from './topics.ts';

/** Works at the Paperboy that is served at that address, over its API. Throws UsageError for what cannot be one. */
export function openRemoteDesk(address: string, { env, wait }: Pick<Surroundings, 'env' | 'wait'>): Desk {
  const server = readServer(address, env);
  const client = createClient({ server, token: readToken(env, server), ...(wait ? { wait } : {}) });
  return {
    topics: remoteTopics(client),
    subscribers: remoteSubscribers(client),
    deliveries: remoteDeliveries(client),
    mails: remoteMails(client),
    runs: remoteRuns(client),
    bounces: remoteBounces(client),
    suppressions: remoteSuppressions(client),
    papers: remotePapers(client),
    audit: remoteAudit(client),
    // Clocks of servers are right to the minute, which is as much as is told by it.
    now: systemClock.now,
  };
}
