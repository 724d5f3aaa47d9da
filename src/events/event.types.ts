import { ArgsType, Field, InputType, ObjectType } from 'type-graphql';
import { ConnectionArgs, connectionType, edgeType } from '../graphql/paging.js';
import { WebhookEvent } from './webhook-event.entity.js';

/** Which events are meant; every field given must fit. */
@InputType({ description: 'Which events are meant: every field that is given must fit.' })
export class WebhookEventFilter {
  @Field(() => [String], {
    nullable: true,
    description:
      'Of these event types: exact names or groups (payout.*), 250 at most. An empty list fits nothing.',
  })
  types?: string[] | null;

  @Field(() => Date, { nullable: true, description: 'From this moment on, itself included.' })
  createdAfter?: Date | null;

  @Field(() => Date, { nullable: true, description: 'Up to this moment, itself not included.' })
  createdBefore?: Date | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Matches the event id as a whole, and the idempotency key and the payload’s text in part, whatever the case; 4,096 characters at most.',
  })
  search?: string | null;
}

/** Paging and filter of events. */
@ArgsType()
export class EventsArgs extends ConnectionArgs {
  @Field(() => WebhookEventFilter, { nullable: true, description: 'Which events; all unless given.' })
  filter?: WebhookEventFilter | null;
}

const WebhookEventEdge = edgeType(WebhookEvent, 'WebhookEvent');

/** A page of events. */
@ObjectType({ description: 'A page of the events of the workspace, newest first.' })
export class WebhookEventConnection extends connectionType(WebhookEvent, WebhookEventEdge) {}
