import type { App } from '../../app.ts';
import type { Desk } from '../desk.ts';
import { localAudit } from './audit.ts';
import { localBounces } from './bounces.ts';
import { localDeliveries } from './deliveries.ts';
import { localMails } from './mails.ts';
import { localPapers } from './papers.ts';
import { localRuns } from './runs.ts';
import { localSubscribers } from './subscribers.ts';
import { localSuppressions } from './suppressions.ts';
import { localTopics } from './topics.ts';

/** Works on the database of this machine. */
export function openLocalDesk(app: App): Desk {
  return {
    topics: localTopics(app),
    subscribers: localSubscribers(app),
    deliveries: localDeliveries(app),
    mails: localMails(app),
    runs: localRuns(app),
    bounces: localBounces(app),
    suppressions: localSuppressions(app),
    papers: localPapers(app),
    audit: localAudit(app),
    now: app.clock.now,
  };
}
