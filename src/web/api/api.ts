import { OpenAPIHono } from '@hono/zod-openapi';
import { bodyLimit } from 'hono/body-limit';
import { HTTPException } from 'hono/http-exception';
import { explainSqliteFailure } from '../../store/sqlite-failure.ts';
import { maxListBytes } from '../../subscribers/staged-lists.ts';
import { auditRoutes } from './audit.ts';
import type { ApiDependencies, ApiEnv, ApiRoom } from './context.ts';
import { deliveryRoutes } from './deliveries.ts';
import { dryRunRoutes } from './dry-run.ts';
import { tellIssues } from './issues.ts';
import { mailRoutes } from './mails.ts';
import { allowedMethods } from './methods.ts';
import { makeDocument } from './openapi.ts';
import { overviewRoutes } from './overview.ts';
import { paperRoutes } from './papers.ts';
import { ApiProblem, problemKinds, sendProblem } from './problem.ts';
import { queryRoutes } from './queries.ts';
import { returnRoutes } from './returns.ts';
import { runRoutes } from './runs.ts';
import { subscriberActRoutes } from './subscriber-acts.ts';
import { subscriberBulkRoutes } from './subscriber-bulk.ts';
import { subscriberListRoutes } from './subscriber-lists.ts';
import { subscriberStoryRoutes } from './subscriber-story.ts';
import { subscriberRoutes } from './subscribers.ts';
import { suppressionListRoutes } from './suppression-lists.ts';
import { templateRoutes } from './templates.ts';
import { tokenRoutes } from './tokens.ts';
import { topicActRoutes } from './topic-acts.ts';
import { topicRoutes } from './topics.ts';

/** Where it is, under the path of PUBLIC_URL. */
export const apiPath = '/api/v1';
export const isApi = (path: string) => path === apiPath || path.startsWith(`${apiPath}/`);

/** Far more than any JSON body here needs. */
const maxBodyBytes = 256 * 1024;

const rooms: readonly ApiRoom[] = [
  topicRoutes,
  topicActRoutes,
  queryRoutes,
  // Where a path has an id, another route has a name: those with names come first.
  subscriberBulkRoutes,
  subscriberListRoutes,
  subscriberRoutes,
  subscriberActRoutes,
  subscriberStoryRoutes,
  mailRoutes,
  paperRoutes,
  templateRoutes,
  overviewRoutes,
  tokenRoutes,
  deliveryRoutes,
  suppressionListRoutes,
  returnRoutes,
  runRoutes,
  dryRunRoutes,
  auditRoutes,
];

/**
 * What the admin's pages do, for programs: JSON in and out, problems (RFC 9457) where something is wrong. The document
 * that describes it is made of the same schemas that read what comes in.
 */
export function createApi(dependencies: ApiDependencies): OpenAPIHono<ApiEnv> {
  const { config, log } = dependencies;
  const home = `${config.web.publicUrl}/api`;
  const api = new OpenAPIHono<ApiEnv>({
    defaultHook: (result) => {
      if (!result.success) throw tellIssues(result.target, result.error.issues);
    },
  });

  api.use(async (c, next) => {
    c.set('authorize', dependencies.authorize);
    c.set('dependencies', dependencies);
    c.header('Cache-Control', 'no-store');
    c.header('X-Robots-Tag', 'noindex');
    await next();
  });
  const limitOf = (maxSize: number, words: string) =>
    bodyLimit({ maxSize, onError: (c) => sendProblem(c, new ApiProblem('too-large', words), home) });
  const limit = limitOf(maxBodyBytes, 'A body holds 256 KB at most.');
  const listLimit = limitOf(maxListBytes, 'A list holds 20 MB at most.');
  const isList = (path: string) => /\/(subscribers\/imports|suppressions\/import)$/.test(path);
  api.use((c, next) => (isList(c.req.path) ? listLimit(c, next) : limit(c, next)));

  api.get('/openapi.json', (c) => c.json(makeDocument(api, config.web.publicUrl)));
  for (const room of rooms) api.route('/', room(dependencies));

  api.all('*', (c) => {
    const allowed = allowedMethods(api, c.req.path.slice(c.req.path.indexOf(apiPath) + apiPath.length));
    if (allowed.length === 0)
      throw new ApiProblem('not-found', `There is nothing at this address. ${home} tells what there is.`);
    const headers = { Allow: allowed.join(', ') };
    if (c.req.method === 'OPTIONS') return c.body(null, 204, headers);
    throw new ApiProblem('method-not-allowed', `Here one can ${allowed.join(', ')}.`, { headers });
  });

  api.onError((error, c) => {
    if (error instanceof ApiProblem) return sendProblem(c, error, home);
    if (error instanceof HTTPException) {
      const known = problemKinds.find(({ status }) => status === error.status);
      const kind = known?.kind ?? 'malformed';
      return sendProblem(c, new ApiProblem(kind, httpWords[error.status] ?? error.message), home);
    }
    if (error.name === 'BodyLimitError') throw error;
    // Neither the path nor the query goes to the log: both may hold an address.
    if (log) log.error({ err: error }, 'a request to the API could not be answered');
    else console.error(error);
    const busy = explainSqliteFailure(error, null) !== null;
    return busy
      ? sendProblem(
          c,
          new ApiProblem('unavailable', 'The database does not take it now. The log says why.'),
          home,
        )
      : sendProblem(c, new ApiProblem('internal', 'It is not your doing. The log says what happened.'), home);
  });
  return api;
}

const httpWords: Record<number, string> = {
  400: 'The body is no JSON.',
  415: 'Send JSON, with “Content-Type: application/json”.',
};
