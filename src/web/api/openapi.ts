import type { OpenAPIHono } from '@hono/zod-openapi';
import type { ApiEnv } from './context.ts';

export type OpenApiDocument = ReturnType<OpenAPIHono['getOpenAPI31Document']>;

const made = new WeakMap<object, OpenApiDocument>();

/** The document (OpenAPI 3.1) that describes an API, made once of the schemas of its routes. */
export function makeDocument(api: OpenAPIHono<ApiEnv>, publicUrl: string): OpenApiDocument {
  let document = made.get(api);
  if (!document) {
    document = api.getOpenAPI31Document({
      openapi: '3.1.0',
      info: { title: 'Paperboy', version: '1', description: introduction },
      servers: [{ url: `${publicUrl}/api/v1` }],
      tags: [],
    });
    document.components = {
      ...document.components,
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description:
            'A token that an admin made, with the scope that the route asks for: read, topics, subscribers or send.',
        },
      },
    };
    made.set(api, document);
  }
  return document;
}

const introduction = `Everything that the admin's pages do, for programs.`;
