import { Arg, Ctx, Mutation, Query, Resolver } from 'type-graphql';
import { authorize, type Context } from '../graphql/context.js';
import { badInput } from '../graphql/paging.js';
import { ApiKeyScope } from '../workspaces/api-key.entity.js';
import {
  ConfirmWebhookSubscriptionPayload,
  NotificationEndpoint,
  NotificationEndpointInput,
  NotificationEndpointStatus,
  NotificationStatus,
  SubscribeToNotificationsPayload,
  UnsubscribeFromNotificationsPayload,
} from './notification.types.js';

/** Notifications that the receiver confirms, the way into the profile IVVY. */
@Resolver()
export class NotificationResolver {
  @Query(() => [NotificationEndpointStatus], {
    description: 'How the six notification endpoints of the profile IVVY stand. Scope READ or MANAGE.',
  })
  notificationEndpoints(@Ctx() context: Context): NotificationEndpointStatus[] {
    authorize(context, ApiKeyScope.READ, ApiKeyScope.MANAGE);
    // This version subscribes none, so this is how they stand.
    return Object.values(NotificationEndpoint).map((endpoint) => ({
      endpoint,
      status: NotificationStatus.NOT_SUBSCRIBED,
      url: null,
      subscription: null,
    }));
  }

  @Mutation(() => SubscribeToNotificationsPayload, {
    description:
      'Subscribes notification endpoints by the profile IVVY; each URL then gets a message with the SubscribeURL to visit. Not available in this version: BAD_USER_INPUT. Scope MANAGE.',
  })
  subscribeToNotifications(
    @Ctx() context: Context,
    @Arg('endpoints', () => [NotificationEndpointInput], {
      description: 'The endpoints, each with the URL to call.',
    })
    _endpoints: NotificationEndpointInput[],
  ): SubscribeToNotificationsPayload {
    authorize(context, ApiKeyScope.MANAGE);
    throw notAvailable();
  }

  @Mutation(() => UnsubscribeFromNotificationsPayload, {
    description:
      'Ends the subscription of notification endpoints, for the key that subscribed them. Not available in this version: BAD_USER_INPUT. Scope MANAGE.',
  })
  unsubscribeFromNotifications(
    @Ctx() context: Context,
    @Arg('endpoints', () => [NotificationEndpointInput], {
      description: 'The endpoints, as they were subscribed.',
    })
    _endpoints: NotificationEndpointInput[],
  ): UnsubscribeFromNotificationsPayload {
    authorize(context, ApiKeyScope.MANAGE);
    throw notAvailable();
  }

  @Mutation(() => ConfirmWebhookSubscriptionPayload, {
    description:
      'Confirms a subscription with the token of its SubscribeURL, as a visit of that URL does. Not available in this version: BAD_USER_INPUT. Scope MANAGE.',
  })
  confirmWebhookSubscription(
    @Ctx() context: Context,
    @Arg('token', () => String, { description: 'The token in the SubscribeURL that the receiver was sent.' })
    _token: string,
  ): ConfirmWebhookSubscriptionPayload {
    authorize(context, ApiKeyScope.MANAGE);
    throw notAvailable();
  }
}

function notAvailable() {
  return badInput('Notifications by confirmation (profile IVVY) are not available in this version.');
}
