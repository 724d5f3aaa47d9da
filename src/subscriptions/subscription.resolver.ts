import { Arg, Args, Ctx, FieldResolver, Float, ID, Int, Resolver, Root } from 'type-graphql';
import { HttpHeader } from '../deliveries/attempt.entity.js';
import { DeliveriesArgs, DeliveryConnection } from '../deliveries/delivery.types.js';
import { subscriptionLogConnection } from '../deliveries/delivery-connection.js';
import { checkFilter } from '../graphql/check-filter.js';
import { authorize, type Context } from '../graphql/context.js';
import { Mutation, Query } from '../graphql/operation.js';
import { pageRequest, toConnection } from '../graphql/paging.js';
import { profileNamed } from '../profiles/profiles.js';
import { ApiKeyScope } from '../workspaces/api-key.entity.js';
import { createSubscription } from './create-subscription.js';
import { deleteSubscription } from './delete-subscription.js';
import { DeliveryProfile, toDeliveryProfile } from './delivery-profile.types.js';
import { findSubscription } from './find-subscription.js';
import { listSubscriptions } from './list-subscriptions.js';
import { rotateSecret } from './rotate-secret.js';
import { SubscriptionsArgs, WebhookSubscriptionConnection } from './subscription.types.js';
import { openHeaders } from './subscription-headers.js';
import {
  CreateWebhookSubscriptionInput,
  CreateWebhookSubscriptionPayload,
  DeleteWebhookSubscriptionPayload,
  RotateWebhookSecretPayload,
  UpdateWebhookSubscriptionInput,
  UpdateWebhookSubscriptionPayload,
} from './subscription-input.types.js';
import { subscriptionNotFound, updateSubscription } from './update-subscription.js';
import { WebhookSubscription } from './webhook-subscription.entity.js';

const defaultGracePeriodSeconds = 86_400;

/** Webhook subscriptions: making, changing, reading. */
@Resolver(() => WebhookSubscription)
export class SubscriptionResolver {
  @Query([ApiKeyScope.READ, ApiKeyScope.MANAGE], () => WebhookSubscription, {
    nullable: true,
    description:
      'The subscription of this id; null where the workspace has none, or it is deleted. Scope READ or MANAGE.',
  })
  async webhookSubscription(
    @Ctx() context: Context,
    @Arg('id', () => ID, { description: 'Its id, wsub_….' }) id: string,
  ): Promise<WebhookSubscription | null> {
    const { workspaceId } = authorize(context);
    return findSubscription(context.em, workspaceId, id);
  }

  @Query([ApiKeyScope.READ, ApiKeyScope.MANAGE], () => WebhookSubscriptionConnection, {
    description:
      'The subscriptions, in the order they were made, in pages like those of deliveries. Scope READ or MANAGE.',
  })
  async webhookSubscriptions(
    @Ctx() context: Context,
    @Args(() => SubscriptionsArgs) args: SubscriptionsArgs,
  ) {
    const { workspaceId } = authorize(context);
    const request = pageRequest(args, `subscriptions:${workspaceId}`);
    checkFilter(args.filter);
    const { page, totalCount } = await listSubscriptions(context.em, workspaceId, args.filter ?? {}, request);
    return { ...toConnection(page), totalCount };
  }

  @Mutation([ApiKeyScope.MANAGE], () => CreateWebhookSubscriptionPayload, {
    description:
      'Subscribes an endpoint to event types. Events published from now on are delivered to it; by the profile IVVY, once its receiver has confirmed: it is PENDING_CONFIRMATION until then. Scope MANAGE.',
  })
  async createWebhookSubscription(
    @Ctx() context: Context,
    @Arg('input', () => CreateWebhookSubscriptionInput, { description: 'The subscription.' })
    input: CreateWebhookSubscriptionInput,
  ): Promise<CreateWebhookSubscriptionPayload> {
    const { workspaceId } = authorize(context);
    const created = await createSubscription(context.parts, context.em, workspaceId, input);
    return 'errors' in created
      ? { subscription: null, secret: null, userErrors: created.errors }
      : { ...created, userErrors: [] };
  }

  @Mutation([ApiKeyScope.MANAGE], () => UpdateWebhookSubscriptionPayload, {
    description:
      'Changes a subscription: only the fields that are given change; null clears a field that may be empty. Scope MANAGE.',
  })
  async updateWebhookSubscription(
    @Ctx() context: Context,
    @Arg('input', () => UpdateWebhookSubscriptionInput, { description: 'Which one, and what changes.' })
    input: UpdateWebhookSubscriptionInput,
  ): Promise<UpdateWebhookSubscriptionPayload> {
    const { workspaceId } = authorize(context);
    const updated = await updateSubscription(context.parts, context.em, workspaceId, input);
    return 'errors' in updated
      ? { subscription: null, userErrors: updated.errors }
      : { ...updated, userErrors: [] };
  }

