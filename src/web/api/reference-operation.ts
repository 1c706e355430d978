import { html } from 'hono/html';
import type { Html } from '../shell/page.ts';
import { problemKinds } from './problem.ts';
import {
  defaultWords,
  exampleOf,
  fieldTable,
  marked,
  type Schema,
  type Shapes,
  typeWords,
} from './reference-schema.ts';

/** A route as the document tells of it. */
export interface ReferenceOperation {
  method: string;
  path: string;
  operationId: string;
  summary: string;
  description?: string;
  tags: string[];
  security?: { bearer: string[] }[];
  parameters?: { name: string; in: string; required?: boolean; description?: string; schema: Schema }[];
  requestBody?: { required?: boolean; content: Record<string, { schema: Schema }> };
  responses: Record<string, { description: string; content?: Record<string, { schema: Schema }> }>;
}

/** One route: what it is for, what it takes and gives, and how to ask. */
export function operationView(
  operation: ReferenceOperation,
  shapes: Shapes,
  { server, reference }: { server: string; reference: string },
): Html {
  const { method, path, operationId, summary, description, parameters = [], responses } = operation;
  const [body] = Object.entries(operation.requestBody?.content ?? {});
  const isEmptyBody =
    body !== undefined &&
    Object.keys(body[1].schema.properties ?? {}).length === 0 &&
    !body[1].schema.$ref &&
    body[1].schema.type === 'object';
  const scope = operation.security?.[0]?.bearer[0] ?? '';
  const answers = Object.entries(responses).filter(([status]) => status < '300');
  const wrong = Object.keys(responses).filter((status) => status >= '400');
  return html`<article class="route" id="${operationId}" aria-labelledby="${operationId}-name">
<h2 id="${operationId}-name"><a href="#${operationId}">${summary}</a></h2>
<p class="address"><span class="method ${method}">${method.toUpperCase()}</span> <code>${path}</code> <span class="scope">scope <strong>${scope}</strong></span></p>
${description ? html`<p>${marked(description)}</p>` : ''}
<div class="sides"><div class="takes">
${parameters.length === 0 ? '' : parameterTable(parameters, operationId)}
${
  body === undefined || isEmptyBody
    ? ''
    : html`<h3>Body${operation.requestBody?.required ? '' : ', if any'} <small>${body[0]}</small></h3>${fieldTable(namedBody(body[1].schema, shapes), `Body of ${operationId}`, 'sent')}`
}
<h3>Answers</h3>${answers.map(([status, answer]) => answerView(status, answer, operationId))}
<p class="problems"><span>Problems</span> ${wrong.map(
    (status) =>
      html`<a href="${reference}#problem-${problemKinds.find((one) => String(one.status) === status)?.kind ?? ''}" title="${
        responses[status]?.description ?? ''
      }">${status}</a> `,
  )}</p>
</div><div class="asks"><pre tabindex="0" aria-label="How to call ${operationId} with curl"><code>${curlOf(operation, shapes, server)}</code></pre></div></div>
</article>`;
}

/** A body's own shape is told where it is sent. */
function namedBody(schema: Schema, shapes: Shapes): Schema {
  return schema.$ref ? (shapes[schema.$ref.replace('#/components/schemas/', '')] ?? schema) : schema;
}

function parameterTable(
  parameters: NonNullable<ReferenceOperation['parameters']>,
  operationId: string,
): Html {
  return html`<h3>Parameters</h3><div class="scroll" tabindex="0" role="region" aria-label="Parameters of ${operationId}"><table class="fields"><tbody>${parameters.map(
    ({ name, in: place, required, schema, description }) =>
      html`<tr><th scope="row"><code>${place === 'header' ? headerName(name) : name}</code> <small>${place}${
        required ? html` · <span class="required">required</span>` : ''
      }</small></th><td><span class="type">${typeWords(schema)}</span>${
        schema.default === undefined ? '' : html` <small>${defaultWords(schema.default)}</small>`
      }${description ? html`<br>${marked(description)}` : ''}</td></tr>`,
  )}</tbody></table></div>`;
}

const headerName = (name: string) => name.replaceAll(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());

function answerView(
  status: string,
  { description, content }: ReferenceOperation['responses'][string],
  operationId: string,
): Html {
  const [told] = Object.entries(content ?? {});
  if (!told) return html`<p><strong class="status">${status}</strong> ${description}</p>`;
  const [type, { schema }] = told;
  if (!type.endsWith('json'))
    return html`<p><strong class="status">${status}</strong> ${description} <small>${type}</small></p>`;
  if (schema.$ref)
    return html`<p><strong class="status">${status}</strong> ${description} ${typeWords(schema)}</p>`;
  return html`<p><strong class="status">${status}</strong> ${description}</p>${fieldTable(schema, `Answer ${status} of ${operationId}`, 'got')}`;
}

/** A request as one types it; what is to be put in stands in the document's own examples. */
export function curlOf(operation: ReferenceOperation, shapes: Shapes, server: string): string {
  const { method, parameters = [], requestBody } = operation;
  const path = operation.path.replace(/\{([^}]+)\}/g, (_all, name: string) => {
    const parameter = parameters.find((one) => one.in === 'path' && one.name === name);
    return encodeURIComponent(parameter ? textOf(exampleOf(parameter.schema, shapes)) : name).replaceAll(
      '%3A',
      ':',
    );
  });
  const query = parameters
    .filter((one) => one.in === 'query' && (one.required || one.schema.example !== undefined))
    .slice(0, 2)
    .map((one) => `${one.name}=${encodeURIComponent(textOf(exampleOf(one.schema, shapes)))}`);
  const address = `${server}${path}${query.length > 0 ? `?${query.join('&')}` : ''}`;
  const [body] = Object.entries(requestBody?.content ?? {});
  const json = (schema: Schema) => quoted(JSON.stringify(exampleOf(schema, shapes), null, 2));
  const lines = [
    method === 'get' ? 'curl' : `curl -X ${method.toUpperCase()}`,
    '-H "Authorization: Bearer $PAPERBOY_TOKEN"',
    ...(parameters.some(({ name }) => name === 'if-match') ? [`-H ${quoted('If-Match: "ETAG"')}`] : []),
    ...(parameters.some(({ name }) => name === 'idempotency-key')
      ? ['-H "Idempotency-Key: $(uuidgen)"']
      : []),
    ...(body && requestBody?.required
      ? [
          `-H ${quoted(`Content-Type: ${body[0]}`)}`,
          body[0].endsWith('json') ? `-d ${json(body[1].schema)}` : '--data-binary @list.csv',
        ]
      : []),
    quoted(address),
  ];
  return lines.join(' \\\n  ');
}

function textOf(value: unknown): string {
  return value === 'text' ? 'NAME' : String(value);
}

/** For a POSIX shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
