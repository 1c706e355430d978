import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { type AuditFilter, listAudit } from '../../store/audit-list.ts';
import { auditActs, auditSubjects } from '../../store/audit-words.ts';
import type { ApiDependencies, ApiEnv } from './context.ts';
import { makeCursor, readIdCursor } from './cursor.ts';
import { withoutUndefined } from './defined.ts';
import { auditDocument } from './documents.ts';
import { json, looks, problems } from './routes.ts';
import { date, id, idText, instant, next, pageQuery } from './schemas.ts';

const actors = ['admin', 'token', 'subscriber', 'cli', 'system'] as const;
const dayMs = 24 * 3_600_000;

const snapshot = z
  .record(z.string(), z.unknown())
  .nullable()
  .openapi({ type: ['object', 'null'], additionalProperties: true });

export const auditSchema = z
  .object({
    id,
    at: instant,
    actor: z.object({ kind: z.enum(actors), id: id.optional() }),
    actorName: z.string().nullable(),
    act: z.enum(auditActs),
    subject: z.object({ kind: z.enum(auditSubjects), id }),
    subjectName: z.string().nullable(),
    before: snapshot.openapi({ description: 'The facts that changed, as they were; null: it is new.' }),
    after: snapshot.openapi({ description: 'The same as they are since; null: it is gone.' }),
  })
  .openapi('AuditEntry');

const listRoute = createRoute({
  ...looks({ tag: 'Audit', operationId: 'listAudit', summary: 'Who changed what, when; newest first' }),
  method: 'get',
  path: '/audit',
  request: {
    query: z.strictObject({
      by: z.enum(actors).optional(),
      byId: idText.optional(),
      act: z.enum(auditActs).optional(),
      about: z.enum(auditSubjects).optional(),
      id: idText.optional().openapi({ description: 'Of what `about` names.' }),
      day: date.optional().openapi({ description: 'A day in UTC.' }),
      ...pageQuery(50, 500),
    }),
  },
  responses: {
    200: json(z.object({ changes: z.array(auditSchema), next }), 'A page of them.'),
    ...problems(),
  },
});

export function auditRoutes({ store, config }: ApiDependencies): OpenAPIHono<ApiEnv> {
  const secret = config.secretKey;
  const api = new OpenAPIHono<ApiEnv>();
  api.openapi(listRoute, async (c) => {
    const { by, byId, act, about, id: subjectId, day, cursor, limit } = c.req.valid('query');
    const since = day === undefined ? undefined : Date.parse(day);
    const filter: AuditFilter = {
      limit,
      ...withoutUndefined({
        ...{ actor: by, actorId: byId, act, subject: about, subjectId, since },
        until: since === undefined ? undefined : since + dayMs,
        beforeId: readIdCursor(secret, 'audit', cursor),
      }),
    };
    const { entries, nextBefore } = await listAudit(store.db, filter);
    return c.json(
      { changes: entries.map(auditDocument), next: makeCursor(secret, 'audit', nextBefore) },
      200,
    );
  });
  return api;
}
