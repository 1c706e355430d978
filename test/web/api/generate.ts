import fc from 'fast-check';
import type { Document, Method, Operation, Parameter, Schema } from './document.ts';

/** A request made of what the document says of a route, right or wrong. */
export interface MadeRequest {
  method: Method;
  path: string;
  headers: Record<string, string>;
  body: string | undefined;
  as: 'all' | 'read' | 'topics' | 'subscribers' | 'send' | null;
}

/** What is there, by the name of the parameter that asks for it: otherwise nearly every path would be one where nothing is. */
export type Known = Record<string, readonly (string | number)[]>;

const nasty = fc.constantFrom(
  '',
  ' ',
  '%',
  '../..',
  "' OR 1=1 --",
  '\u0000',
  '\ud800',
  '\u202e',
  '<b>',
  '=1+1',
  '9'.repeat(40),
  '-1',
  '1e3',
  'null',
  '🦆'.repeat(20),
);
const anyText = fc.oneof(fc.string({ maxLength: 20 }), fc.string({ unit: 'binary', maxLength: 10 }), nasty);

interface Described {
  document: Document;
  known: Known;
}

/** Requests to one route: mostly as the document wants them, else wrong somewhere. */
export function requestsTo(
  document: Document,
  { path, method, operation }: { path: string; method: Method; operation: Operation },
  known: Known,
): fc.Arbitrary<MadeRequest> {
  const world = { document, known };
  const parameters = operation.parameters ?? [];
  const inPath = parameters.filter((one) => one.in === 'path');
  const inQuery = parameters.filter((one) => one.in === 'query');
  const inHeader = parameters.filter((one) => one.in === 'header');
  return fc
    .record({
      steps: fc.record(
        Object.fromEntries(inPath.map((one) => [one.name, pathValue(world, path, one, known)])),
      ),
      query: fc.record(
        Object.fromEntries(inQuery.map((one) => [one.name, maybe(queryValue(world, one, known), one)])),
      ),
      headers: fc.record(
        Object.fromEntries(inHeader.map((one) => [one.name, maybe(headerValue(world, one), one)])),
      ),
      more: seldom(fc.tuple(fc.string({ minLength: 1, maxLength: 8 }), anyText)),
      body: bodyOf(world, operation),
      accept: seldom(fc.constantFrom('*/*', 'text/html', 'application/json', 'text/csv', ',;q=')),
      as: fc.oneof(
        { weight: 12, arbitrary: fc.constant('all' as const) },
        { weight: 4, arbitrary: fc.constantFrom('read', 'topics', 'subscribers', 'send') },
        { weight: 1, arbitrary: fc.constant(null) },
      ),
    })
    .map(({ steps, query, headers, more, body, accept, as }) => {
      const search = new URLSearchParams();
      for (const [name, value] of Object.entries(query)) if (value !== undefined) search.append(name, value);
      if (more) search.append(...more);
      return {
        method,
        path:
          path.replace(/\{([^}]+)\}/g, (_all, name: string) =>
            encodeURIComponent((steps[name] ?? '').toWellFormed()),
          ) + (search.size > 0 ? `?${search}` : ''),
        headers: {
          ...Object.fromEntries(
            Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
          ),
          ...(accept === null ? {} : { Accept: accept }),
          ...(body === undefined ? {} : { 'Content-Type': body.type }),
        },
        body: body?.text,
        as,
      };
    });
}

function maybe<T>(
  arbitrary: fc.Arbitrary<T>,
  { required = false, name }: Parameter,
): fc.Arbitrary<T | undefined> {
  // One that is made up is none.
  const share = required ? 20 : name === 'cursor' ? 0.1 : name.toLowerCase() === 'if-match' ? 5 : 0.5;
  return fc.oneof(
    { weight: 10, arbitrary: fc.constant(undefined) },
    { weight: Math.ceil(10 * share), arbitrary },
  );
}

function seldom<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> {
  return fc.oneof({ weight: 15, arbitrary: fc.constant(null) }, { weight: 1, arbitrary });
}

function pathValue(world: Described, path: string, { name, schema }: Parameter, known: Known) {
  const there = (known[`${path.split('/')[1]}.${name}`] ?? known[name] ?? []).map(String);
  return fc.oneof(
    { weight: there.length > 0 ? 12 : 0, arbitrary: fc.constantFrom(...(there.length > 0 ? there : [''])) },
    { weight: 3, arbitrary: fitting(world, schema).map(String) },
    // An empty step is another path, and the URL itself takes dots away.
    { weight: 1, arbitrary: anyText.filter((text) => text !== '' && !/^\.+$/.test(text)) },
  );
}

function queryValue(world: Described, { name, schema }: Parameter, known: Known): fc.Arbitrary<string> {
  const there = (known[name] ?? []).map(String);
  return fc.oneof(
    { weight: there.length > 0 ? 8 : 0, arbitrary: fc.constantFrom(...(there.length > 0 ? there : [''])) },
    { weight: 10, arbitrary: fitting(world, schema).map(String) },
    { weight: 1, arbitrary: anyText },
  );
}

function headerValue(world: Described, { name, schema }: Parameter): fc.Arbitrary<string> {
  return fc.oneof(
    {
      weight: name.toLowerCase() === 'if-match' ? 20 : 1,
      arbitrary: fc.constantFrom('*', '"stale"', '"a", *'),
    },
    {
      weight: 2,
      arbitrary: fitting(world, schema).map((value) => String(value).replaceAll(/[^\x21-\x7e]/g, 'x')),
    },
  );
}

