import type { z } from '@hono/zod-openapi';
import { problemSchema, problemType } from '../../web/api/problem.ts';
import { withCommand } from '../address-problem.ts';
import { CommandError } from '../command.ts';
import { oneLine } from '../output.ts';
import { type Answer, unexpected } from './answer.ts';

type Problem = z.infer<typeof problemSchema>;
type Place = NonNullable<Problem['errors']>[number];

/** Whether the same may be answered otherwise in a moment: the server is busy, or still at it. */
export function isPassing(answer: Answer): boolean {
  if ([429, 502, 503, 504].includes(answer.status)) return true;
  // A request with our key is under way: the connection was lost, and it goes on.
  return answer.status === 409 && answer.headers.has('Retry-After');
}

/** What the server asks to wait (RFC 9110 §10.2.3), in seconds alone as the API says it; null: it does not say. */
export function retryAfterMs(answer: Answer): number | null {
  const text = answer.headers.get('Retry-After') ?? '';
  return /^\d{1,6}$/.test(text) ? Number(text) * 1000 : null;
}

/** What a server refused, for people. */
export function tellProblem({ status, headers, text }: Answer, server: string): CommandError {
  if (status >= 300 && status < 400) {
    const to = oneLine(headers.get('Location') ?? 'nowhere').slice(0, 200);
    return new CommandError(
      `${server} leads on to ${to}; the token is not sent after it. If that is the right address, give it.`,
    );
  }
  const problem = headers.get('Content-Type')?.startsWith(problemType) ? readProblem(text) : null;
  if (!problem) return unexpected(server, `it answered ${status} without a word that is known here`);
  switch (status) {
    case 401:
      return new CommandError(`${server} does not take PAPERBOY_TOKEN: ${problem.detail}`);
    case 403:
      return new CommandError(`PAPERBOY_TOKEN may not do that: ${problem.detail}`);
    case 412:
      return new CommandError(
        'It was changed by somebody else just now, and nothing was done. Look at it again; then run this again if it is still wanted.',
      );
    case 500:
    case 503:
      return new CommandError(`${server} could not do it: ${problem.detail}`);
    default:
      return new CommandError(wordsOf(problem));
  }
}

function readProblem(text: string): Problem | null {
  try {
    return problemSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/** The sentences of the use cases as they are; what the API itself found, by the option it came from. */
function wordsOf({ detail, errors = [] }: Problem): string {
  if (errors.length === 0) return detail;
  const isWhole = errors.map((one) => one.detail).join('\n') === detail;
  return errors
    .map((one) => (isWhole ? withCommand(one.detail, one.about) : `${optionOf(one)}: ${one.detail}`))
    .join('\n');
}

/** Where in the command it was: `#/maxPapers` is `--max-papers`. */
function optionOf({ pointer, parameter }: Place): string {
  const [field = ''] = (pointer ?? parameter ?? '').replace(/^#\//, '').split(/[/.]/);
  const name = options[field] ?? field.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return `--${name}`;
}

/** Those that are called otherwise than the API's fields. */
const options: Record<string, string> = {
  topics: 'topic',
  addTopics: 'topic',
  removeTopics: 'drop-topic',
  newTopics: 'topic',
  noDigestSince: 'without-digest-since',
  columns: 'map',
};
