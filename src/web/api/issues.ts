import type { z } from '@hono/zod-openapi';
import { ApiProblem, type ProblemPlace } from './problem.ts';

type Issue = z.core.$ZodIssue;

/** What a request's part does not fulfil of its schema, as a problem that names each place. */
export function tellIssues(target: string, issues: readonly Issue[]): ApiProblem {
  const places = issues.flatMap((issue) => placesOf(target, issue));
  const detail = places
    .map(({ pointer, parameter, detail }) => `${pointer ?? parameter}: ${detail}`)
    .join('\n');
  // An address that cannot be one of ours is one where nothing is.
  if (target === 'param')
    return new ApiProblem('not-found', 'There is nothing of that name.', { errors: places });
  return new ApiProblem(target === 'json' ? 'invalid' : 'parameters', detail, { errors: places });
}

function placesOf(target: string, issue: Issue): ProblemPlace[] {
  // Each unknown field is a place of its own.
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => placeOf(target, [...issue.path, key], 'This is not known here.'));
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const [nearest = []] = [...issue.errors].sort((one, other) => one.length - other.length);
    return nearest.flatMap((inner) =>
      placesOf(target, { ...inner, path: [...issue.path, ...inner.path] } as Issue),
    );
  }
  return [placeOf(target, issue.path, wordsOf(issue))];
}

function placeOf(target: string, path: readonly PropertyKey[], detail: string): ProblemPlace {
  if (target !== 'json') return { parameter: path.map(String).join('.').slice(0, 200), detail };
  const steps = path.map((step) => `/${escapeStep(String(step).slice(0, 200))}`);
  return { pointer: `#${steps.join('')}`, detail };
}

/** RFC 6901 §3 and §6. */
function escapeStep(step: string): string {
  return encodeURIComponent(step.toWellFormed().replaceAll('~', '~0').replaceAll('/', '~1'));
}

function wordsOf(issue: Issue): string {
  if (issue.code === 'invalid_type' && issue.message.endsWith('received undefined'))
    return 'This is missing.';
  const message = issue.message.replace(/^Invalid (input|option|value): expected /, 'Expected ');
  return /[.?!]$/.test(message) ? message : `${message}.`;
}
