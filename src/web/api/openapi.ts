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
      tags: [...tags],
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

const introduction =
  "All that the admin's pages do, but for one's own account, for programs. The page /api tells the same for people, with examples.";

/** Of what the API tells, in the order in which it is told. */
export const tags = [
  { name: 'Overview', description: 'Whether all is well, and what today came to.' },
  { name: 'Topics', description: 'The named queries that people subscribe to, and what they match.' },
  {
    name: 'Subscribers',
    description: 'Who gets mail, when and about what: one by one, many at once, and as lists.',
  },
  {
    name: 'Deliveries',
    description: 'What was sent to whom, what was not and why, and what to do about it.',
  },
  {
    name: 'Mails',
    description: 'What mails look like, what they are made of, and why they hold what they hold.',
  },
  {
    name: 'Runs',
    description: 'What ran and what it came to, how the sources stand, and what will go out next.',
  },
  { name: 'What came back', description: 'Bounces and complaints, and addresses that must not be mailed.' },
  { name: 'Papers', description: 'The papers as the public pages show them.' },
  { name: 'Audit', description: 'Who changed what, when.' },
  { name: 'Tokens', description: 'Who may ask.' },
] as const;

/** As the address of its page has it. */
export const tagSlug = (name: string) => name.toLowerCase().replaceAll(' ', '-');
