import { LockMode } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import { hashToken, isConfirmed } from './add-confirmation.js';
import { WebhookSubscription, WebhookSubscriptionStatus } from './webhook-subscription.entity.js';

/** What a token leads to; `expired` too where there is nothing left to confirm. */
export type Confirmed =
  | { kind: 'confirmed'; subscription: WebhookSubscription }
  | { kind: 'expired' }
  | { kind: 'unknown' };

/**
 * Confirms the subscription of a token, now or again; what it wants is delivered to it from then on.
 * @param workspaceId whose subscriptions are looked at; any workspace's unless given, since a token is secret enough
 */
export async function confirmSubscription(
  em: EntityManager,
  token: string,
  workspaceId?: string,
): Promise<Confirmed> {
  return em.transactional(async (tx) => {
    const found = await findByToken(tx, token, workspaceId);
    if (found.kind !== 'confirmed' || isConfirmed(found.subscription)) return found;
    const { subscription } = found;
    subscription.confirmedUrl = subscription.endpointUrl;
    if (subscription.status === WebhookSubscriptionStatus.PENDING_CONFIRMATION)
      subscription.status = WebhookSubscriptionStatus.ACTIVE;
    subscription.updatedAt = new Date();
    subscription.revision += 1;
    await tx.flush();
    return found;
  });
}

/** What a token would lead to, with nothing changed. */
export async function lookAtToken(em: EntityManager, token: string): Promise<Confirmed['kind']> {
  return em.transactional(async (tx) => (await findByToken(tx, token)).kind);
}

interface ConfirmationRow {
  readonly subscriptionId: string;
  readonly url: string;
  readonly type: string;
  readonly hasExpired: boolean;
}

async function findByToken(tx: EntityManager, token: string, workspaceId?: string): Promise<Confirmed> {
  const [row] = await tx.execute<ConfirmationRow[]>(
    `SELECT subscription_id AS "subscriptionId", url, type, expires_at <= now() AS "hasExpired" FROM confirmation
     WHERE token_hash = ? AND workspace_id = coalesce(?::uuid, workspace_id)`,
    [hashToken(token), workspaceId ?? null],
  );
  if (!row) return { kind: 'unknown' };
  const subscription = await tx.findOne(
    WebhookSubscription,
    { uuid: row.subscriptionId, deletedAt: null },
    { lockMode: LockMode.PESSIMISTIC_WRITE, refresh: true },
  );
  // Another URL is another receiver's, and the token of an end confirms nothing: whoever holds it was told to stay away.
  const isPast =
    !subscription || row.url !== subscription.endpointUrl || row.type !== 'SubscriptionConfirmation';
  if (isPast || (row.hasExpired && !isConfirmed(subscription))) return { kind: 'expired' };
  return { kind: 'confirmed', subscription };
}
