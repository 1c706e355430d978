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

/**
 * So many of what pages hold, page by page, those left out that are not `wanted`: where a list goes on after an id, the
 * API's cursors are walked until there, as they say nothing of ids. Asks for no page more than it takes.
 */
export async function* take<T>(
  pages: AsyncIterable<T[]>,
  limit: number,
  wanted: (one: T) => boolean = () => true,
): AsyncGenerator<T[]> {
  let left = limit;
  for await (const page of pages) {
    const taken = page.filter(wanted).slice(0, left);
    left -= taken.length;
    if (taken.length > 0) yield taken;
    if (left === 0) return;
  }
}
