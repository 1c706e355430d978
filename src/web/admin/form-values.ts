import type { Context } from 'hono';

/** The texts of a form, by name; files, what is missing and what is longer than any field here is left out. */
export async function readTexts(
  c: Context,
): Promise<{ one(name: string): string; all(name: string): string[] }> {
  const body = await c.req.parseBody({ all: true }).catch(() => ({}) as Record<string, unknown>);
  const all = (name: string) =>
    [body[name] ?? []]
      .flat()
      .filter((value): value is string => typeof value === 'string' && value.length <= 10_000);
  return { one: (name) => all(name)[0] ?? '', all };
}
