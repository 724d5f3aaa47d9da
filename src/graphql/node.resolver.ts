import { Arg, Ctx, ID, Resolver } from 'type-graphql';
import { findAttempt } from '../deliveries/find-attempt.js';
import { EventType } from '../events/event-type.entity.js';
import { fromTypeId, type IdPrefix, prefixOf } from '../storage/typeid.js';
import { WebhookSubscription } from '../subscriptions/webhook-subscription.entity.js';
import { ApiKey, ApiKeyScope } from '../workspaces/api-key.entity.js';
import { Workspace } from '../workspaces/workspace.entity.js';
import { authorize, type Context } from './context.js';
import { Node } from './node.js';
import { Query } from './operation.js';

interface Kind {
  readonly scopes: readonly ApiKeyScope[];
  find(context: Context, workspaceId: string, uuid: string): Promise<Node | null>;
}

const { READ, MANAGE, ADMIN } = ApiKeyScope;

// What each prefix stands for; every look-up names the workspace, so another one's object is like none.
const kinds: Readonly<Record<IdPrefix, Kind>> = {
  ws: {
    scopes: [],
    find: async ({ em }, workspaceId, uuid) =>
      uuid === workspaceId ? em.findOne(Workspace, { uuid }) : null,
  },
  key: { scopes: [ADMIN], find: ({ em }, workspaceId, uuid) => em.findOne(ApiKey, { uuid, workspaceId }) },
  etyp: { scopes: [], find: ({ em }, workspaceId, uuid) => em.findOne(EventType, { uuid, workspaceId }) },
  wsub: {
    scopes: [READ, MANAGE],
    find: ({ em }, workspaceId, uuid) =>
      em.findOne(WebhookSubscription, { uuid, workspaceId, deletedAt: null }),
  },
  evt: {
    scopes: [READ],
    find: ({ parts }, workspaceId, uuid) => parts.loaders.event.load({ workspaceId, uuid }),
  },
  dlv: {
    scopes: [READ],
    find: ({ parts }, workspaceId, uuid) => parts.loaders.delivery.load({ workspaceId, uuid }),
  },
  atm: {
    scopes: [READ],
    find: ({ database }, workspaceId, uuid) => findAttempt(database, { workspaceId, uuid }),
  },
};

/** Anything by its id. */
@Resolver()
export class NodeResolver {
  @Query([], () => Node, {
    nullable: true,
    description:
      'Anything of the workspace by its id; null where there is nothing. The scope is the one that its own query needs.',
  })
  async node(
    @Ctx() context: Context,
    @Arg('id', () => ID, { description: 'A TypeID of any kind.' }) id: string,
  ): Promise<Node | null> {
    const { workspaceId } = authorize(context);
    const prefix = prefixOf(id) as IdPrefix | undefined;
    const kind = prefix && kinds[prefix];
    const uuid = kind && fromTypeId(prefix, id);
    if (!kind || uuid === undefined) return null;
    authorize(context, ...kind.scopes);
    return kind.find(context, workspaceId, uuid);
  }
}
