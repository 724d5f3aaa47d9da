import { Entity, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import { Field, ID, ObjectType } from 'type-graphql';
import { Node } from '../graphql/node.js';
import { JsonScalar } from '../graphql/scalars.js';
import { groupOf } from '../rules/event-types.js';
import { toTypeId } from '../storage/typeid.js';

/** A kind of event in a workspace's catalogue. */
@Entity({ tableName: 'event_type' })
@ObjectType({
  implements: Node,
  description: "A kind of event in the workspace's catalogue; only these can be published.",
})
export class EventType extends Node {
  @PrimaryKey({ type: 'uuid', fieldName: 'id' })
  uuid!: string;

  @Property({ type: 'uuid' })
  workspaceId!: string;

  @Field(() => String, {
    description: 'Dotted, at most 255 characters, for example checkout_session.completed.',
  })
  @Property({ type: 'text' })
  name!: string;

  @Field(() => String, { description: 'What has happened when an event of this type is published.' })
  @Property({ type: 'text' })
  description!: string;

  @Field(() => JsonScalar, {
    nullable: true,
    description: 'The JSON Schema (2020-12) that payloads of this type must fit; null: any payload does.',
  })
  @Property({ type: 'json', nullable: true })
  schema: unknown = null;

  @Field(() => Date, { description: 'When it came into the catalogue.' })
  @Property({ type: 'datetime' })
  createdAt: Date = new Date();

  @Field(() => Date, {
    nullable: true,
    description: 'When it was taken out of use; null while it is in use.',
  })
  @Property({ type: 'datetime', nullable: true })
  archivedAt: Date | null = null;

  @Field(() => ID, { description: 'Its TypeID, prefix etyp_.' })
  override get id(): string {
    return toTypeId('etyp', this.uuid);
  }

  @Field(() => String, {
    description: 'The part before the first dot: payout for payout.paid. Subscribed to as payout.*.',
  })
  get group(): string {
    return groupOf(this.name);
  }
}
