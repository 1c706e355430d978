import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { iso } from '../../clock.ts';
import { listTemplates, shippedTemplates } from '../../digest/template-files.ts';
import type { ApiDependencies, ApiEnv } from './context.ts';
import { ApiProblem } from './problem.ts';
import { json, looks, problems } from './routes.ts';
import { count, id, instant } from './schemas.ts';

const templateProblem = z.object({
  file: z.string(),
  line: id.nullable(),
  column: id.nullable(),
  message: z.string(),
});
const templateShape = {
  name: z.string(),
  isOwn: z.boolean().openapi({ description: 'Of TEMPLATES_DIR.' }),
  bytes: count,
};

const templatesRoute = createRoute({
  ...looks({
    tag: 'Mails',
    operationId: 'listTemplates',
    summary: 'What mails are made of, and what is wrong with it',
    description:
      'Changed templates are taken up once they can be used. Until then the ones before stay in use, and Paperboy would not start again.',
  }),
  method: 'get',
  path: '/templates',
  responses: {
    200: json(
      z.object({
        templates: z.array(z.object(templateShape)),
        inUseSince: instant.nullable().openapi({
          description: 'When those that mails are made of were read; null: as they ship with Paperboy.',
        }),
        problems: z.array(templateProblem).openapi({
          description: 'Why mails are still made of earlier ones; empty: they are made of these.',
        }),
      }),
      'By name.',
    ),
    ...problems(),
  },
});

const templateRoute = createRoute({
  ...looks({ tag: 'Mails', operationId: 'getTemplate', summary: 'One template as it is on disk' }),
  method: 'get',
  path: '/templates/{name}',
  request: {
    params: z.object({
      name: z
        .string()
        .regex(/^[a-zA-Z0-9_-]+\.[a-z]+$/)
        .openapi({ param: { name: 'name', in: 'path' }, example: 'digest.mjml' }),
    }),
  },
  responses: {
    200: json(
      z
        .object({ ...templateShape, source: z.string(), problems: z.array(templateProblem) })
        .openapi('Template'),
      'Its source.',
    ),
    ...problems(404),
  },
});

/** What mails are made of. */
export function templateRoutes({ config, templates: mailTemplates }: ApiDependencies): OpenAPIHono<ApiEnv> {
  const own = config.mail?.templatesDir ?? null;
  const folders = { shipped: shippedTemplates, own };
  const api = new OpenAPIHono<ApiEnv>();
  const look = async () => (await mailTemplates?.look()) ?? { since: null, problems: [] };

  api.openapi(templatesRoute, async (c) => {
    const { since, problems } = await look();
    const templates = (await listTemplates(folders)).map(({ name, isOwn, bytes }) => ({
      name,
      isOwn,
      bytes,
    }));
    return c.json({ templates, inUseSince: iso(since), problems: [...problems] }, 200);
  });

  api.openapi(templateRoute, async (c) => {
    const { name: asked } = c.req.valid('param');
    const { problems } = await look();
    const found = (await listTemplates(folders)).find((one) => one.name === asked);
    if (!found) throw new ApiProblem('not-found', `There is no template ${asked}.`);
    const { name, isOwn, bytes, source, file } = found;
    const here = problems.filter((problem) => problem.file === file);
    return c.json({ name, isOwn, bytes, source, problems: here }, 200);
  });
  return api;
}
