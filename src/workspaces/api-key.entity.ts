import { ArrayType } from '@mikro-orm/core';
import { Entity, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import { Field, ID, ObjectType, registerEnumType } from 'type-graphql';
import { Node } from '../graphql/node.js';
import { toTypeId } from '../storage/typeid.js';

/** What a key may do. */
export enum ApiKeyScope {
  MANAGE = 'MANAGE',
  PUBLISH = 'PUBLISH',
  READ = 'READ',
  ADMIN = 'ADMIN',
}

registerEnumType(ApiKeyScope, {
  name: 'ApiKeyScope',
  description: 'What a key may do. Scopes add up; ADMIN holds all of them.',
  valuesConfig: {
    MANAGE: { description: 'Manage subscriptions, event types and secrets, and resend deliveries.' },
    PUBLISH: { description: 'Publish events.' },
    READ: { description: 'Read subscriptions, events, deliveries and attempts, and watch them live.' },
    ADMIN: { description: 'Everything, and making and revoking keys of the workspace.' },
  },
});

/** A key to one workspace; of the key itself only its SHA-256 is kept. */
@Entity({ tableName: 'api_key' })
@ObjectType({
  implements: Node,
  description: 'A key to this workspace. The key itself is shown once, when it is made.',
})
export class ApiKey extends Node {
  @PrimaryKey({ type: 'uuid', fieldName: 'id' })
  uuid!: string;

  @Property({ type: 'uuid' })
  workspaceId!: string;

  @Field(() => String, { description: 'What it is for, in the words of whoever made it.' })
  @Property({ type: 'text' })
  name!: string;

  @Field(() => String, { description: 'The first characters of the key, enough to recognise it by.' })
  @Property({ type: 'text' })
  prefix!: string;

  @Property({ type: 'blob' })
  keyHash!: Uint8Array;

  @Field(() => [ApiKeyScope], { description: 'What it may do.' })
  @Property({ type: ArrayType })
  scopes!: ApiKeyScope[];

  @Field(() => String, {
    nullable: true,
    description: 'The person it was made for; null for a key made without one.',
  })
  @Property({ type: 'text', nullable: true })
  userName: string | null = null;

  @Field(() => Boolean, { description: "Whether that person is the account's primary user." })
  @Property({ type: 'boolean' })
  primaryUser = false;

  @Field(() => Date, { description: 'When it was made.' })
  @Property({ type: 'datetime' })
  createdAt: Date = new Date();

  @Field(() => Date, {
    nullable: true,
    description: 'When it was last used, to the minute; null when it never was.',
  })
  @Property({ type: 'datetime', nullable: true })
  lastUsedAt: Date | null = null;

  @Field(() => Date, {
    nullable: true,
    description: 'From when on it is refused; null for a key that does not expire.',
  })
  @Property({ type: 'datetime', nullable: true })
  expiresAt: Date | null = null;

  @Field(() => Date, { nullable: true, description: 'When it was revoked; null while it is not.' })
  @Property({ type: 'datetime', nullable: true })
  revokedAt: Date | null = null;

  @Field(() => ID, { description: 'Its TypeID, prefix key_.' })
  override get id(): string {
    return toTypeId('key', this.uuid);
  }
}
