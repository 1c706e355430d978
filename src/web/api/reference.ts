import type { OpenAPIHono } from '@hono/zod-openapi';
import { Hono } from 'hono';
import { html } from 'hono/html';
import type { WebDependencies } from '../context.ts';
import { assetUrl } from '../shell/assets.ts';
import { frameOf, type Html, page } from '../shell/page.ts';
import { sendPublic } from '../shell/send-page.ts';
import type { ApiEnv } from './context.ts';
import { makeDocument, tagSlug, tags } from './openapi.ts';
import { operationView, type ReferenceOperation } from './reference-operation.ts';
import { fieldTable, type Shapes, shapesIn } from './reference-schema.ts';
import { startPage } from './reference-start.ts';

/** What the API's document says, for people: a page to begin with, and one for each of its subjects. */
export function referencePages({ config }: WebDependencies, api: OpenAPIHono<ApiEnv>): Hono {
  const site = new Hono();
  const frame = frameOf(config);
  const { publicUrl } = config.web;
  const reference = `${frame.base}/api`;
  const server = `${publicUrl}/api/v1`;
  const read = () => {
    const document = makeDocument(api, publicUrl);
    return { operations: operationsIn(document), shapes: (document.components?.schemas ?? {}) as Shapes };
  };

  const show = (title: string, description: string, at: string | null, content: Html | Html[]) =>
    page(
      frame,
      title,
      html`<div class="reference">${contents(reference, at)}<div class="told">${content}</div></div>`,
      {
        description,
        wide: true,
        heading: null,
        head: html`<link rel="stylesheet" href="${assetUrl(frame.base, 'api.css')}">`,
      },
    );

  site.get('/api', async (c) => {
    const { operations } = read();
    const description = 'Everything that the pages of the admin do, for programs: JSON over HTTP.';
    const content = html`<h1>The API</h1>${startPage({ operations, reference, server, isSecure: server.startsWith('https:') })}`;
    return sendPublic(c, String(await show('API', description, null, content)));
  });

  for (const { name, description } of tags)
    site.get(`/api/${tagSlug(name)}`, async (c) => {
      const { operations, shapes } = read();
      const own = operations.filter((one) => one.tags.includes(name));
      const named = [
        ...shapesIn(
          own.map(({ responses }) => Object.entries(responses).filter(([status]) => status < '300')),
          shapes,
        ),
      ].sort();
      const content = html`<h1>${name}</h1><p class="lead">${description}</p>
<ul class="routes">${own.map((one) => html`<li><a href="#${one.operationId}"><span class="method ${one.method}">${one.method.toUpperCase()}</span> <code>${one.path}</code></a> ${one.summary}</li>`)}</ul>
${own.map((one) => operationView(one, shapes, { server, reference }))}
${
  named.length === 0
    ? ''
    : html`<h2 id="shapes">Shapes</h2>${named.map(
        (shape) =>
          html`<section class="shape" id="shape-${shape}"><h3>${shape}</h3>${fieldTable(shapes[shape] ?? {}, `Fields of ${shape}`, 'got')}</section>`,
      )}`
}`;
      return sendPublic(c, String(await show(`API: ${name}`, description, name, content)));
    });
  return site;
}

function contents(reference: string, at: string | null): Html {
  const link = (path: string, name: string, isHere: boolean) =>
    html`<li><a href="${path}"${isHere ? html` aria-current="page"` : ''}>${name}</a></li>`;
  return html`<nav class="contents" aria-label="API"><ul>${link(reference, 'To begin with', at === null)}${tags.map(
    ({ name }) => link(`${reference}/${tagSlug(name)}`, name, name === at),
  )}</ul></nav>`;
}

const methods = ['get', 'post', 'put', 'patch', 'delete'] as const;

function operationsIn(document: ReturnType<typeof makeDocument>): ReferenceOperation[] {
  // What is about all before what is about one.
  const paths = Object.entries(document.paths ?? {}).sort(([one], [two]) => (one < two ? -1 : 1));
  return paths.flatMap(([path, rooms]) =>
    methods.flatMap((method) => {
      const operation = (rooms as Record<string, unknown>)[method];
      return operation
        ? [{ ...(operation as Omit<ReferenceOperation, 'method' | 'path'>), method, path }]
        : [];
    }),
  );
}
