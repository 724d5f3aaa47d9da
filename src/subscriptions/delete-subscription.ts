import { LockMode } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { Parts } from '../parts.js';
import { findSubscription } from './find-subscription.js';
import { saveEventTypes } from './save-event-types.js';
import type { WebhookSubscription } from './webhook-subscription.entity.js';

/**
 * Deletes a subscription: it is sent to no more, what is not done is CANCELED, and its logs stay. False where the workspace
 * has none of this id.
 */
export async function deleteSubscription(
  parts: Pick<Parts, 'settleUnsendable'>,
  em: EntityManager,
  workspaceId: string,
  id: string,
): Promise<boolean> {
  const deleted = await em.transactional(async (tx) => {
    const subscription = await findSubscription(tx, workspaceId, id, LockMode.PESSIMISTIC_WRITE);
    if (!subscription) return false;
    await markDeleted(tx, subscription);
    return true;
  });
  // Once here, so that the caller sees it; what is too much for once, or comes in between, the sweep settles.
  if (deleted) await parts.settleUnsendable();
  return deleted;
}

/** Writes that a subscription is deleted, in the caller's transaction; its secrets and headers are gone from then on. */
export async function markDeleted(tx: EntityManager, subscription: WebhookSubscription): Promise<void> {
  subscription.deletedAt = new Date();
  subscription.updatedAt = subscription.deletedAt;
  subscription.revision += 1;
  subscription.headerNames = [];
  subscription.headerValues = null;
  await tx.flush();
  await saveEventTypes(tx, subscription);
  await tx.execute('DELETE FROM subscription_secret WHERE subscription_id = ?', [subscription.uuid]);
}
