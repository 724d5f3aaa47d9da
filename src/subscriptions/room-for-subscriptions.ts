import type { EntityManager } from '@mikro-orm/postgresql';
import { type UserError, userError } from '../graphql/user-error.js';
import { zeroUuid } from '../storage/typeid.js';
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

const maxFilterBytes = 1024 * 1024;

/**
 * The fault where a filter has no room beside the others of its workspace: after each change of a subscription, publishing reads
 * and compiles them all anew. To be asked while subscriptions are held.
 * @param replaced the uuid of the subscription whose filter it takes the place of
 */
export async function checkFilterRoom(
  tx: EntityManager,
  workspaceId: string,
  filter: unknown,
  replaced = zeroUuid,
): Promise<UserError[]> {
  if (filter === undefined || filter === null) return [];
  const [others] = await tx.execute<{ bytes: number }[]>(
    `SELECT coalesce(sum(octet_length(filter::text)), 0)::float8 AS bytes FROM webhook_subscription
      WHERE workspace_id = ? AND deleted_at IS NULL AND id <> ?`,
    [workspaceId, replaced],
  );
  const bytes = (others?.bytes ?? 0) + Buffer.byteLength(JSON.stringify(filter));
  if (bytes <= maxFilterBytes) return [];
  const fault = `The filters of a workspace have at most ${maxFilterBytes} bytes together, and with this one they would have ${bytes}; make some shorter.`;
  return [userError('INVALID_FILTER', fault, ['input', 'filter'])];
}
