import type { LockMode } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import { type UserError, userError } from '../graphql/user-error.js';
import { isConfirmed } from './add-confirmation.js';
import {
  NotificationEndpoint,
  type NotificationEndpointInput,
  type NotificationEndpointStatus,
  NotificationStatus,
} from './notification.types.js';
import { WebhookSubscription } from './webhook-subscription.entity.js';

/** How the six notification endpoints of a workspace stand. */
export async function readNotificationEndpoints(
  em: EntityManager,
  workspaceId: string,
): Promise<NotificationEndpointStatus[]> {
  const subscribed = await em.find(
    WebhookSubscription,
    { workspaceId, deletedAt: null, notificationEndpoint: { $ne: null } },
    { refresh: true },
  );
  return Object.values(NotificationEndpoint).map((endpoint) => {
    const subscription = subscribed.find((one) => one.notificationEndpoint === endpoint) ?? null;
    return { endpoint, status: statusOf(subscription), url: subscription?.endpointUrl ?? null, subscription };
  });
}

/** The subscription that a notification endpoint has; null where nothing is subscribed. */
export async function findNotificationEndpoint(
  em: EntityManager,
  workspaceId: string,
  endpoint: NotificationEndpoint,
  lockMode: LockMode,
): Promise<WebhookSubscription | null> {
  return em.findOne(
    WebhookSubscription,
    { workspaceId, deletedAt: null, notificationEndpoint: endpoint },
    { lockMode, refresh: true },
  );
}

/** How many there are to name. */
export const endpointCount = Object.values(NotificationEndpoint).length;

/** The faults of a request that names an endpoint more than once. */
export function checkNamedOnce(inputs: readonly NotificationEndpointInput[]): UserError[] {
  // Of more than there are, the first that is one too many is a fault by itself: a megabyte of them would be answered with many.
  return inputs
    .slice(0, endpointCount + 1)
    .flatMap(({ endpoint }, index) =>
      inputs.findIndex((other) => other.endpoint === endpoint) < index
        ? [
            userError('INVALID_EVENT_TYPES', `Name each endpoint once; ${endpoint} was named before.`, [
              'endpoints',
              String(index),
              'endpoint',
            ]),
          ]
        : [],
    );
}

function statusOf(subscription: WebhookSubscription | null): NotificationStatus {
  if (!subscription) return NotificationStatus.NOT_SUBSCRIBED;
  return isConfirmed(subscription) ? NotificationStatus.CONFIRMED : NotificationStatus.PENDING_CONFIRMATION;
}
