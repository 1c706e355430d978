import { auditSchema } from '../../web/api/audit.ts';
import type { AuditDesk } from '../desk.ts';
import type { Client } from './client.ts';
import { take } from './pages.ts';

export function remoteAudit(client: Client): AuditDesk {
  return {
    async list({ act, subject, subjectId, actor, beforeId, limit }) {
      const query = { act, about: subject, id: subjectId, by: actor, limit: Math.min(limit, 500) };
      const pages = client.pages('/audit', query, { name: 'changes', schema: auditSchema });
      const older = ({ id }: { id: number }) => beforeId === undefined || id < beforeId;
      return (await Array.fromAsync(take(pages, limit, older))).flat();
    },
  };
}
