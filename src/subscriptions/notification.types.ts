import { Field, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { UserError } from '../graphql/user-error.js';
import { WebhookSubscription } from './webhook-subscription.entity.js';

/** The six groups of event types that are subscribed to by notification endpoint. */
export enum NotificationEndpoint {
  COMPANIES = 'COMPANIES',
  CONTACTS = 'CONTACTS',
  CRM = 'CRM',
  PAYMENTS = 'PAYMENTS',
  VENUES = 'VENUES',
  EVENTS = 'EVENTS',
}

registerEnumType(NotificationEndpoint, {
  name: 'NotificationEndpoint',
  description: 'The notification endpoints of the profile IVVY, each for one group of event types.',
  valuesConfig: {
    COMPANIES: { description: 'companies.*' },
    CONTACTS: { description: 'contacts.*' },
    CRM: { description: 'crm.*' },
    PAYMENTS: { description: 'payments.*' },
    VENUES: { description: 'venues.*' },
    EVENTS: { description: 'events.*' },
  },
});

/** How far the subscription of a notification endpoint has come. */
export enum NotificationStatus {
  NOT_SUBSCRIBED = 'NOT_SUBSCRIBED',
  PENDING_CONFIRMATION = 'PENDING_CONFIRMATION',
  CONFIRMED = 'CONFIRMED',
}

registerEnumType(NotificationStatus, {
  name: 'NotificationStatus',
  description: 'How far the subscription of a notification endpoint has come.',
  valuesConfig: {
    NOT_SUBSCRIBED: { description: 'Nothing is subscribed there.' },
    PENDING_CONFIRMATION: {
      description: 'The receiver has not yet visited its SubscribeURL; nothing is sent until it does.',
    },
    CONFIRMED: { description: 'The receiver has confirmed; notifications are sent.' },
  },
});

/** What became of one endpoint when notifications were unsubscribed from. */
export enum UnsubscribeResult {
  SUCCESS = 'SUCCESS',
  NOT_REQUESTED = 'NOT_REQUESTED',
  UNKNOWN_ERROR = 'UNKNOWN_ERROR',
  NOT_FOUND = 'NOT_FOUND',
  INCORRECT_SOURCE = 'INCORRECT_SOURCE',
  STATUS_NOT_CONFIRMED = 'STATUS_NOT_CONFIRMED',
}

registerEnumType(UnsubscribeResult, {
  name: 'UnsubscribeResult',
  description: 'What became of one notification endpoint at unsubscribeFromNotifications.',
  valuesConfig: {
    SUCCESS: { description: '1: it is sent nothing more.' },
    NOT_REQUESTED: { description: '2: the endpoint was not in the request.' },
    UNKNOWN_ERROR: { description: '3: something went wrong on the server; try again.' },
    NOT_FOUND: { description: '4: it was in the request, and nothing is subscribed there.' },
    INCORRECT_SOURCE: { description: '5: only the key that subscribed it may unsubscribe it.' },
    STATUS_NOT_CONFIRMED: { description: '6: its subscription has not been confirmed.' },
  },
});

/** An endpoint, and where its notifications go. */
@InputType({ description: 'A notification endpoint and the URL that it calls.' })
export class NotificationEndpointInput {
  @Field(() => NotificationEndpoint, { description: 'Which endpoint; each at most once in a request.' })
  endpoint!: NotificationEndpoint;

  @Field(() => String, {
    description: 'The URL to call, under the same rules as endpointUrl of createWebhookSubscription.',
  })
  url!: string;
}

/** How one endpoint stands. */
@ObjectType({ description: 'How one notification endpoint stands.' })
export class NotificationEndpointStatus {
  @Field(() => NotificationEndpoint, { description: 'Which endpoint.' })
  endpoint!: NotificationEndpoint;

  @Field(() => NotificationStatus, { description: 'Whether it is subscribed to, and confirmed.' })
  status!: NotificationStatus;

  @Field(() => String, {
    nullable: true,
    description: 'The URL that it calls; null while nothing is subscribed.',
  })
  url!: string | null;

  @Field(() => WebhookSubscription, {
    nullable: true,
    description: 'The webhook subscription that it is; null while nothing is subscribed.',
  })
  subscription!: WebhookSubscription | null;
}

/** What became of one endpoint. */
@ObjectType({ description: 'What became of one notification endpoint at unsubscribeFromNotifications.' })
export class NotificationUnsubscribeResult {
  @Field(() => NotificationEndpoint, { description: 'Which endpoint.' })
  endpoint!: NotificationEndpoint;

  @Field(() => UnsubscribeResult, { description: 'What became of it.' })
  result!: UnsubscribeResult;

  @Field(() => Int, { description: "The result's number, 1 to 6, as iVvy has it." })
  code!: number;
}

/** The answer to subscribeToNotifications. */
@ObjectType({ description: 'What became of subscribeToNotifications.' })
export class SubscribeToNotificationsPayload {
  @Field(() => [NotificationEndpointStatus], {
    description: 'How all six endpoints stand now, whatever was asked for.',
  })
  endpoints: NotificationEndpointStatus[] = [];

  @Field(() => [UserError], {
    description: 'What is wrong with the request, all at once; then nothing was changed.',
  })
  userErrors: UserError[] = [];
}

/** The answer to unsubscribeFromNotifications. */
@ObjectType({ description: 'What became of unsubscribeFromNotifications.' })
export class UnsubscribeFromNotificationsPayload {
  @Field(() => [NotificationUnsubscribeResult], { description: 'What became of each of the six endpoints.' })
  results: NotificationUnsubscribeResult[] = [];

  @Field(() => [UserError], {
    description: 'What is wrong with the request, all at once; then nothing was changed.',
  })
  userErrors: UserError[] = [];
}

/** The answer to confirmWebhookSubscription. */
@ObjectType({ description: 'What became of confirmWebhookSubscription.' })
export class ConfirmWebhookSubscriptionPayload {
  @Field(() => WebhookSubscription, {
    nullable: true,
    description: 'The subscription, confirmed; null where userErrors has faults.',
  })
  subscription: WebhookSubscription | null = null;

  @Field(() => [UserError], { description: 'Why nothing was confirmed; empty on success.' })
  userErrors: UserError[] = [];
}
