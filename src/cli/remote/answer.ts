import type { z } from '@hono/zod-openapi';
import { version } from '../../app.ts';
import { CommandError } from '../command.ts';
import type { Patience } from './patience.ts';
import { explainUnreachable } from './unreachable.ts';

/** What a server answered: its text, or its bytes as they come. */
export interface Answer {
  readonly ok: boolean;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** Far more than any page of an answer needs. */
const maxAnswerBytes = 32 * 1024 * 1024;

/** Takes the body as well, unless it is `streamed`. Throws CommandError for one without an end, else what fetch throws. */
export async function takeAnswer(
  { ok, status, headers, body }: Response,
  server: string,
  patience: Patience,
  streamed: boolean,
): Promise<Answer> {
  const bytes = patience.over(body ?? noBytes());
  const told = { ok, status, headers };
  if (streamed) return { ...told, text: '', bytes: toTheEnd(bytes, server, patience) };
  const decoder = new TextDecoder();
  let text = '';
  let length = 0;
  for await (const piece of bytes) {
    length += piece.length;
    if (length > maxAnswerBytes) throw unexpected(server, 'its answer does not end');
    text += decoder.decode(piece, { stream: true });
  }
  patience.end();
  return { ...told, text: text + decoder.decode(), bytes: noBytes() };
}

async function* noBytes(): AsyncGenerator<Uint8Array> {}

async function* toTheEnd(
  bytes: AsyncIterable<Uint8Array>,
  server: string,
  patience: Patience,
): AsyncGenerator<Uint8Array> {
  try {
    yield* bytes;
  } catch (error) {
    throw explainUnreachable(error, server, false);
  } finally {
    patience.end();
  }
}

/** The JSON of an answer, once it is what the schema says. Throws CommandError. */
export function readAnswer<Schema extends z.ZodType>(
  { headers, text }: Answer,
  schema: Schema,
  server: string,
): z.infer<Schema> {
  if (!/^application\/json\b/i.test(headers.get('Content-Type') ?? ''))
    throw unexpected(server, 'it answered with no JSON');
  const value = parse(text);
  if (value === undefined) throw unexpected(server, 'it answered with JSON that is none');
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw unexpected(server, `${issue?.path.map(String).join('.') || 'the answer'}: ${issue?.message}`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** For an answer that no Paperboy of this version gives. */
export function unexpected(server: string, what: string): CommandError {
  return new CommandError(
    `${server} does not answer as Paperboy ${version} does: ${what}. Is it the PUBLIC_URL of a Paperboy, and of the same version? \`paperboy --version\` tells it on both machines.`,
  );
}
