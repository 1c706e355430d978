import type { OpenAPIHono } from '@hono/zod-openapi';
import type { ApiEnv } from './context.ts';

/** What can be done at a path, for `Allow` (RFC 9110 §10.2.1); empty: nothing is there. */
export function allowedMethods(api: OpenAPIHono<ApiEnv>, path: string): string[] {
  const methods = new Set<string>();
  for (const definition of api.openAPIRegistry.definitions)
    if (definition.type === 'route' && patternOf(definition.route.path).test(path))
      methods.add(definition.route.method.toUpperCase());
  if (path === '/openapi.json') methods.add('GET');
  if (methods.size === 0) return [];
  if (methods.has('GET')) methods.add('HEAD');
  return [...methods, 'OPTIONS'].sort();
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{[^}]+\}/g, '[^/]+')}$`);
}
