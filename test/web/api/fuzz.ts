import fc from 'fast-check';
import { expect } from 'vitest';
import { type Document, operationsOf } from './document.ts';
import { type Known, type MadeRequest, requestsTo } from './generate.ts';
import { makeJudge } from './judge.ts';
import type { World } from './world.ts';

/** What a route begins, by the parameter that later routes name it by. */
const learns: Record<string, string> = { uploadList: 'list', runImport: 'act', changeMany: 'act' };

/** How often each route was answered with which status. */
export type Tally = Map<string, Map<number, number>>;

/**
 * Asks each route so many times what the document allows and what it does not, and holds each answer against it: none
 * is an error of ours, none is one that the document does not tell of.
 */
export async function fuzz(
  world: World,
  known: Known,
  { runs, seed }: { runs: number; seed?: number },
): Promise<Tally> {
  const there: Record<string, (string | number)[]> = Object.fromEntries(
    Object.entries(known).map(([name, values]) => [name, [...values]]),
  );
  const document = (await world.ask('GET', '/openapi.json')).json as Document;
  const judge = makeJudge(document);
  const tally: Tally = new Map();
  const failures: string[] = [];
  // Who was erased first could be asked about no more.
  const routes = operationsOf(document).sort(
    (one, two) => Number(one.method === 'delete') - Number(two.method === 'delete'),
  );
  for (const route of routes) {
    const counts = new Map<number, number>();
    tally.set(route.operation.operationId, counts);
    const property = fc.asyncProperty(requestsTo(document, route, there), async (request) => {
      const answer = await send(world, request);
      const text = await answer.text();
      counts.set(answer.status, (counts.get(answer.status) ?? 0) + 1);
      const type = answer.headers.get('Content-Type');
      const where = `${request.method} ${request.path} as ${request.as}: ${request.body}\n${answer.status} ${text.slice(0, 1_000)}`;
      if (answer.status >= 500)
        throw new Error(
          `${where}\n${String(world.problems.map((one) => (one as { err?: Error }).err?.stack).at(-1))}`,
        );
      const wrong = judge({ method: request.method, path: route.path, status: answer.status, type, text });
      const learnt =
        answer.status === 201 || answer.status === 202 ? learns[route.operation.operationId] : undefined;
      // As many lists are kept by the server.
      if (learnt) there[learnt] = [...(there[learnt] ?? []), JSON.parse(text).id].slice(-5);
      if (wrong !== null) throw new Error(`${wrong.slice(0, 500)}\n${where}`);
      expect(answer.headers.get('Cache-Control')).toBe('no-store');
    });
    const found = await fc.check(property, {
      numRuns: runs,
      endOnFailure: true,
      ...(seed === undefined ? {} : { seed }),
    });
    if (found.failed)
      failures.push(`${route.operation.operationId}: ${(found.errorInstance as Error).message}`);
  }
  expect(failures.join('\n\n')).toBe('');
  return tally;
}

async function send(world: World, { method, path, headers, body, as }: MadeRequest): Promise<Response> {
  return await world.request(path, {
    method: method.toUpperCase(),
    headers: { ...headers, ...(as === null ? {} : { Authorization: `Bearer ${world.tokens[as]}` }) },
    ...(body === undefined ? {} : { body: body.toWellFormed() }),
  });
}
