import { z } from '@hono/zod-openapi';
import { next } from '../../web/api/schemas.ts';

/** What a page of a list is called in the answer, and what each in it is. */
export interface Page<Schema extends z.ZodType> {
  name: string;
  schema: Schema;
}

/** Any list's page, as what was found and the cursor of the next. */
export function pageOf<Schema extends z.ZodType>({ name, schema }: Page<Schema>) {
  return z.object({ [name]: z.array(schema), next }).transform((page) => ({
    found: page[name] as z.infer<Schema>[],
    next: page.next as string | null,
  }));
}
