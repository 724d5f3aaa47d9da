import { Arg, Args, Ctx, FieldResolver, ID, Resolver, Root } from 'type-graphql';
import { Delivery } from '../deliveries/delivery.entity.js';
import { checkFilter } from '../graphql/check-filter.js';
import { authorize, type Context } from '../graphql/context.js';
import { Mutation, Query } from '../graphql/operation.js';
import { badInput, pageRequest, toConnection } from '../graphql/paging.js';
import { fromTypeId } from '../storage/typeid.js';
import { ApiKeyScope } from '../workspaces/api-key.entity.js';
import { EventsArgs, WebhookEventConnection } from './event.types.js';
import { listEvents } from './list-events.js';
import { PublishEventInput, PublishEventPayload } from './publish.types.js';
import type { Published } from './publish-batch.js';
import { WebhookEvent } from './webhook-event.entity.js';

const maxEventsAtOnce = 1000;

/** Publishing events, and reading them. */
@Resolver(() => WebhookEvent)
export class EventResolver {
  @Query([ApiKeyScope.READ], () => WebhookEvent, {
    nullable: true,
    description: 'The event of this id; null where the workspace has none. Scope READ.',
  })
  async event(
    @Ctx() context: Context,
    @Arg('id', () => ID, { description: 'Its id, evt_….' }) id: string,
  ): Promise<WebhookEvent | null> {
    const { workspaceId } = authorize(context);
    const uuid = fromTypeId('evt', id);
    return uuid === undefined ? null : context.parts.loaders.event.load({ workspaceId, uuid });
  }

  @Query([ApiKeyScope.READ], () => WebhookEventConnection, {
    description: 'The events published, newest first, in pages like those of deliveries. Scope READ.',
  })
  async events(@Ctx() context: Context, @Args(() => EventsArgs) args: EventsArgs) {
    const { workspaceId } = authorize(context);
    const request = pageRequest(args, `events:${workspaceId}`);
    checkFilter(args.filter);
    return toConnection(await listEvents(context.database, workspaceId, args.filter ?? {}, request));
  }

  @Mutation([ApiKeyScope.PUBLISH], () => PublishEventPayload, {
    description:
      'Publishes an event: it is stored and owed to every subscription that wants it when this is answered. Scope PUBLISH.',
  })
  async publishEvent(
    @Ctx() context: Context,
    @Arg('input', () => PublishEventInput, { description: 'The event.' }) input: PublishEventInput,
  ): Promise<PublishEventPayload> {
    const [payload] = await publish(context, [input], [['input']]);
    return payload as PublishEventPayload;
  }

  @Mutation([ApiKeyScope.PUBLISH], () => [PublishEventPayload], {
    description:
      'Up to 1000 events at once; answers in the same order, each with its own errors. Scope PUBLISH.',
  })
  async publishEvents(
    @Ctx() context: Context,
    @Arg('events', () => [PublishEventInput], { description: 'The events.' }) events: PublishEventInput[],
  ): Promise<PublishEventPayload[]> {
    if (events.length > maxEventsAtOnce) {
      throw badInput(`${events.length} events were given; at most ${maxEventsAtOnce} are taken at once.`);
    }
    return publish(
      context,
      events,
      events.map((_event, index) => ['events', String(index)]),
    );
  }

  @FieldResolver(() => [Delivery], {
    description: 'One for each subscription that wanted it, the skipped ones included. Scope READ.',
  })
  async deliveries(@Root() event: WebhookEvent, @Ctx() context: Context): Promise<Delivery[]> {
    authorize(context, ApiKeyScope.READ);
    return context.parts.loaders.eventDeliveries.load(event);
  }
}

async function publish(
  context: Context,
  inputs: PublishEventInput[],
  paths: string[][],
): Promise<PublishEventPayload[]> {
  const caller = authorize(context);
  const published = await context.parts.publisher.publish(caller, inputs, paths);
  return Promise.all(published.map((one) => toPayload(context, caller.workspaceId, one)));
}

async function toPayload(
  { parts }: Context,
  workspaceId: string,
  published: Published,
): Promise<PublishEventPayload> {
  switch (published.kind) {
    case 'refused':
      return { event: null, duplicate: false, deliveryCount: 0, userErrors: published.errors };
    case 'stored': {
      const { event } = published;
      const row = { ...event, payloadText: event.payload };
      return {
        event: new WebhookEvent(row),
        duplicate: false,
        deliveryCount: event.deliveries.length,
        userErrors: [],
      };
    }
    case 'duplicate': {
      const key = { workspaceId, uuid: published.eventId };
      const [event, deliveries] = await Promise.all([
        parts.loaders.event.load(key),
        parts.loaders.eventDeliveries.load(key),
      ]);
      return { event, duplicate: true, deliveryCount: deliveries.length, userErrors: [] };
    }
  }
}
