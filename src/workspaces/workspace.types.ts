import { Field, ObjectType } from 'type-graphql';
import { ApiKey } from './api-key.entity.js';
import { Workspace } from './workspace.entity.js';

/** Who asks. */
@ObjectType({ description: 'Who asks: the key that came with the request, and the workspace that it opens.' })
export class Viewer {
  @Field(() => Workspace, {
    description: 'The workspace that everything asked for with this key comes from.',
  })
  workspace!: Workspace;

  @Field(() => ApiKey, { description: 'The key that came with the request.' })
  apiKey!: ApiKey;
}
