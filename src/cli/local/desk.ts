import type { App } from '../../app.ts';
import type { Desk } from '../desk.ts';
import { localAudit } from './audit.ts';
import { localSubscribers } from './subscribers.ts';
import { localTopics } from './topics.ts';

/** Works on the database of this machine. */
export function openLocalDesk(app: App): Desk {
  return { topics: localTopics(app), subscribers: localSubscribers(app), audit: localAudit(app) };
}
