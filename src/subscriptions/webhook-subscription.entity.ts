import { ArrayType } from '@mikro-orm/core';
import { Entity, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import { Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import { Node } from '../graphql/node.js';
import { JsonScalar } from '../graphql/scalars.js';
import { toTypeId } from '../storage/typeid.js';

/** Whether a subscription is sent to. */
export enum WebhookSubscriptionStatus {
  ACTIVE = 'ACTIVE',
  INACTIVE = 'INACTIVE',
  PENDING_CONFIRMATION = 'PENDING_CONFIRMATION',
  DISABLED = 'DISABLED',
}

registerEnumType(WebhookSubscriptionStatus, {
  name: 'WebhookSubscriptionStatus',
  description:
    'Whether a subscription is sent to. What comes while it is not is kept as SKIPPED and can be resent.',
  valuesConfig: {
    ACTIVE: { description: 'Sent to.' },
    INACTIVE: { description: 'Switched off by its owner: kept, and not sent to.' },
    PENDING_CONFIRMATION: { description: 'Waiting for the receiver to visit its confirmation URL.' },
    DISABLED: { description: 'Switched off by the server; disabledReason says why. Set it ACTIVE to go on.' },
  },
});

/** Why the server switched a subscription off. */
export enum WebhookSubscriptionDisabledReason {
  FAILING = 'FAILING',
  GONE = 'GONE',
}

registerEnumType(WebhookSubscriptionDisabledReason, {
  name: 'WebhookSubscriptionDisabledReason',
  description: 'Why the server switched a subscription off.',
  valuesConfig: {
    FAILING: { description: 'Every attempt of the last five days failed, at least ten of them.' },
    GONE: { description: 'The endpoint answered 410 Gone.' },
  },
});

/** How webhook-signature is made. */
export enum SignatureScheme {
  HMAC_SHA256 = 'HMAC_SHA256',
  ED25519 = 'ED25519',
}

registerEnumType(SignatureScheme, {
  name: 'SignatureScheme',
  description: 'How the header webhook-signature is made (Standard Webhooks 1.0.0).',
  valuesConfig: {
    HMAC_SHA256: { description: 'v1: a secret that both sides share.' },
    ED25519: { description: 'v1a: a key pair of Tendril’s; the receiver needs the public key only.' },
  },
});

/** An endpoint URL, the event types it wants, its profile and secret. */
@Entity({ tableName: 'webhook_subscription' })
@ObjectType({
  implements: Node,
  description:
    'An endpoint URL and the event types that are delivered to it, with how it is signed and retried.',
})
export class WebhookSubscription extends Node {
  @PrimaryKey({ type: 'uuid', fieldName: 'id' })
  uuid!: string;

  @Property({ type: 'uuid' })
  workspaceId!: string;

  @Field(() => String, { description: 'Where deliveries are sent: POST, no redirects followed.' })
  @Property({ type: 'text' })
  endpointUrl!: string;

  @Field(() => [String], { description: 'What it wants: exact names, groups (payout.*), or everything (*).' })
  @Property({ type: ArrayType })
  eventTypes!: string[];

  @Field(() => String, { nullable: true, description: "The owner's own note; null where there is none." })
  @Property({ type: 'text', nullable: true })
  description: string | null = null;

  @Field(() => WebhookSubscriptionStatus, { description: 'Whether it is sent to.' })
  @Property({ type: 'text' })
  status!: WebhookSubscriptionStatus;

  @Field(() => WebhookSubscriptionDisabledReason, {
    nullable: true,
    description: 'Why the server switched it off; null while its status is not DISABLED.',
  })
  @Property({ type: 'text', nullable: true })
  disabledReason: WebhookSubscriptionDisabledReason | null = null;

  @Property({ type: 'text', fieldName: 'profile' })
  profileName!: string;

  @Field(() => SignatureScheme, { description: 'How the header webhook-signature is made.' })
  @Property({ type: 'text' })
  signatureScheme!: SignatureScheme;

  @Field(() => String, {
    nullable: true,
    description: 'whpk_…, for ED25519: what the receiver verifies with; null for HMAC_SHA256.',
  })
  @Property({ type: 'text', nullable: true })
  publicKey: string | null = null;

  /** Null: the profile's. */
  @Property({ type: new ArrayType(Number), nullable: true, fieldName: 'retry_schedule_seconds' })
  ownRetryScheduleSeconds: number[] | null = null;

  @Field(() => Int, {
    description:
      'Seconds until an attempt is given up, from the look-up of the address to the end of the answer.',
  })
  @Property({ type: 'integer' })
  timeoutSeconds!: number;

  @Property({ type: ArrayType })
  headerNames: string[] = [];

  /** The headers' values, encrypted as a JSON list in the order of their names; null without headers. */
  @Property({ type: 'blob', nullable: true })
  headerValues: Uint8Array | null = null;

  @Field(() => JsonScalar, {
    nullable: true,
    description:
      'A MongoDB query document; only events whose payload it matches are delivered. Null: all are.',
  })
  @Property({ type: 'json', nullable: true })
  filter: unknown = null;

  @Field(() => Int, {
    nullable: true,
    description:
      'At most so many attempts a second, retries and resends included, by all workers together; null for no limit. They begin at even intervals, within 10 % of the rate over any few seconds, and a backlog is sent at the whole of it, as far as the endpoint answers in time. After a pause one attempt and a tenth of a second’s worth may begin at once. A change takes effect within about a second.',
  })
  @Property({ type: 'integer', nullable: true })
  maxAttemptsPerSecond: number | null = null;

  /** The endpoint URL whose receiver has confirmed; null where none has, or none needs to. */
  @Property({ type: 'text', nullable: true })
  confirmedUrl: string | null = null;

  /** Which notification endpoint it is; null where it was not made by subscribing to notifications. */
  @Property({ type: 'text', nullable: true })
  notificationEndpoint: string | null = null;

  /** The API key that subscribed the notification endpoint. */
  @Property({ type: 'uuid', nullable: true })
  subscribedBy: string | null = null;

  @Field(() => Date, { description: 'When it was made.' })
  @Property({ type: 'datetime' })
  createdAt: Date = new Date();

  @Field(() => Date, { description: 'When it was last changed, by its owner or by the server.' })
  @Property({ type: 'datetime' })
  updatedAt: Date = new Date();

  @Property({ type: 'datetime', nullable: true })
  deletedAt: Date | null = null;

  /** Goes up with every change that a worker must know of. */
  @Property({ type: 'integer' })
  revision = 1;

  @Field(() => ID, { description: 'Its TypeID, prefix wsub_.' })
  override get id(): string {
    return toTypeId('wsub', this.uuid);
  }
}
