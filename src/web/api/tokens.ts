import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { tokenScopes } from '../../admins/tokens.ts';
import { iso } from '../../clock.ts';
import { listApiTokens } from '../../store/api-tokens.ts';
import type { ApiDependencies, ApiEnv } from './context.ts';
import { json, looks, problems } from './routes.ts';
import { id, instant } from './schemas.ts';

const tokensRoute = createRoute({
  ...looks({ tag: 'Tokens', operationId: 'listTokens', summary: 'Tokens, without what is secret of them' }),
  method: 'get',
  path: '/tokens',
  responses: {
    200: json(
      z.object({
        tokens: z.array(
          z
            .object({
              id,
              name: z.string(),
              hint: z.string().openapi({ description: 'The first characters.' }),
              scopes: z.array(z.enum(tokenScopes)),
              createdAt: instant,
              lastUsedAt: instant.nullable(),
              expiresAt: instant.nullable(),
              revokedAt: instant.nullable(),
            })
            .openapi('Token'),
        ),
      }),
      'At most five hundred, newest first. Tokens are made and revoked by an admin, on the page or the command line.',
    ),
    ...problems(),
  },
});

/** Who may ask. Whoever may make tokens could make one with more scopes than they have: that is for admins. */
export function tokenRoutes({ store }: ApiDependencies): OpenAPIHono<ApiEnv> {
  const { db } = store;
  const api = new OpenAPIHono<ApiEnv>();
  api.openapi(tokensRoute, async (c) => {
    const tokens = (await listApiTokens(db)).map((one) => ({
      ...one,
      scopes: tokenScopes.filter((scope) => one.scopes.includes(scope)),
      createdAt: iso(one.createdAt),
      lastUsedAt: iso(one.lastUsedAt),
      expiresAt: iso(one.expiresAt),
      revokedAt: iso(one.revokedAt),
    }));
    return c.json({ tokens }, 200);
  });

  return api;
}
