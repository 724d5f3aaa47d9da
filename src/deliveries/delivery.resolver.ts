import { Arg, Args, Ctx, FieldResolver, ID, Int, Resolver, Root } from 'type-graphql';
import { WebhookEvent } from '../events/webhook-event.entity.js';
import { checkFilter } from '../graphql/check-filter.js';
import { authorize, type Context } from '../graphql/context.js';
import { Mutation, Query, Subscription } from '../graphql/operation.js';
import { badInput } from '../graphql/paging.js';
import { profileNamed } from '../profiles/profiles.js';
import { plannedAttempts } from '../rules/delivery-states.js';
import { readUpdateCursor } from '../rules/update-cursor.js';
import { fromTypeId } from '../storage/typeid.js';
import { WebhookSubscription } from '../subscriptions/webhook-subscription.entity.js';
import { ApiKeyScope } from '../workspaces/api-key.entity.js';
import { Attempt } from './attempt.entity.js';
import { readBacklog } from './backlog.js';
import { Delivery, DeliveryStatus } from './delivery.entity.js';
import {
  Backlog,
  DeliveryConnection,
  DeliveryOrder,
  DeliveryStatsBucket,
  OrderedDeliveriesArgs,
  ResendDeliveryPayload,
  StatsInterval,
} from './delivery.types.js';
import { deliveryConnection } from './delivery-connection.js';
import { DeliveryFilter } from './delivery-filter.types.js';
import { deliveryStats } from './delivery-stats.js';
import { updateFilter } from './live/matches-filter.js';
import { resendDelivery } from './resend-delivery.js';

/** The webhook logs: reading them, watching them, sending again. */
@Resolver(() => Delivery)
export class DeliveryResolver {
  @Query([ApiKeyScope.READ], () => Delivery, {
    nullable: true,
    description: 'The delivery of this id; null where the workspace has none. Scope READ.',
  })
  async delivery(
    @Ctx() context: Context,
    @Arg('id', () => ID, { description: 'Its id, dlv_….' }) id: string,
  ): Promise<Delivery | null> {
    const { workspaceId } = authorize(context);
    const uuid = fromTypeId('dlv', id);
    return uuid === undefined ? null : context.parts.loaders.delivery.load({ workspaceId, uuid });
  }

  @Query([ApiKeyScope.READ], () => DeliveryConnection, {
    description:
      'The webhook logs. Pages of 50 unless told, 250 at most; more, or less than 0, is BAD_USER_INPUT; 0 gives an empty page. Scope READ.',
  })
  async deliveries(@Ctx() context: Context, @Args(() => OrderedDeliveriesArgs) args: OrderedDeliveriesArgs) {
    const { workspaceId } = authorize(context);
    checkFilter(args.filter);
    return deliveryConnection(
      context.database,
      workspaceId,
      args,
      args.filter ?? {},
      args.orderBy !== DeliveryOrder.OLDEST_FIRST,
    );
  }

  @Query([ApiKeyScope.READ], () => [DeliveryStatsBucket], {
    description: 'How attempts went, in buckets of time without gaps, at most 1500 of them. Scope READ.',
  })
  async deliveryStats(
    @Ctx() context: Context,
    @Arg('from', () => Date, { description: 'From the bucket that this moment lies in.' }) from: Date,
    @Arg('to', () => Date, { description: 'Up to this moment, itself not included.' }) to: Date,
    @Arg('interval', () => StatsInterval, { description: 'How long a bucket is.' }) interval: StatsInterval,
    @Arg('subscriptionId', () => ID, { nullable: true, description: 'Of this subscription only.' })
    subscriptionId?: string | null,
  ): Promise<DeliveryStatsBucket[]> {
    const { workspaceId } = authorize(context);
    return deliveryStats(context.database, { workspaceId, from, to, interval, subscriptionId });
  }

  @Query([ApiKeyScope.READ], () => Backlog, {
    description:
      'What is due to be sent and not under way. A RETRYING delivery is due once its nextAttemptAt has come. Scope READ.',
  })
  async backlog(
    @Ctx() context: Context,
    @Arg('subscriptionId', () => ID, { nullable: true, description: 'Of this subscription only.' })
    subscriptionId?: string | null,
  ): Promise<Backlog> {
    const { workspaceId } = authorize(context);
    return readBacklog(context.database, workspaceId, subscriptionId);
  }

  @Mutation([ApiKeyScope.MANAGE], () => ResendDeliveryPayload, {
    description:
      'Sends a delivery again now, as one more attempt, from any state but SENDING (DELIVERY_IN_PROGRESS). Its subscription must be ACTIVE (else SUBSCRIPTION_NOT_ACTIVE; deleted: SUBSCRIPTION_NOT_FOUND). Asked for again before that has begun, it is still one. Scope MANAGE.',
  })
  async resendDelivery(
    @Ctx() context: Context,
    @Arg('id', () => ID, { description: 'Which delivery, dlv_….' }) id: string,
  ): Promise<ResendDeliveryPayload> {
    const { workspaceId } = authorize(context);
    const resent = await resendDelivery(context.database, workspaceId, id);
    if ('error' in resent) return { delivery: null, userErrors: [resent.error] };
    context.parts.wakeDrain();
    return { delivery: resent.delivery, userErrors: [] };
  }

