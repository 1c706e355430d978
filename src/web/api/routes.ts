import { z } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import type { TokenScope } from '../../admins/tokens.ts';
import { requires } from './auth.ts';
import type { ApiEnv } from './context.ts';
import { idempotencyHeader, idempotent, keyHeader } from './idempotency.ts';
import { problemKinds, problemSchema, problemType } from './problem.ts';

/** What a route is called and for: `operationId` is how programs that are made from the document call it. */
export interface Told {
  tag: string;
  operationId: string;
  summary: string;
  description?: string;
}

function frame(scope: TokenScope, { tag, ...told }: Told) {
  return { ...told, tags: [tag], security: [{ bearer: [scope] }] };
}

type Behind = MiddlewareHandler<ApiEnv>[];

/** A route that only looks. */
export function looks(told: Told, type?: string) {
  return { ...frame('read', told), middleware: [requires('read', type)] as Behind };
}

/** A route that changes something: a key makes sure that it is done once; `once` for how long. */
export function acts(scope: TokenScope, told: Told, once = idempotent) {
  return { ...frame(scope, told), middleware: [requires(scope), once] as Behind };
}

/** A route that edits or removes what an ETag names: that makes sure by itself that it is done once. */
export function edits(scope: TokenScope, told: Told) {
  return { ...frame(scope, told), middleware: [requires(scope)] as Behind };
}

/** A JSON answer. */
export function json<Schema extends z.ZodType>(schema: Schema, description: string, headers?: HeaderName[]) {
  return {
    description,
    content: { 'application/json': { schema } },
    ...(headers ? { headers: headersOf(headers) } : {}),
  };
}

type HeaderName = 'ETag' | 'Location';
const headerWords: Record<HeaderName, string> = {
  ETag: 'Names this state; an edit sends it back as If-Match.',
  Location: 'Where it is.',
};

function headersOf(names: readonly HeaderName[]) {
  return Object.fromEntries(
    names.map((name) => [name, { description: headerWords[name], schema: { type: 'string' as const } }]),
  );
}

/** A JSON body that has to be there. */
export function body<Schema extends z.ZodType>(schema: Schema) {
  return { required: true, content: { 'application/json': { schema } } } as const;
}

/** What needs no body takes none but an empty object. */
export const noBody = {
  required: false,
  content: { 'application/json': { schema: z.strictObject({}) } },
} as const;

export { idempotencyHeader, keyHeader };

/** What any route may answer. */
const always = [400, 401, 403, 406, 429, 500, 503];

/**
 * The problems a route may answer with, besides those that any may. Handlers throw them, so that to the compiler they are
 * no answers.
 */
export function problems(...statuses: number[]): Record<never, never> {
  const told = [...new Set([...always, ...statuses])].sort((one, other) => one - other);
  return Object.fromEntries(
    told.map((status) => [
      status,
      {
        description: problemKinds
          .filter((one) => one.status === status)
          .map(({ title }) => `${title}.`)
          .join(' '),
        content: { [problemType]: { schema: problemSchema } },
      },
    ]),
  );
}

/** Problems of what has a body, and of what takes a key. */
export const bodyProblems = [413, 415, 422] as const;
export const actProblems = [409, ...bodyProblems] as const;
