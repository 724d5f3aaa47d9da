import type { EntityManager } from '@mikro-orm/postgresql';
import type { WebhookSubscription } from './webhook-subscription.entity.js';

/** Writes what a subscription wants to where publishing looks it up, in the caller's transaction; a deleted one wants nothing. */
export async function saveEventTypes(em: EntityManager, subscription: WebhookSubscription): Promise<void> {
  await em.execute('DELETE FROM subscription_event_type WHERE subscription_id = ?', [subscription.uuid]);
  if (subscription.deletedAt !== null) return;
  await em.execute(
    `INSERT INTO subscription_event_type (workspace_id, subscription_id, pattern)
     SELECT ?::uuid, ?::uuid, jsonb_array_elements_text(?::jsonb)`,
    [subscription.workspaceId, subscription.uuid, JSON.stringify(subscription.eventTypes)],
  );
}
