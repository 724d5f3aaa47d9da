import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { JsonScalar } from '../graphql/scalars.js';
import { UserError } from '../graphql/user-error.js';
import { standard } from '../profiles/standard.js';
import { DeliveryProfileName } from './delivery-profile.types.js';
import {
  SignatureScheme,
  WebhookSubscription,
  WebhookSubscriptionStatus,
} from './webhook-subscription.entity.js';

/** A schedule of the subscription's own. */
@InputType({ description: "When to try again, instead of the profile's schedule." })
export class RetryPolicyInput {
  @Field(() => [Int], {
    description:
      'Seconds between attempts, first retry first: at most 60 entries of 1 to 604800. An empty list: one attempt, no retry.',
  })
  scheduleSeconds!: number[];
}

/** A header of the subscription's own. */
@InputType({
  description: 'A header that is sent with every attempt, for example for the receiver’s own authentication.',
})
export class HttpHeaderInput {
  @Field(() => String, {
    description:
      'An HTTP field name. Not one that Tendril or HTTP itself sets, such as host, cookie or webhook-id.',
  })
  name!: string;

  @Field(() => String, {
    description: 'Its value: visible Latin-1, no line breaks; name and value at most 4 KiB.',
  })
  value!: string;
}

/** What can be said of a subscription when it is made. */
@InputType({ description: 'A new webhook subscription.' })
export class CreateWebhookSubscriptionInput {
  @Field(() => String, {
    description: 'Where to send: an https URL of at most 2083 characters whose host is public.',
  })
  endpointUrl!: string;

  @Field(() => [String], {
    description: 'What to send: 1 to 100 exact names, groups (payout.*), or * for everything.',
  })
  eventTypes!: string[];

  @Field(() => String, { nullable: true, description: 'A note of your own, at most 1000 characters.' })
  description?: string | null;

  @Field(() => WebhookSubscriptionStatus, {
    nullable: true,
    defaultValue: WebhookSubscriptionStatus.ACTIVE,
    description: 'ACTIVE, or INACTIVE to keep it without sending to it.',
  })
  status?: WebhookSubscriptionStatus | null;

  @Field(() => DeliveryProfileName, {
    nullable: true,
    defaultValue: standard.name,
    description: 'How to deliver; it cannot be changed later.',
  })
  profile?: string | null;

  @Field(() => RetryPolicyInput, {
    nullable: true,
    description: "When to try again; the profile's schedule unless given.",
  })
  retryPolicy?: RetryPolicyInput | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Seconds until an attempt is given up: 1 to 30; the profile says unless given, mostly 15.',
  })
  timeoutSeconds?: number | null;

  @Field(() => [HttpHeaderInput], {
    nullable: true,
    description: 'Headers to send with every attempt, at most 20. Stored encrypted.',
  })
  headers?: HttpHeaderInput[] | null;

  @Field(() => JsonScalar, {
    nullable: true,
    description:
      'A MongoDB query document over the payload, for example {"amount": {"$gte": 100}}; only events it matches are delivered. At most 8 KiB, 8 levels, 100 conditions and 100 parts of a path, and 1 MiB for all of a workspace together; where one asks too much of a large payload, the delivery is SKIPPED as FILTER_TOO_COSTLY.',
  })
  filter?: unknown;

  @Field(() => Int, {
    nullable: true,
    description:
      'At most so many attempts a second, retries and resends included: 1 to 10000; no limit unless given.',
  })
  maxAttemptsPerSecond?: number | null;

  @Field(() => SignatureScheme, {
    nullable: true,
    defaultValue: SignatureScheme.HMAC_SHA256,
    description: 'How webhook-signature is made; it cannot be changed later.',
  })
  signatureScheme?: SignatureScheme | null;
}

/** What can be said of a subscription later. */
@InputType({
  description:
    'Changes to a webhook subscription: only the fields that are given change; null clears a field that may be empty.',
})
export class UpdateWebhookSubscriptionInput {
  @Field(() => ID, { description: 'Which subscription.' })
  id!: string;

