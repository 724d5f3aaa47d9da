import { ArgsType, Field, InputType, Int, ObjectType } from 'type-graphql';
import { ConnectionArgs, connectionType, edgeType } from '../graphql/paging.js';
import { DeliveryProfileName } from './delivery-profile.types.js';
import { WebhookSubscription, WebhookSubscriptionStatus } from './webhook-subscription.entity.js';

/** Which subscriptions are meant; every field given must fit. */
@InputType({ description: 'Which subscriptions are meant: every field that is given must fit.' })
export class WebhookSubscriptionFilter {
  @Field(() => [WebhookSubscriptionStatus], {
    nullable: true,
    description: 'With one of these statuses, 250 at most. An empty list fits nothing.',
  })
  statuses?: WebhookSubscriptionStatus[] | null;

  @Field(() => String, {
    nullable: true,
    description:
      'That an event of this type is delivered to, be it by name, by group or by *; a group (payout.*) or * as it stands.',
  })
  eventType?: string | null;

  @Field(() => DeliveryProfileName, { nullable: true, description: 'With this delivery profile.' })
  profile?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Matches the endpoint URL and the description in part, whatever the case; 4,096 characters at most.',
  })
  search?: string | null;
}

/** Paging and filter of subscriptions. */
@ArgsType()
export class SubscriptionsArgs extends ConnectionArgs {
  @Field(() => WebhookSubscriptionFilter, {
    nullable: true,
    description: 'Which subscriptions; all unless given.',
  })
  filter?: WebhookSubscriptionFilter | null;
}

const WebhookSubscriptionEdge = edgeType(WebhookSubscription, 'WebhookSubscription');

/** A page of subscriptions. */
@ObjectType({
  description: 'A page of the webhook subscriptions of the workspace, in the order they were made.',
})
export class WebhookSubscriptionConnection extends connectionType(
  WebhookSubscription,
  WebhookSubscriptionEdge,
) {
  @Field(() => Int, { description: 'How many the filter fits, on all pages.' })
  totalCount!: number;
}
