import { LockMode } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import { type UserError, userError } from '../graphql/user-error.js';
import type { Parts } from '../parts.js';
import { ivvy } from '../profiles/ivvy.js';
import { checkEndpointUrl } from '../rules/endpoint-url.js';
import type { Caller } from '../workspaces/authenticate.js';
import { askToConfirm, isConfirmed, withSender } from './add-confirmation.js';
import type { NotificationEndpointInput } from './notification.types.js';
import { checkNamedOnce, endpointCount, findNotificationEndpoint } from './notification-endpoints.js';
import { checkRoom, holdSubscriptions } from './room-for-subscriptions.js';
import { storeSubscription } from './store-subscription.js';
import { WebhookSubscription, WebhookSubscriptionStatus } from './webhook-subscription.entity.js';

type SubscribeParts = Pick<Parts, 'addressPolicy' | 'config' | 'encryption' | 'messageSender'>;

/** Subscribes notification endpoints, all or, with the faults given back, none. */
export async function subscribeToNotifications(
  parts: SubscribeParts,
  em: EntityManager,
  caller: Caller,
  inputs: readonly NotificationEndpointInput[],
): Promise<UserError[]> {
  const faults = [...checkNamedOnce(inputs), ...checkUrls(parts, inputs.slice(0, endpointCount + 1))];
  if (faults.length > 0) return faults;
  const ready = await withSender(parts, ivvy.name);
  const { workspaceId } = caller;
  return em.transactional(async (tx) => {
    // So that no two make the same endpoint.
    await holdSubscriptions(tx, workspaceId);
    const notificationEndpoint = { $in: inputs.map(({ endpoint }) => endpoint) };
    const present = await tx.count(WebhookSubscription, {
      workspaceId,
      deletedAt: null,
      notificationEndpoint,
    });
    const most = parts.config.subscriptionsPerWorkspace;
    const full = await checkRoom(tx, workspaceId, inputs.length - present, most, ['endpoints']);
    if (full.length === 0) for (const input of inputs) await subscribeOne(ready, tx, caller, input);
    return full;
  });
}

function checkUrls(
  { addressPolicy }: SubscribeParts,
  inputs: readonly NotificationEndpointInput[],
): UserError[] {
  return inputs.flatMap(({ url }, index) => {
    const checked = checkEndpointUrl(url, addressPolicy);
    return checked.ok ? [] : [userError(checked.code, checked.message, ['endpoints', String(index), 'url'])];
  });
}

async function subscribeOne(
  parts: SubscribeParts,
  tx: EntityManager,
  { workspaceId, apiKeyId }: Caller,
  { endpoint, url }: NotificationEndpointInput,
): Promise<void> {
  const found = await findNotificationEndpoint(tx, workspaceId, endpoint, LockMode.PESSIMISTIC_WRITE);
  if (!found) {
    await storeSubscription(
      parts,
      tx,
      workspaceId,
      { endpointUrl: url, eventTypes: [`${endpoint.toLowerCase()}.*`], profile: ivvy.name },
      { notificationEndpoint: endpoint, subscribedBy: apiKeyId },
    );
    return;
  }
  await subscribeAgain(parts, tx, found, url, apiKeyId);
}

/** At another URL, or while nobody has confirmed, it is the new key's, and the receiver is asked (again); else it is only switched on. */
async function subscribeAgain(
  parts: SubscribeParts,
  tx: EntityManager,
  subscription: WebhookSubscription,
  url: string,
  apiKeyId: string,
): Promise<void> {
  const isStanding = subscription.endpointUrl === url && isConfirmed(subscription);
  if (isStanding && subscription.status === WebhookSubscriptionStatus.ACTIVE) return;
  Object.assign(subscription, {
    endpointUrl: url,
    subscribedBy: isStanding ? subscription.subscribedBy : apiKeyId,
    status: WebhookSubscriptionStatus.ACTIVE,
    disabledReason: null,
    updatedAt: new Date(),
    revision: subscription.revision + 1,
  });
  await askToConfirm(parts, tx, subscription);
}
