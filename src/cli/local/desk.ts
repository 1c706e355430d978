import type { App } from '../../app.ts';
import type { Desk } from '../desk.ts';
import { localTopics } from './topics.ts';

/** Works on the database of this machine. */
export function openLocalDesk(app: App): Desk {
  return { topics: localTopics(app) };
}
