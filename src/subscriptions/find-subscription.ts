import type { LockMode } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import { fromTypeId } from '../storage/typeid.js';
import { WebhookSubscription } from './webhook-subscription.entity.js';

/** The workspace's subscription of this TypeID; null where there is none, or it is deleted, or another workspace's. */
export async function findSubscription(
  em: EntityManager,
  workspaceId: string,
  id: string,
  lockMode?: LockMode,
): Promise<WebhookSubscription | null> {
  const uuid = fromTypeId('wsub', id);
  if (uuid === undefined) return null;
  return em.findOne(
    WebhookSubscription,
    { uuid, workspaceId, deletedAt: null },
    lockMode === undefined ? {} : { lockMode },
  );
}
