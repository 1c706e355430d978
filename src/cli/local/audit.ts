import type { App } from '../../app.ts';
import { listAudit } from '../../store/audit-list.ts';
import type { AuditDesk } from '../desk.ts';
import { iso } from './documents.ts';

export function localAudit(app: App): AuditDesk {
  return {
    async list(filter) {
      const { entries } = await listAudit(app.store.db, filter);
      return entries.map(({ id, at, actor, ...entry }) => ({
        ...{ id, at: iso(at) },
        actor: actor.id === undefined ? { kind: actor.kind } : { kind: actor.kind, id: actor.id },
        ...entry,
      }));
    },
  };
}
