import { Field, InputType, Int, ObjectType } from 'type-graphql';
import { JsonScalar } from '../graphql/scalars.js';
import { UserError } from '../graphql/user-error.js';
import { WebhookEvent } from './webhook-event.entity.js';

/** An event to publish. */
@InputType({ description: 'An event to publish.' })
export class PublishEventInput {
  @Field(() => String, {
    description: "An event type of the workspace's catalogue, for example invoice.paid.",
  })
  type!: string;

  @Field(() => JsonScalar, {
    description: 'What has happened: any JSON value but null, at most 256 KiB as compact JSON.',
  })
  payload!: unknown;

  @Field(() => String, {
    nullable: true,
    description:
      'A key of your own, 1 to 255 characters. The same key within 24 hours gives the first event again, and sends nothing twice.',
  })
  idempotencyKey?: string | null;
}

/** The answer to publishEvent. */
@ObjectType({
  description:
    'What became of an event. Once it is answered without userErrors, the event is stored and will be delivered.',
})
export class PublishEventPayload {
  @Field(() => WebhookEvent, { nullable: true, description: 'The event; null where userErrors has faults.' })
  event: WebhookEvent | null = null;

  @Field(() => Boolean, {
    description: 'Whether the idempotency key had been used before: then this is the first event again.',
  })
  duplicate = false;

  @Field(() => Int, { description: 'How many deliveries the event led to, SKIPPED ones included.' })
  deliveryCount = 0;

  @Field(() => [UserError], {
    description: 'What is wrong with the event, all at once; then nothing was published.',
  })
  userErrors: UserError[] = [];
}
