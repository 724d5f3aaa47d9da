import { Ctx, Resolver } from 'type-graphql';
import { authorize, type Context } from '../graphql/context.js';
import { Query } from '../graphql/operation.js';
import { ApiKey } from './api-key.entity.js';
import { Workspace } from './workspace.entity.js';
import { Viewer } from './workspace.types.js';

/** What a caller can ask of itself. */
@Resolver()
export class WorkspaceResolver {
  @Query([], () => Viewer, {
    description:
      'The workspace and the key of this request; every good key may ask. For finding out whether a key works.',
  })
  async viewer(@Ctx() context: Context): Promise<Viewer> {
    const { workspaceId, apiKeyId } = authorize(context);
    const workspace = await context.em.findOneOrFail(Workspace, { uuid: workspaceId });
    const apiKey = await context.em.findOneOrFail(ApiKey, { uuid: apiKeyId, workspaceId });
    return { workspace, apiKey };
  }
}
