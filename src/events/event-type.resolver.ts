import { Arg, Args, Ctx, Resolver } from 'type-graphql';
import { checkSearch } from '../graphql/check-filter.js';
import { authorize, type Context } from '../graphql/context.js';
import { Mutation, Query } from '../graphql/operation.js';
import { pageOf, pageRequest, toConnection } from '../graphql/paging.js';
import { ApiKeyScope } from '../workspaces/api-key.entity.js';
import { createEventType } from './create-event-type.js';
import {
  CreateEventTypeInput,
  CreateEventTypePayload,
  EventTypeConnection,
  EventTypesArgs,
} from './event-type.types.js';
import { findEventTypes } from './find-event-types.js';

/** The workspace's catalogue of event types. */
@Resolver()
export class EventTypeResolver {
  @Query([], () => EventTypeConnection, {
    description:
      "The workspace's catalogue: what can be published and subscribed to, in the order in which it came in. The providers' event types are there from the start. Any scope.",
  })
  async eventTypes(
    @Ctx() context: Context,
    @Args(() => EventTypesArgs) { group, search, ...paging }: EventTypesArgs,
  ): Promise<EventTypeConnection> {
    const { workspaceId } = authorize(context);
    checkSearch(search);
    const request = pageRequest(paging, `eventTypes ${workspaceId}`);
    const { afterUuid, size } = request;
    const rows = await findEventTypes(context.em, { workspaceId, group, search, afterUuid, limit: size + 1 });
    return toConnection(pageOf(request, rows));
  }

  @Mutation([ApiKeyScope.MANAGE], () => CreateEventTypePayload, {
    description: 'Adds an event type to the catalogue; from then on it can be published. Scope MANAGE.',
  })
  async createEventType(
    @Ctx() context: Context,
    @Arg('input', () => CreateEventTypeInput, { description: 'The event type.' }) input: CreateEventTypeInput,
  ): Promise<CreateEventTypePayload> {
    const { workspaceId } = authorize(context);
    const created = await createEventType(context.em, workspaceId, input);
    return 'errors' in created
      ? { eventType: null, userErrors: created.errors }
      : { eventType: created.eventType, userErrors: [] };
  }
}
