import type { App } from '../../app.ts';
import { listAudit } from '../../store/audit-list.ts';
import { auditDocument } from '../../web/api/documents.ts';
import type { AuditDesk } from '../desk.ts';

export function localAudit(app: App): AuditDesk {
  return {
    async list(filter) {
      const { entries } = await listAudit(app.store.db, filter);
      return entries.map(auditDocument);
    },
  };
}
