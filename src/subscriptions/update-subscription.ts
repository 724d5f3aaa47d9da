import { LockMode } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import { knownEventTypes } from '../events/known-event-types.js';
import { type UserError, userError } from '../graphql/user-error.js';
import type { Parts } from '../parts.js';
import { profileNamed } from '../profiles/profiles.js';
import { withPlainNumbers } from '../rules/exact-json.js';
import { askToConfirm, withSender } from './add-confirmation.js';
import { checkSubscription } from './check-subscription.js';
import { findSubscription } from './find-subscription.js';
import { checkFilterRoom, holdSubscriptions } from './room-for-subscriptions.js';
import { saveEventTypes } from './save-event-types.js';
import { sealHeaders } from './subscription-headers.js';
import type { UpdateWebhookSubscriptionInput } from './subscription-input.types.js';
import { type WebhookSubscription, WebhookSubscriptionStatus } from './webhook-subscription.entity.js';

type Updated = { subscription: WebhookSubscription } | { errors: UserError[] };

/** Changes what is given and nothing else, or tells all faults and changes nothing. */
export async function updateSubscription(
  parts: Pick<Parts, 'addressPolicy' | 'encryption' | 'messageSender'>,
  em: EntityManager,
  workspaceId: string,
  input: UpdateWebhookSubscriptionInput,
): Promise<Updated> {
  const known = await knownEventTypes(em, workspaceId, input.eventTypes ?? []);
  const errors = checkSubscription(input, parts.addressPolicy, known);
  // Its profile never changes: it can be read before the subscription is locked.
  const found = await findSubscription(em.fork(), workspaceId, input.id);
  const ready = found ? await withSender(parts, found.profileName) : parts;
  return em.transactional(async (tx): Promise<Updated> => {
    if (input.filter) await holdSubscriptions(tx, workspaceId);
    const subscription = await findSubscription(tx, workspaceId, input.id, LockMode.PESSIMISTIC_WRITE);
    if (!subscription) errors.unshift(subscriptionNotFound(['input', 'id']));
    const refusedStatus = subscription && checkStatusChange(subscription, input.status);
    if (refusedStatus) errors.push(refusedStatus);
    if (subscription)
      errors.push(...(await checkFilterRoom(tx, workspaceId, input.filter, subscription.uuid)));
    if (!subscription || errors.length > 0) return { errors };
    applyChanges(subscription, input, parts);
    subscription.updatedAt = new Date();
    subscription.revision += 1;
    await tx.flush();
    if (input.eventTypes) await saveEventTypes(tx, subscription);
    await askToConfirm(ready, tx, subscription);
    return { subscription };
  });
}

/** The fault of an id that is none of the workspace's. */
export function subscriptionNotFound(field: string[]): UserError {
  return userError('SUBSCRIPTION_NOT_FOUND', 'The workspace has no webhook subscription of this id.', field);
}

function checkStatusChange(subscription: WebhookSubscription, status: unknown): UserError | undefined {
  const waits = subscription.status === WebhookSubscriptionStatus.PENDING_CONFIRMATION;
  return waits && status === WebhookSubscriptionStatus.ACTIVE
    ? userError(
        'INVALID_STATUS',
        'It becomes ACTIVE when the receiver visits its confirmation URL. Set it INACTIVE and then ACTIVE to have a new one sent.',
        ['input', 'status'],
      )
    : undefined;
}

/** One that waits for a confirmation counts as ACTIVE here: who is at the new URL is asked anew, unless it has confirmed before. */
function changeUrl(subscription: WebhookSubscription, endpointUrl: string): void {
  const waits = subscription.status === WebhookSubscriptionStatus.PENDING_CONFIRMATION;
  if (waits && endpointUrl !== subscription.endpointUrl)
    subscription.status = WebhookSubscriptionStatus.ACTIVE;
  subscription.endpointUrl = endpointUrl;
}

function applyChanges(
  subscription: WebhookSubscription,
  input: UpdateWebhookSubscriptionInput,
  parts: Pick<Parts, 'encryption'>,
): void {
  if (input.endpointUrl) changeUrl(subscription, input.endpointUrl);
  if (input.eventTypes) subscription.eventTypes = [...new Set(input.eventTypes)];
  if (input.description !== undefined) subscription.description = input.description;
  if (input.status) {
    subscription.status = input.status;
    subscription.disabledReason = null;
  }
  if (input.retryPolicy !== undefined)
    subscription.ownRetryScheduleSeconds = input.retryPolicy?.scheduleSeconds ?? null;
  if (input.timeoutSeconds !== undefined)
    subscription.timeoutSeconds =
      input.timeoutSeconds ?? profileNamed(subscription.profileName).timeoutSeconds;
  if (input.headers !== undefined) sealHeaders(subscription, input.headers ?? [], parts.encryption);
  if (input.filter !== undefined) subscription.filter = withPlainNumbers(input.filter);
  if (input.maxAttemptsPerSecond !== undefined)
    subscription.maxAttemptsPerSecond = input.maxAttemptsPerSecond;
}
