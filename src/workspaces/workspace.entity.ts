import { Entity, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import { Field, ID, ObjectType } from 'type-graphql';
import { Node } from '../graphql/node.js';
import { toTypeId } from '../storage/typeid.js';

/** A tenant: every row belongs to one, and nothing crosses. */
@Entity({ tableName: 'workspace' })
@ObjectType({
  implements: Node,
  description: 'A tenant. Everything belongs to exactly one workspace, and nothing is shared between two.',
})
export class Workspace extends Node {
  @PrimaryKey({ type: 'uuid', fieldName: 'id' })
  uuid!: string;

  @Field(() => String, { description: 'What people call it.' })
  @Property({ type: 'text' })
  name!: string;

  @Field(() => Date, { description: 'When it was made.' })
  @Property({ type: 'datetime' })
  createdAt: Date = new Date();

  @Field(() => ID, { description: 'Its TypeID, prefix ws_.' })
  override get id(): string {
    return toTypeId('ws', this.uuid);
  }
}
