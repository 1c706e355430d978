import { z } from '@hono/zod-openapi';
import type { LongAct, LongActs } from '../../subscribers/long-acts.ts';
import { ApiProblem } from './problem.ts';

/** Something that goes on while one asks how far it is. */
export function longActSchema<Progress extends z.ZodType, Result extends z.ZodType>(
  progress: Progress,
  result: Result,
) {
  return z.object({
    id: z.string(),
    title: z.string(),
    state: z.enum(['running', 'done', 'failed']),
    progress: progress.nullable().openapi({ description: 'So far; null: it has just begun.' }),
    result: result.nullable().openapi({ description: 'Not null once it is done.' }),
    message: z.string().nullable().openapi({ description: 'Why it failed; what was done before stays.' }),
  });
}

export const actParams = z.object({
  act: z
    .string()
    .regex(/^[\w-]{12}$/)
    .openapi({ param: { name: 'act', in: 'path' } }),
});

export function longActDocument<Progress, Result, Told>(
  { id, title, progress, outcome }: LongAct<Progress, Result>,
  tell: (result: Result) => Told,
) {
  const state =
    outcome === null ? ('running' as const) : outcome.ok ? ('done' as const) : ('failed' as const);
  return {
    ...{ id, title, state, progress },
    result: outcome?.ok ? tell(outcome.result) : null,
    message: outcome && !outcome.ok ? outcome.message : null,
  };
}

/** Throws ApiProblem for one that is not known any more. */
export function findLongAct<Progress, Result>(
  acts: LongActs<Progress, Result>,
  id: string,
): LongAct<Progress, Result> {
  const act = acts.find(id);
  if (act) return act;
  throw new ApiProblem(
    'not-found',
    'Nothing is known of it here, or no more: Paperboy was started again since. The audit log says what was changed.',
  );
}