  @Subscription([ApiKeyScope.READ], () => Delivery, {
    description: `Every change of state of a delivery that matches the filter, as it happens, its birth (PENDING or SKIPPED) and SENDING
included: the delivery in its new state. With after, first all matching deliveries that changed since that cursor, in their
present state, then the live ones: a client that reconnects misses nothing, and may see a state twice. A client that
reads too slowly may be spared states in between, never the latest. Scope READ.`,
    subscribe: ({
      args,
      context,
    }: {
      args: { filter?: DeliveryFilter | null; after?: string | null };
      context: Context;
    }) => {
      const { workspaceId } = authorize(context);
      const after = typeof args.after === 'string' ? readUpdateCursor(args.after, workspaceId) : undefined;
      if (typeof args.after === 'string' && !after)
        throw badInput('after is no cursor of a delivery of this workspace.');
      checkFilter(args.filter);
      const filter = updateFilter(context.database, workspaceId, args.filter);
      return context.parts.updates.subscribe(workspaceId, filter, after);
    },
  })
  deliveryUpdated(
    @Root() delivery: Delivery,
    @Arg('filter', () => DeliveryFilter, {
      nullable: true,
      description: 'Which deliveries; all unless given.',
    })
    _filter?: DeliveryFilter | null,
    @Arg('after', () => String, {
      nullable: true,
      description: 'Go on behind this cursor, the one of the last delivery seen.',
    })
    _after?: string | null,
  ): Delivery {
    // Never called: what has come is the answer as it is (src/graphql/plain-fields.ts).
    return delivery;
  }

  @FieldResolver(() => WebhookEvent, { description: 'What is delivered. Scope READ.' })
  async event(@Root() delivery: Delivery, @Ctx() context: Context): Promise<WebhookEvent | null> {
    authorize(context, ApiKeyScope.READ);
    return context.parts.loaders.event.load({ workspaceId: delivery.workspaceId, uuid: delivery.eventId });
  }

  @FieldResolver(() => WebhookSubscription, {
    nullable: true,
    description:
      'Whom it is delivered to; null once the subscription has been deleted. Scope READ or MANAGE.',
  })
  async subscription(
    @Root() delivery: Delivery,
    @Ctx() context: Context,
  ): Promise<WebhookSubscription | null> {
    authorize(context, ApiKeyScope.READ, ApiKeyScope.MANAGE);
    const key = { workspaceId: delivery.workspaceId, uuid: delivery.subscriptionId };
    const subscription = await context.parts.loaders.subscription.load(key);
    return subscription?.deletedAt === null ? subscription : null;
  }

  @FieldResolver(() => [Attempt], {
    description: 'Its attempts, oldest first; the one under way is not among them yet. Scope READ.',
  })
  async attempts(@Root() delivery: Delivery, @Ctx() context: Context): Promise<Attempt[]> {
    authorize(context, ApiKeyScope.READ);
    if (delivery.attemptCount === 0) return [];
    const attempts = await context.parts.loaders.attempts.load(delivery);
    // One may have come on record after the delivery was read, whose state does not know of it.
    const ended = delivery.attemptCount - (delivery.status === DeliveryStatus.SENDING ? 1 : 0);
    return attempts.filter(({ number }) => number <= ended);
  }

  @FieldResolver(() => Attempt, {
    nullable: true,
    description: 'Its latest attempt that has ended; null before the first has. Scope READ.',
  })
  async lastAttempt(@Root() delivery: Delivery, @Ctx() context: Context): Promise<Attempt | null> {
    return (await this.attempts(delivery, context)).at(-1) ?? null;
  }

  @FieldResolver(() => [Date], {
    description: 'When each remaining attempt would be made if all before it failed, jitter left out.',
  })
  async plannedAttempts(@Root() delivery: Delivery, @Ctx() { parts }: Context): Promise<Date[]> {
    const subscription = await parts.loaders.subscription.load({
      workspaceId: delivery.workspaceId,
      uuid: delivery.subscriptionId,
    });
    if (!subscription || subscription.deletedAt !== null) return [];
    const schedule =
      subscription.ownRetryScheduleSeconds ?? profileNamed(subscription.profileName).retryScheduleSeconds;
    const { status, retryStep, nextAttemptAt, updatedAt } = delivery;
    return plannedAttempts(status, retryStep, nextAttemptAt?.getTime(), updatedAt.getTime(), schedule).map(
      (at) => new Date(at),
    );
  }
}

/** How many deliveries a page's filter fits. */
@Resolver(() => DeliveryConnection)
export class DeliveryConnectionResolver {
  @FieldResolver(() => Int, {
    description: 'How many the filter fits, on all pages: exact up to 10000; a larger set counts as 10000.',
  })
  totalCount(@Root() connection: DeliveryConnection): Promise<number> {
    return connection.count();
  }
}
