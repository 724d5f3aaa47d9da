import { ArgsType, Field, InputType, ObjectType } from 'type-graphql';
import { connectionType, edgeType, ForwardArgs } from '../graphql/paging.js';
import { JsonScalar } from '../graphql/scalars.js';
import { UserError } from '../graphql/user-error.js';
import { EventType } from './event-type.entity.js';

const EventTypeEdge = edgeType(EventType, 'EventType');

/** A page of the catalogue. */
@ObjectType({ description: "A page of the workspace's catalogue." })
export class EventTypeConnection extends connectionType(EventType, EventTypeEdge) {}

/** What `eventTypes` can be asked for. */
@ArgsType()
export class EventTypesArgs extends ForwardArgs {
  @Field(() => String, {
    nullable: true,
    description: 'Only event types of this group, the part before the first dot: payout for payout.paid.',
  })
  group?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Only event types with this text in their name or description, upper or lower case; 4,096 characters at most.',
  })
  search?: string | null;
}

/** What can be said of an event type when it is made. */
@InputType({ description: 'A new event type.' })
export class CreateEventTypeInput {
  @Field(() => String, {
    description:
      'Its name: two or more parts of letters, digits, _ and - with dots between, at most 255 characters, for example invoice.paid. It cannot be changed later.',
  })
  name!: string;

  @Field(() => String, {
    description: 'What has happened when such an event is published, 1 to 1000 characters.',
  })
  description!: string;

  @Field(() => JsonScalar, {
    nullable: true,
    description:
      'A JSON Schema (2020-12) that payloads must fit, at most 64 KiB and 250 names in dependentRequired; any payload does unless given. References stay within it, and patterns are without look-around and back-references.',
  })
  schema?: unknown;
}

/** The answer to createEventType. */
@ObjectType({ description: 'What became of createEventType.' })
export class CreateEventTypePayload {
  @Field(() => EventType, {
    nullable: true,
    description: 'The new event type; null where userErrors has faults.',
  })
  eventType: EventType | null = null;

  @Field(() => [UserError], { description: 'What is wrong with the input, all at once; empty on success.' })
  userErrors: UserError[] = [];
}