  @Field(() => String, {
    nullable: true,
    description:
      'Where to send from now on, retries of earlier events included. By the profile IVVY another URL has to be confirmed first.',
  })
  endpointUrl?: string | null;

  @Field(() => [String], { nullable: true, description: 'What to send from now on.' })
  eventTypes?: string[] | null;

  @Field(() => String, { nullable: true, description: 'A note of your own; null removes it.' })
  description?: string | null;

  @Field(() => WebhookSubscriptionStatus, {
    nullable: true,
    description:
      'ACTIVE or INACTIVE. ACTIVE also ends DISABLED; what has not been confirmed, by the profile IVVY, is asked to confirm (again) by it. What is skipped meanwhile is kept and can be resent.',
  })
  status?: WebhookSubscriptionStatus | null;

  @Field(() => RetryPolicyInput, {
    nullable: true,
    description: "When to try again; null goes back to the profile's schedule.",
  })
  retryPolicy?: RetryPolicyInput | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Seconds until an attempt is given up: 1 to 30; null goes back to 15.',
  })
  timeoutSeconds?: number | null;

  @Field(() => [HttpHeaderInput], {
    nullable: true,
    description: 'All headers to send from now on; null or an empty list: none.',
  })
  headers?: HttpHeaderInput[] | null;

  @Field(() => JsonScalar, {
    nullable: true,
    description: 'A MongoDB query document over the payload; null delivers every event again.',
  })
  filter?: unknown;

  @Field(() => Int, {
    nullable: true,
    description:
      'At most so many attempts a second, retries and resends included: 1 to 10000; null removes the limit.',
  })
  maxAttemptsPerSecond?: number | null;
}

/** The answer to createWebhookSubscription. */
@ObjectType({ description: 'What became of createWebhookSubscription.' })
export class CreateWebhookSubscriptionPayload {
  @Field(() => WebhookSubscription, {
    nullable: true,
    description: 'The new subscription; null where userErrors has faults.',
  })
  subscription: WebhookSubscription | null = null;

  @Field(() => String, {
    nullable: true,
    description:
      'The signing secret (whsec_…): shown here and never again. Null for ED25519, where publicKey is all a receiver needs.',
  })
  secret: string | null = null;

  @Field(() => [UserError], { description: 'What is wrong with the input, all at once; empty on success.' })
  userErrors: UserError[] = [];
}

/** The answer to updateWebhookSubscription. */
@ObjectType({ description: 'What became of updateWebhookSubscription.' })
export class UpdateWebhookSubscriptionPayload {
  @Field(() => WebhookSubscription, {
    nullable: true,
    description: 'The subscription as it is now; null where userErrors has faults.',
  })
  subscription: WebhookSubscription | null = null;

  @Field(() => [UserError], {
    description: 'What is wrong with the input, all at once; then nothing was changed.',
  })
  userErrors: UserError[] = [];
}

/** The answer to deleteWebhookSubscription. */
@ObjectType({ description: 'What became of deleteWebhookSubscription.' })
export class DeleteWebhookSubscriptionPayload {
  @Field(() => ID, {
    nullable: true,
    description: 'The id of what is deleted; null where userErrors has faults.',
  })
  deletedId: string | null = null;

  @Field(() => [UserError], { description: 'Why nothing was deleted; empty on success.' })
  userErrors: UserError[] = [];
}

/** The answer to rotateWebhookSecret. */
@ObjectType({ description: 'What became of rotateWebhookSecret.' })
export class RotateWebhookSecretPayload {
  @Field(() => WebhookSubscription, {
    nullable: true,
    description: 'The subscription; null where userErrors has faults.',
  })
  subscription: WebhookSubscription | null = null;

  @Field(() => String, {
    nullable: true,
    description: 'The new secret: shown here and never again. Null for ED25519: read publicKey.',
  })
  secret: string | null = null;

  @Field(() => Date, {
    nullable: true,
    description: 'Until then the old secret signs too; null where it ended at once.',
  })
  previousSecretExpiresAt: Date | null = null;

  @Field(() => [UserError], { description: 'Why nothing was rotated; empty on success.' })
  userErrors: UserError[] = [];
}
