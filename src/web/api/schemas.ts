import { z } from '@hono/zod-openapi';

/** An instant in UTC. */
export const instant = z.iso.datetime().openapi({ example: '2026-06-22T08:00:00.000Z' });
export const date = z.iso.date().openapi({ example: '2026-06-22' });
export const count = z.int().min(0);
export const id = z.int().min(1).max(Number.MAX_SAFE_INTEGER);

/** An id in a path or a query. */
export const idText = z
  .string()
  .regex(/^[1-9]\d{0,14}$/, 'Expected a whole number.')
  .transform(Number)
  .openapi({ type: 'string', pattern: '^[1-9][0-9]{0,14}$', example: '1' });

export const idParams = z.object({ id: idText.openapi({ param: { name: 'id', in: 'path' } }) });

/** A line of text that is looked for or noted down. */
export const line = (most: number) => z.string().trim().min(1).max(most);

/** How many, up to so many. */
export const upTo = (usual: number, most: number, description = 'How many at most.') =>
  z
    .string()
    .regex(/^[1-9]\d{0,3}$/, `Expected a whole number from 1 to ${most}.`)
    .transform(Number)
    .refine((limit) => limit <= most, `Expected a whole number from 1 to ${most}.`)
    .default(usual)
    .openapi({
      type: 'integer',
      minimum: 1,
      maximum: most,
      default: usual,
      description,
    });

/** What any list takes: where to go on, and how many. */
export function pageQuery(usual = 50, most = 200) {
  return {
    cursor: z
      .string()
      .max(500)
      .optional()
      .openapi({ description: '`next` of the page before; left out: from the beginning.' }),
    limit: upTo(usual, most),
  };
}

export const next = z
  .string()
  .nullable()
  .openapi({ description: 'The cursor of the next page; null: this was the last.' });

/** `yes` or `no` in a query. */
export const yesNo = z.enum(['yes', 'no']);

/** One of the document's named schemas, or null. `nullable()` would demand of null that it fits, too. */
export function orNull<Schema extends z.ZodType>(schema: Schema) {
  return z.union([schema, z.null()]);
}
