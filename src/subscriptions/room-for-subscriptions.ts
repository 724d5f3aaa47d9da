import type { EntityManager } from '@mikro-orm/postgresql';
import { type UserError, userError } from '../graphql/user-error.js';
import { WebhookSubscription } from './webhook-subscription.entity.js';

/** Has one transaction at a time add subscriptions to a workspace: others wait until the caller's has ended. */
export async function holdSubscriptions(tx: EntityManager, workspaceId: string): Promise<void> {
  await tx.execute('SELECT FROM workspace WHERE id = ? FOR NO KEY UPDATE', [workspaceId]);
}

/**
 * The fault where a workspace cannot have so many subscriptions more; to be asked while they are held.
 * @param most 0: no limit
 */
export async function checkRoom(
  tx: EntityManager,
  workspaceId: string,
  more: number,
  most: number,
  field: readonly string[],
): Promise<UserError[]> {
  if (most === 0 || more === 0) return [];
  const present = await tx.count(WebhookSubscription, { workspaceId, deletedAt: null });
  if (present + more <= most) return [];
  const fault = `A workspace has at most ${most} subscriptions, and this one has ${present}; delete some that are not needed.`;
  return [userError('TOO_MANY_SUBSCRIPTIONS', fault, [...field])];
}
