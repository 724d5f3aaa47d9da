import type { EntityManager } from '@mikro-orm/postgresql';
import { knownEventTypes } from '../events/known-event-types.js';
import type { UserError } from '../graphql/user-error.js';
import type { Parts } from '../parts.js';
import { standard } from '../profiles/standard.js';
import { withSender } from './add-confirmation.js';
import { checkSubscription } from './check-subscription.js';
import { checkFilterRoom, checkRoom, holdSubscriptions } from './room-for-subscriptions.js';
import { storeSubscription } from './store-subscription.js';
import type { CreateWebhookSubscriptionInput } from './subscription-input.types.js';
import type { WebhookSubscription } from './webhook-subscription.entity.js';

type Created = { subscription: WebhookSubscription; secret: string | null } | { errors: UserError[] };

/** Makes a subscription and its signing secret, or tells all faults of the input. */
export async function createSubscription(
  parts: Pick<Parts, 'addressPolicy' | 'config' | 'encryption' | 'messageSender'>,
  em: EntityManager,
  workspaceId: string,
  input: CreateWebhookSubscriptionInput,
): Promise<Created> {
  const known = await knownEventTypes(em, workspaceId, input.eventTypes);
  const errors = checkSubscription(
    { ...input, status: input.status ?? undefined },
    parts.addressPolicy,
    known,
  );
  if (errors.length > 0) return { errors };
  const ready = await withSender(parts, input.profile ?? standard.name);
  return em.transactional(async (tx): Promise<Created> => {
    await holdSubscriptions(tx, workspaceId);
    const full = [
      ...(await checkRoom(tx, workspaceId, 1, parts.config.subscriptionsPerWorkspace, ['input'])),
      ...(await checkFilterRoom(tx, workspaceId, input.filter)),
    ];
    return full.length > 0 ? { errors: full } : storeSubscription(ready, tx, workspaceId, input);
  });
}
