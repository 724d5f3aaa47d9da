import { GraphQLError } from 'graphql';
import { Arg, Ctx, Resolver } from 'type-graphql';
import { authorize, type Context } from '../graphql/context.js';
import { Mutation, Query } from '../graphql/operation.js';
import { userError } from '../graphql/user-error.js';
import { ApiKeyScope } from '../workspaces/api-key.entity.js';
import type { Caller } from '../workspaces/authenticate.js';
import { confirmSubscription } from './confirm-subscription.js';
import {
  ConfirmWebhookSubscriptionPayload,
  NotificationEndpointInput,
  NotificationEndpointStatus,
  SubscribeToNotificationsPayload,
  UnsubscribeFromNotificationsPayload,
} from './notification.types.js';
import { readNotificationEndpoints } from './notification-endpoints.js';
import { subscribeToNotifications } from './subscribe-to-notifications.js';
import { unsubscribeFromNotifications } from './unsubscribe-from-notifications.js';

/** Notifications that the receiver confirms: the profile IVVY as iVvy has it. */
@Resolver()
export class NotificationResolver {
  @Query([ApiKeyScope.READ, ApiKeyScope.MANAGE], () => [NotificationEndpointStatus], {
    description: 'How the six notification endpoints of the profile IVVY stand. Scope READ or MANAGE.',
  })
  async notificationEndpoints(@Ctx() context: Context): Promise<NotificationEndpointStatus[]> {
    const { workspaceId } = authorize(context);
    return readNotificationEndpoints(context.em, workspaceId);
  }

  @Mutation([ApiKeyScope.MANAGE], () => SubscribeToNotificationsPayload, {
    description:
      'Subscribes notification endpoints by the profile IVVY. Each URL then gets a message with a SubscribeURL, and nothing else until that has been visited, within three days; asked for again, or with another URL, it gets a new one. Scope MANAGE, with a key of the primary user or of no user.',
  })
  async subscribeToNotifications(
    @Ctx() context: Context,
    @Arg('endpoints', () => [NotificationEndpointInput], {
      description: 'The endpoints, each with the URL to call; the others stay as they are.',
    })
    endpoints: NotificationEndpointInput[],
  ): Promise<SubscribeToNotificationsPayload> {
    const caller = authorizeForNotifications(context);
    const userErrors = await subscribeToNotifications(context.parts, context.em, caller, endpoints);
    return { endpoints: await readNotificationEndpoints(context.em, caller.workspaceId), userErrors };
  }

  @Mutation([ApiKeyScope.MANAGE], () => UnsubscribeFromNotificationsPayload, {
    description:
      'Ends the subscription of notification endpoints, for the key that subscribed them; each URL gets an UnsubscribeConfirmation. Scope MANAGE, with a key of the primary user or of no user.',
  })
  async unsubscribeFromNotifications(
    @Ctx() context: Context,
    @Arg('endpoints', () => [NotificationEndpointInput], {
      description: 'The endpoints, as they were subscribed.',
    })
    endpoints: NotificationEndpointInput[],
  ): Promise<UnsubscribeFromNotificationsPayload> {
    const caller = authorizeForNotifications(context);
    const { results, errors } = await unsubscribeFromNotifications(
      context.parts,
      context.em,
      caller,
      endpoints,
    );
    return { results, userErrors: errors };
  }

  @Mutation([ApiKeyScope.MANAGE], () => ConfirmWebhookSubscriptionPayload, {
    description:
      'Confirms a subscription with the token of its SubscribeURL, as a visit of that URL does. Scope MANAGE.',
  })
  async confirmWebhookSubscription(
    @Ctx() context: Context,
    @Arg('token', () => String, { description: 'The token in the SubscribeURL that the receiver was sent.' })
    token: string,
  ): Promise<ConfirmWebhookSubscriptionPayload> {
    const { workspaceId } = authorize(context);
    const confirmed = await confirmSubscription(context.em, token, workspaceId);
    if (confirmed.kind === 'confirmed') return { subscription: confirmed.subscription, userErrors: [] };
    const fault =
      confirmed.kind === 'expired'
        ? 'The token has expired, or what it was for has ended; subscribe again to have a new one sent.'
        : 'The workspace has no subscription that waits for this token.';
    return { subscription: null, userErrors: [userError('INVALID_CONFIRMATION_TOKEN', fault, ['token'])] };
  }
}

/** Stated by iVvy: the account's primary user may, and keys that were made without a user. */
function authorizeForNotifications(context: Context): Caller {
  const caller = authorize(context);
  if (caller.userName !== null && !caller.primaryUser) {
    throw new GraphQLError(
      "Notifications are for the account's primary user, and for keys made without a user; this key is of another user.",
      { extensions: { code: 'FORBIDDEN', http: { status: 403 } } },
    );
  }
  return caller;
}
