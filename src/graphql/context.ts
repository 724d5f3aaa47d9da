import type { EntityManager } from '@mikro-orm/postgresql';
import { GraphQLError } from 'graphql';
import type { Parts } from '../parts.js';
import type { WorkspaceDatabase } from '../storage/workspace-database.js';
import type { ApiKeyScope } from '../workspaces/api-key.entity.js';
import type { Caller } from '../workspaces/authenticate.js';

/** What every resolver is given: who asks, the parts of the server, and of the database no more than the caller's workspace. */
export class Context {
  /** Undefined without a key, or with one that is not good. */
  readonly caller: Caller | undefined;
  readonly parts: Omit<Parts, 'database'>;
  readonly #ofWorkspace: Parts['database']['ofWorkspace'];
  #em: EntityManager | undefined;

  constructor(caller: Caller | undefined, parts: Parts) {
    this.caller = caller;
    this.parts = parts;
    this.#ofWorkspace = parts.database.ofWorkspace;
  }

  get database(): WorkspaceDatabase {
    return this.#ofWorkspace(authorize(this).workspaceId);
  }

  /** An entity manager of this request's own, made for the first who asks: publishing, which is frequent, never does. */
  get em(): EntityManager {
    this.#em ??= this.database.em();
    return this.#em;
  }
}

/** The caller, where its key has one of the scopes (ADMIN has all); throws UNAUTHENTICATED or FORBIDDEN. */
export function authorize(context: Context, ...scopes: ApiKeyScope[]): Caller {
  const { caller } = context;
  if (!caller) {
    throw new GraphQLError(
      'This needs an API key: send it as Authorization: Bearer, X-API-Key or X-Ivy-Api-Key (over WebSocket in the connection_init payload). It is missing, unknown, expired or revoked.',
      { extensions: { code: 'UNAUTHENTICATED', http: { status: 401 } } },
    );
  }
  const held: readonly string[] = caller.scopes;
  if (scopes.length > 0 && !held.includes('ADMIN') && !scopes.some((scope) => held.includes(scope))) {
    throw new GraphQLError(
      `This needs a key with the scope ${scopes.join(' or ')}; yours has ${held.join(', ')}.`,
      {
        extensions: { code: 'FORBIDDEN', http: { status: 403 } },
      },
    );
  }
  return caller;
}