function bodyOf(
  world: Described,
  { requestBody }: Operation,
): fc.Arbitrary<{ type: string; text: string } | undefined> {
  if (!requestBody) return fc.constant(undefined);
  const kinds = Object.entries(requestBody.content).map(([type, { schema }]) => {
    const right = fitting(world, schema);
    if (!type.endsWith('json')) {
      const there = (world.known[type] ?? ['']).map(String);
      return fc.oneof(right, fc.constantFrom(...there)).map((text) => ({ type, text: String(text) }));
    }
    return fc
      .oneof(
        { weight: 10, arbitrary: right },
        {
          weight: 4,
          arbitrary: fc
            .tuple(right, fc.nat(), fc.jsonValue())
            .map(([value, at, other]) => spoil(value, at, other)),
        },
        { weight: 1, arbitrary: fc.jsonValue() },
      )
      .map((value) => ({ type, text: JSON.stringify(value) }));
  });
  return fc.oneof(
    { weight: 20, arbitrary: fc.oneof(...kinds) },
    { weight: 1, arbitrary: anyText.map((text) => ({ type: 'application/json', text })) },
    { weight: 1, arbitrary: fc.constant({ type: 'text/plain', text: 'x' }) },
    { weight: requestBody.required ? 1 : 10, arbitrary: fc.constant(undefined) },
  );
}

/** One field less, one more, or one of another kind. */
function spoil(value: unknown, at: number, other: unknown): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return other;
  const names = Object.keys(value);
  const name = names[at % Math.max(1, names.length)] ?? 'unknown';
  if (at % 3 === 0) return Object.fromEntries(Object.entries(value).filter(([one]) => one !== name));
  if (at % 3 === 1) return { ...value, [`${name}x`]: other };
  return { ...value, [name]: other };
}

/** Values that fit a schema. */
export function fitting(world: Described, schema: Schema, depth = 0): fc.Arbitrary<unknown> {
  if (schema.$ref) return fitting(world, resolve(world, schema.$ref), depth);
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return fc.oneof(...choices.map((one) => fitting(world, one, depth)));
  if (schema.allOf)
    return fc
      .tuple(...schema.allOf.map((one) => fitting(world, one, depth)))
      .map((parts) => Object.assign({}, ...parts));
  if (Array.isArray(schema.type))
    return fc.oneof(...schema.type.map((type) => fitting(world, { ...schema, type }, depth)));
  switch (schema.type) {
    case 'null':
      return fc.constant(null);
    case 'boolean':
      return fc.boolean();
    case 'integer':
      return fc.oneof(
        fc.integer({
          min: schema.minimum ?? -1000,
          max: Math.min(schema.maximum ?? 1000, (schema.minimum ?? 0) + 20),
        }),
        fc.integer({
          min: schema.minimum ?? -(2 ** 31),
          max: Math.min(schema.maximum ?? 2 ** 31 - 1, 2 ** 31 - 1),
        }),
      );
    case 'number':
      return fc.double({ min: schema.minimum ?? -1e6, max: schema.maximum ?? 1e6, noNaN: true });
    case 'array':
      return fc.array(fitting(world, schema.items ?? {}, depth + 1), {
        minLength: schema.minItems ?? 0,
        maxLength: Math.min(schema.maxItems ?? 3, (schema.minItems ?? 0) + 3),
      });
    case 'object':
      return objectOf(world, schema, depth);
    case 'string':
      return textOf(schema);
    default:
      return depth > 2 ? fc.constant(null) : fc.jsonValue();
  }
}

/** What is there, where its name says what it is. */
function propertyOf(world: Described, name: string, schema: Schema, depth: number): fc.Arbitrary<unknown> {
  const any = fitting(world, schema, depth);
  const there = world.known[`body.${name}`];
  if (there === undefined) return any;
  const known = fc.constantFrom(...there);
  const fits = schema.type === 'array' ? fc.uniqueArray(known, { maxLength: 2 }) : known;
  return fc.oneof({ weight: 1, arbitrary: any }, { weight: 8, arbitrary: fits });
}

function objectOf(world: Described, schema: Schema, depth: number): fc.Arbitrary<unknown> {
  const properties = schema.properties ?? {};
  const whole = fc.record(
    Object.fromEntries(
      Object.entries(properties).map(([name, one]) => [name, propertyOf(world, name, one, depth + 1)]),
    ),
    { requiredKeys: (schema.required ?? []).filter((name) => name in properties), noNullPrototype: true },
  );
  const { additionalProperties: more } = schema;
  if (typeof more !== 'object') return whole;
  const names = schema.propertyNames?.enum;
  const name = names ? fc.constantFrom(...(names as string[])) : fc.string({ maxLength: 8 });
  return fc
    .tuple(whole, fc.dictionary(name, fitting(world, more, depth + 1), { maxKeys: 3, noNullPrototype: true }))
    .map(([one, other]) => ({ ...other, ...one }));
}

const day = fc
  .integer({ min: 0, max: 120 })
  .map((n) => new Date(Date.UTC(2026, 3, 1) + n * 86_400_000).toISOString());

function textOf({
  pattern,
  format,
  minLength = 0,
  maxLength = 300,
  example,
}: Schema & { example?: unknown }): fc.Arbitrary<string> {
  if (format === 'date') return day.map((text) => text.slice(0, 10));
  if (format === 'date-time') return day;
  const right = pattern
    ? fc
        .stringMatching(new RegExp(pattern))
        .filter((text) => text.length >= minLength && text.length <= maxLength)
    : fc.string({ minLength, maxLength: Math.min(maxLength, minLength + 20) });
  return typeof example === 'string' ? fc.oneof(right, fc.constant(example)) : right;
}

function resolve(world: Described, ref: string): Schema {
  const name = ref.replace('#/components/schemas/', '');
  const schema = world.document.components.schemas[name];
  if (!schema) throw new Error(`the document has no ${ref}`);
  return schema;
}
