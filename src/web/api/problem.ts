import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { type AddressProblem, addressProblems } from '../../subscribers/fields.ts';

/** What can go wrong, by name: the status it is told with, a title that never changes, and what to do. */
const kinds = {
  malformed: [400, 'The request cannot be read', 'Send a body that is JSON.'],
  parameters: [
    400,
    'A parameter cannot be used',
    '`errors` names each parameter or header and what it takes.',
  ],
  unauthorized: [401, 'A token is needed', 'Send one that is good: not expired and not revoked.'],
  forbidden: [
    403,
    'The token is not good for that',
    'An admin can make a token with the scope that is named.',
  ],
  'not-found': [404, 'There is nothing here', 'Look at the address; the detail says what is not there.'],
  'method-not-allowed': [405, 'This cannot be done here', '`Allow` says what can.'],
  'not-acceptable': [
    406,
    'This is not to be had in the form asked for',
    'Leave `Accept` out, or take what is said.',
  ],
  conflict: [409, 'It stands otherwise', 'Look how it stands now; nothing was changed.'],
  'under-way': [409, 'A request with this key was begun', 'Ask again in a moment, as the detail says.'],
  stale: [412, 'It was changed since', 'Get it again, and change that. `ETag` names the state it has.'],
  'too-large': [413, 'This is too much', 'Send less at once.'],
  'unsupported-media-type': [
    415,
    'The body is of a kind that is not read here',
    'Say `Content-Type: application/json`.',
  ],
  invalid: [
    422,
    'The body is not as expected',
    '`errors` names each place in the body and what is wrong there.',
  ],
  'key-reused': [422, 'The key stands for another request', 'Give each request a key of its own.'],
  'precondition-required': [428, 'Say which version is meant', 'Send the ETag you got as `If-Match`.'],
  'too-many-requests': [429, 'Too many requests', '`Retry-After` says how many seconds to wait.'],
  internal: [500, 'Something went wrong here', "It is not your doing; the server's log says what happened."],
  unavailable: [503, 'It cannot be done right now', 'Try again later; the log says why.'],
} as const satisfies Record<string, readonly [number, string, string]>;

export type ProblemKind = keyof typeof kinds;
export const problemKinds = Object.entries(kinds).map(([kind, [status, title, remedy]]) => ({
  ...{ kind: kind as ProblemKind, status, title, remedy },
}));

/** One thing that is wrong: where in the body (RFC 6901, as a fragment), or in which parameter, and what. */
export interface ProblemPlace {
  pointer?: string;
  parameter?: string;
  detail: string;
  /** What can be done, by the names of operations. */
  remedy?: string;
  about?: AddressProblem;
}

/** Ends a request with a problem (RFC 9457). The detail is for whoever wrote the program that asked. */
export class ApiProblem extends Error {
  override name = 'ApiProblem';
  readonly kind: ProblemKind;
  readonly errors: readonly ProblemPlace[];
  readonly headers: Readonly<Record<string, string>>;
  constructor(
    kind: ProblemKind,
    detail: string,
    more: { errors?: readonly ProblemPlace[]; headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(detail);
    this.kind = kind;
    this.errors = more.errors ?? [];
    this.headers = more.headers ?? {};
  }
}

export const problemType = 'application/problem+json';

export const problemSchema = z
  .object({
    type: z.string().openapi({ description: 'Names the kind of problem; the reference tells of each.' }),
    title: z.string(),
    status: z.int(),
    detail: z.string().openapi({ description: 'What is wrong with this request, and what to do.' }),
    errors: z
      .array(
        z.object({
          pointer: z
            .string()
            .optional()
            .openapi({ description: 'Where in the body, as the fragment of RFC 6901.' }),
          parameter: z.string().optional().openapi({ description: 'In which parameter or header.' }),
          detail: z.string(),
          remedy: z.string().optional().openapi({ description: 'What can be done, by which operation.' }),
          about: z
            .object({
              kind: z.enum(addressProblems),
              email: z.string(),
              subscriberId: z
                .int()
                .nullable()
                .openapi({ description: 'Whose it is; null: it is suppressed.' }),
            })
            .optional()
            .openapi({ description: 'What stands against an address that is written well.' }),
        }),
      )
      .optional(),
  })
  .openapi('Problem', { description: 'What went wrong (RFC 9457).' });

/** Answers with the problem. `home`: the address of the reference, where the kinds are explained. */
export function sendProblem(c: Context, problem: ApiProblem, home: string): Response {
  const [status, title] = kinds[problem.kind];
  const body: z.infer<typeof problemSchema> = {
    ...{ type: `${home}#problem-${problem.kind}`, title, status, detail: problem.message },
    ...(problem.errors.length > 0 ? { errors: [...problem.errors] } : {}),
  };
  return c.body(JSON.stringify(body), status, { ...problem.headers, 'Content-Type': problemType });
}

/** The problem that stands against what a form, a list or a command would be told field by field. */
export function invalidFields(
  problems: readonly { field: string; message: string; about?: AddressProblem }[],
): ApiProblem {
  return new ApiProblem('invalid', problems.map(({ message }) => message).join('\n'), {
    errors: problems.map(({ field, message, about }) => ({
      ...{ pointer: `#/${field}`, detail: message },
      ...(about ? { remedy: remedies[about.kind], about } : {}),
    })),
  });
}

const remedies: Record<AddressProblem['kind'], string> = {
  there: '`editSubscriber` changes them.',
  paused: '`resumeSubscriber` lets them have mail again.',
  unsubscribed: '`resubscribeSubscriber` brings them back, if they asked for it.',
  taken: '`getSubscriber` tells whose it is.',
  suppressed: '`liftSuppression` lets it be mailed again, if that is over.',
};