  @Mutation([ApiKeyScope.MANAGE], () => DeleteWebhookSubscriptionPayload, {
    description:
      'Deletes a subscription. Deliveries that are not done are CANCELED; its logs stay. Scope MANAGE.',
  })
  async deleteWebhookSubscription(
    @Ctx() context: Context,
    @Arg('id', () => ID, { description: 'Which one, wsub_….' }) id: string,
  ): Promise<DeleteWebhookSubscriptionPayload> {
    const { workspaceId } = authorize(context);
    const deleted = await deleteSubscription(context.parts, context.em, workspaceId, id);
    return deleted
      ? { deletedId: id, userErrors: [] }
      : { deletedId: null, userErrors: [subscriptionNotFound(['id'])] };
  }

  @Mutation([ApiKeyScope.MANAGE], () => RotateWebhookSecretPayload, {
    description:
      'Makes a new signing secret. Until the grace period ends, deliveries are signed with the old one too. Scope MANAGE.',
  })
  async rotateWebhookSecret(
    @Ctx() context: Context,
    @Arg('id', () => ID, { description: 'Of which subscription, wsub_….' }) id: string,
    @Arg('gracePeriodSeconds', () => Int, {
      nullable: true,
      defaultValue: defaultGracePeriodSeconds,
      description:
        'How long the old secret signs too: 0 to 604800 seconds, a day unless given. While ten earlier ones do, only 0.',
    })
    gracePeriodSeconds?: number | null,
  ): Promise<RotateWebhookSecretPayload> {
    const { workspaceId } = authorize(context);
    const grace = gracePeriodSeconds ?? defaultGracePeriodSeconds;
    const rotated = await rotateSecret(context.parts, context.em, workspaceId, id, grace);
    return 'errors' in rotated
      ? { subscription: null, secret: null, previousSecretExpiresAt: null, userErrors: rotated.errors }
      : { ...rotated, userErrors: [] };
  }

  @FieldResolver(() => DeliveryProfile, { description: 'How it is delivered to.' })
  profile(@Root() subscription: WebhookSubscription): DeliveryProfile {
    return toDeliveryProfile(profileNamed(subscription.profileName));
  }

  @FieldResolver(() => [Int], {
    description:
      "The schedule in force: the profile's, or the subscription's own. Seconds, first retry first.",
  })
  retryScheduleSeconds(@Root() subscription: WebhookSubscription): readonly number[] {
    return (
      subscription.ownRetryScheduleSeconds ?? profileNamed(subscription.profileName).retryScheduleSeconds
    );
  }

  @FieldResolver(() => [HttpHeader], { description: 'Headers of its own, sent with every attempt.' })
  headers(@Root() subscription: WebhookSubscription, @Ctx() { parts }: Context): HttpHeader[] {
    return openHeaders(subscription, parts.encryption);
  }

  @FieldResolver(() => Date, {
    nullable: true,
    description: 'When its last attempt ended; null before the first.',
  })
  async lastDelivery(
    @Root() subscription: WebhookSubscription,
    @Ctx() { parts }: Context,
  ): Promise<Date | null> {
    return (await parts.loaders.counts.load(subscription)).lastDelivery;
  }

  @FieldResolver(() => Int, {
    description: 'Deliveries that stand at DELIVERED; retention does not lower it.',
  })
  async deliveryCount(@Root() subscription: WebhookSubscription, @Ctx() { parts }: Context): Promise<number> {
    return (await parts.loaders.counts.load(subscription)).delivered;
  }

  @FieldResolver(() => Int, {
    description:
      'Deliveries that stand at FAILED; one that a resend delivers moves over to deliveryCount. Retention does not lower it.',
  })
  async failureCount(@Root() subscription: WebhookSubscription, @Ctx() { parts }: Context): Promise<number> {
    return (await parts.loaders.counts.load(subscription)).failed;
  }

  @FieldResolver(() => Float, {
    nullable: true,
    description:
      'Share of attempts that failed in the last 24 hours, 0 to 1, INTERRUPTED ones left out; null without attempts.',
  })
  async errorRate(
    @Root() subscription: WebhookSubscription,
    @Ctx() { parts }: Context,
  ): Promise<number | null> {
    return parts.loaders.errorRate.load(subscription);
  }

  @FieldResolver(() => DeliveryConnection, { description: 'Its webhook logs, newest first. Scope READ.' })
  async deliveries(
    @Root() subscription: WebhookSubscription,
    @Ctx() context: Context,
    @Args(() => DeliveriesArgs) args: DeliveriesArgs,
  ) {
    authorize(context, ApiKeyScope.READ);
    checkFilter(args.filter);
    return subscriptionLogConnection(context.parts.loaders, subscription, args, args.filter ?? {});
  }
}
