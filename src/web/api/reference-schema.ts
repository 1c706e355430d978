import { html } from 'hono/html';
import type { Html } from '../shell/page.ts';

/** As much of JSON Schema as the API's own document uses. */
export interface Schema {
  $ref?: string;
  type?: string | string[];
  description?: string;
  enum?: unknown[];
  const?: unknown;
  anyOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  items?: Schema;
  format?: string;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  default?: unknown;
  example?: unknown;
}

export type Shapes = Readonly<Record<string, Schema>>;

export const nameOf = (ref: string) => ref.replace('#/components/schemas/', '');

/** What stands between backticks is typed. */
export function marked(text: string): (Html | string)[] {
  return text.split('`').map((part, at) => (at % 2 === 0 ? part : html`<code>${part}</code>`));
}

/** What a value may be, in words; named shapes are linked. */
export function typeWords(schema: Schema): (Html | string)[] {
  const { $ref, anyOf, items, format, additionalProperties } = schema;
  if ($ref) return [html`<a href="#shape-${nameOf($ref)}">${nameOf($ref)}</a>`];
  if (anyOf) return joined(anyOf.map(typeWords));
  if (schema.const !== undefined) return [html`<code>${JSON.stringify(schema.const)}</code>`];
  const types = [schema.type ?? 'anything'].flat();
  const nullable = types.length > 1 && types.includes('null') ? [' or null'] : [];
  if (schema.enum) {
    const values = schema.enum.filter((one) => one !== null).map((one) => html`<code>${String(one)}</code>`);
    return [...joined(values.map((one) => [one])), ...nullable];
  }
  const [type = 'anything'] = types.filter((one) => one !== 'null');
  if (type === 'array') return ['list of ', ...(items ? typeWords(items) : ['anything']), ...nullable];
  if (type === 'object' && typeof additionalProperties === 'object')
    return ['by name: ', ...typeWords(additionalProperties), ...nullable];
  if (type === 'string' && format) return [formatWords[format] ?? format, ...nullable];
  return [type, rangeWords(schema), ...nullable];
}

const formatWords: Record<string, string> = {
  'date-time': 'instant (ISO 8601, UTC)',
  date: 'date (YYYY-MM-DD)',
};

function rangeWords({ minimum, maximum }: Schema): string {
  const most = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER ? maximum : undefined;
  if (minimum !== undefined && most !== undefined) return ` from ${minimum} to ${most}`;
  if (most !== undefined) return ` up to ${most}`;
  return minimum === undefined || minimum === 0 ? '' : ` from ${minimum} on`;
}

function joined(parts: (Html | string)[][]): (Html | string)[] {
  return parts.flatMap((part, at) => (at === 0 ? part : [at === parts.length - 1 ? ' or ' : ', ', ...part]));
}

interface Field {
  path: string;
  schema: Schema;
  isRequired: boolean;
}

/** The fields of an object and of what stands in it, one a line: `days[].date`. */
function fieldsOf(schema: Schema, before = ''): Field[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, one]) => {
    const path = `${before}${name}`;
    const field = { path, schema: one, isRequired: schema.required?.includes(name) ?? false };
    const inner = one.items?.properties ? fieldsOf(one.items, `${path}[].`) : fieldsOf(one, `${path}.`);
    return [field, ...inner];
  });
}

/** The fields of a shape. `of`: whether they are sent or got: of what is got, nothing is required. */
export function fieldTable(schema: Schema, label: string, of: 'sent' | 'got'): Html {
  if (schema.$ref || schema.anyOf) return html`<p>${typeWords(schema)}</p>`;
  const fields = fieldsOf(schema);
  if (fields.length === 0) return html`<p>${typeWords(schema)}</p>`;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${label}"><table class="fields"><tbody>${fields.map(
    (field) =>
      html`<tr><th scope="row"><code>${field.path}</code>${
        of === 'sent' && field.isRequired ? html` <small class="required">required</small>` : ''
      }</th><td><span class="type">${typeWords(field.schema)}</span>${
        field.schema.default === undefined ? '' : html` <small>${defaultWords(field.schema.default)}</small>`
      }${field.schema.description ? html`<br>${marked(field.schema.description)}` : ''}</td></tr>`,
  )}</tbody></table></div>`;
}

export function defaultWords(value: unknown): Html | string {
  return typeof value === 'object' ? '' : html`· default <code>${String(value)}</code>`;
}

/** A value that fits, for an example; of what need not be there, only what has an example of its own. */
export function exampleOf(schema: Schema, shapes: Shapes, depth = 0): unknown {
  if (schema.example !== undefined) return schema.example;
  if (schema.$ref) return exampleOf(shapes[nameOf(schema.$ref)] ?? {}, shapes, depth);
  if (schema.default !== undefined) return schema.default;
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  if (schema.anyOf) return exampleOf(schema.anyOf[0] ?? {}, shapes, depth);
  const [type] = [schema.type ?? 'null'].flat();
  switch (type) {
    case 'object':
      return depth > 3 ? {} : exampleObject(schema, shapes, depth);
    case 'array':
      return schema.items && depth < 3 ? [exampleOf(schema.items, shapes, depth + 1)] : [];
    case 'integer':
    case 'number':
      return schema.minimum ?? 0;
    case 'boolean':
      return true;
    case 'string':
      return 'text';
    default:
      return null;
  }
}

function exampleObject(schema: Schema, shapes: Shapes, depth: number): unknown {
  const entries = Object.entries(schema.properties ?? {});
  const needed = entries.filter(
    ([name, one]) => schema.required?.includes(name) || one.example !== undefined,
  );
  // A change names at least one field.
  const shown = needed.length > 0 ? needed : entries.slice(0, 1);
  return Object.fromEntries(shown.map(([name, one]) => [name, exampleOf(one, shapes, depth + 1)]));
}

/** The names of the shapes that a part of the document speaks of, and those speak of. */
export function shapesIn(part: unknown, shapes: Shapes, found = new Set<string>()): Set<string> {
  if (part === null || typeof part !== 'object') return found;
  for (const [name, value] of Object.entries(part)) {
    if (name !== '$ref' || typeof value !== 'string') shapesIn(value, shapes, found);
    else if (!found.has(nameOf(value))) {
      found.add(nameOf(value));
      shapesIn(shapes[nameOf(value)], shapes, found);
    }
  }
  return found;
}
