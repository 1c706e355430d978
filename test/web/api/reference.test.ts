import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { curlOf, type ReferenceOperation } from '../../../src/web/api/reference-operation.ts';
import type { Shapes } from '../../../src/web/api/reference-schema.ts';
import { createWeb } from '../../../src/web/web.ts';
import { type Document, operationsOf } from './document.ts';
import { openWorld, type World } from './world.ts';

let world: World;
let document: Document;
let web: ReturnType<typeof createWeb>;
beforeAll(async () => {
  world = await openWorld();
  web = createWeb({ ...world.app });
  document = (await world.ask('GET', '/openapi.json')).json;
});
afterAll(() => world.close());

const read = async (path: string) => await (await web.request(path)).text();
/** Each page of the reference, with the links of its contents. */
async function readAll(): Promise<Map<string, string>> {
  const pages = new Map([['/api', await read('/api')]]);
  for (const [, path = ''] of pages.get('/api')?.matchAll(/href="(\/api\/[a-z-]+)"/g) ?? [])
    pages.set(path, await read(path));
  return pages;
}

test('every route is told of once, on the page of its subject, and every link leads somewhere', async () => {
  const pages = await readAll();
  expect(pages.size).toBe(11);
  for (const { operation } of operationsOf(document)) {
    const on = [...pages].filter(([, page]) =>
      page.includes(`<article class="route" id="${operation.operationId}"`),
    );
    expect(on, operation.operationId).toHaveLength(1);
  }
  for (const [path, page] of pages) {
    const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size, path).toBe(ids.length);
    for (const [, href = ''] of page.matchAll(/href="([^"]*#[^"]+)"/g)) {
      const [to, id] = href.split('#');
      expect(pages.get(to === '' ? path : (to ?? '')), href).toContain(` id="${id}"`);
    }
  }
});

test('the document names every tag, and every route says what it is for, once', () => {
  const tags = (document as unknown as { tags: { name: string }[] }).tags.map(({ name }) => name);
  const operations = operationsOf(document).map(({ operation }) => operation);
  expect([...new Set(operations.flatMap((one) => one.tags))].sort()).toEqual([...tags].sort());
  const ids = operations.map((one) => one.operationId);
  expect(new Set(ids).size).toBe(ids.length);
  for (const one of operations)
    expect(one.security, one.operationId).toEqual([{ bearer: [expect.any(String)] }]);
});

test('what curl is told is read by a shell as it is meant, and answered by the server', async () => {
  const shapes = document.components.schemas as Shapes;
  const server = 'https://papers.example.org/api/v1';
  const told = operationsOf(document).map(({ path, method, operation }) =>
    curlOf({ ...(operation as unknown as ReferenceOperation), method, path }, shapes, server),
  );
  const script = `curl() { printf '%s\\000' "$@"; printf '\\000'; }\nuuidgen() { echo a-key; }\n${told.join('\n')}`;
  const env = { PAPERBOY_TOKEN: world.tokens.all };
  const said = execFileSync('/bin/sh', ['-c', script], { env, encoding: 'utf8' });
  const commands = said.split('\0\0').slice(0, -1);
  expect(commands).toHaveLength(told.length);
  let answered = 0;
  for (const [index, command] of commands.entries()) {
    const words = command.split('\0');
    const after = (flag: string) => words.flatMap((word, at) => (words[at - 1] === flag ? [word] : []));
    const [body] = after('-d');
    const answer = await world.request((words.at(-1) ?? '').replace(server, ''), {
      method: after('-X')[0] ?? 'GET',
      headers: after('-H').map((line): [string, string] => {
        const [name = '', value = ''] = line.split(': ');
        return [name, value.replace('a-key', `a-key-${index}`)];
      }),
      ...(body === undefined ? {} : { body }),
    });
    // What an example names may not be there; but it is a request that can be read.
    expect([200, 201, 202, 404, 409, 412, 422], `${told[index]}\n${answer.status}`).toContain(answer.status);
    if (answer.status < 300) answered++;
  }
  expect(answered).toBeGreaterThan(20);
});
