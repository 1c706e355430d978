import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { TokenScope } from '../../admins/tokens.ts';
import type { TopicLooksKeeper } from '../../delivery/topic-looks.ts';
import type { HashAddress } from '../../mail/address-hash.ts';
import type { Actor } from '../../store/acting.ts';
import type { WebDependencies } from '../context.ts';

/** Who is asking, once they may do something within a scope. Throws ApiProblem. */
export type Authorize = (c: Context, scope: TokenScope) => Promise<Actor>;

/** What the API works with. */
export interface ApiDependencies extends WebDependencies {
  readonly authorize: Authorize;
  /** Candidates as they were a while ago; null: topics cannot be tried out here. */
  readonly topicLooks: TopicLooksKeeper | null;
  readonly hashAddress: HashAddress;
}

export interface ApiEnv {
  Variables: {
    authorize: Authorize;
    actor: Actor;
    dependencies: ApiDependencies;
  };
}

/** A room of the API: its routes with what they take and give. */
export type ApiRoom = (dependencies: ApiDependencies) => OpenAPIHono<ApiEnv>;
