import { Field, ID, InputType, Int } from 'type-graphql';
import { DeliveryStatus } from './delivery.entity.js';

/** Which deliveries are meant; every field given must fit. */
@InputType({
  description:
    'Which deliveries are meant: every field that is given must fit, and of a list one entry. An empty list fits nothing; 250 entries are the most.',
})
export class DeliveryFilter {
  @Field(() => [ID], { nullable: true, description: 'Of these subscriptions, deleted ones too.' })
  subscriptionIds?: string[] | null;

  @Field(() => [ID], { nullable: true, description: 'Of these events.' })
  eventIds?: string[] | null;

  @Field(() => [String], {
    nullable: true,
    description: 'Of these event types: exact names or groups (payout.*).',
  })
  eventTypes?: string[] | null;

  @Field(() => [DeliveryStatus], { nullable: true, description: 'In one of these states.' })
  statuses?: DeliveryStatus[] | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Whose last answer had this HTTP status or a higher one.',
  })
  statusCodeFrom?: number | null;

  @Field(() => Int, { nullable: true, description: 'Whose last answer had this HTTP status or a lower one.' })
  statusCodeTo?: number | null;

  @Field(() => Date, { nullable: true, description: 'Created from this moment on, itself included.' })
  createdAfter?: Date | null;

  @Field(() => Date, { nullable: true, description: 'Created up to this moment, itself not included.' })
  createdBefore?: Date | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Matches delivery and event ids as a whole, and the endpoint URL and the payload’s text in part, whatever the case; 4,096 characters at most.',
  })
  search?: string | null;
}
