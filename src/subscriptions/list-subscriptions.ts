import type { FilterQuery } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import { type Page, type PageRequest, pageOf } from '../graphql/paging.js';
import { isEventTypeName, patternsMatching } from '../rules/event-types.js';
import { likePattern } from '../rules/like-pattern.js';
import { zeroUuid } from '../storage/typeid.js';
import type { WebhookSubscriptionFilter } from './subscription.types.js';
import { WebhookSubscription } from './webhook-subscription.entity.js';

/** A page of a workspace's subscriptions, oldest first, and how many there are in all. */
export async function listSubscriptions(
  em: EntityManager,
  workspaceId: string,
  filter: WebhookSubscriptionFilter,
  request: PageRequest,
): Promise<{ page: Page<WebhookSubscription>; totalCount: number }> {
  const where = conditionsOf(workspaceId, filter);
  const within = {
    $gt: request.afterUuid ?? zeroUuid,
    ...(request.beforeUuid ? { $lt: request.beforeUuid } : {}),
  };
  const orderBy = { uuid: request.backwards ? 'desc' : 'asc' } as const;
  // In one transaction, where each would have one of its own.
  return em.transactional(async (tx) => {
    const found = { $and: [where, { uuid: within }] };
    const rows = await tx.find(WebhookSubscription, found, { orderBy, limit: request.size + 1 });
    return { page: pageOf(request, rows), totalCount: await tx.count(WebhookSubscription, where) };
  });
}

function conditionsOf(
  workspaceId: string,
  filter: WebhookSubscriptionFilter,
): FilterQuery<WebhookSubscription> {
  // No stored text holds U+0000, and PostgreSQL takes none.
  if (filter.eventType?.includes('\0') || filter.search?.includes('\0')) return { uuid: zeroUuid };
  const conditions: FilterQuery<WebhookSubscription>[] = [{ workspaceId, deletedAt: null }];
  if (filter.statuses) conditions.push({ status: { $in: filter.statuses } });
  if (filter.profile) conditions.push({ profileName: filter.profile });
  if (typeof filter.eventType === 'string') {
    const type = filter.eventType;
    conditions.push({ eventTypes: { $overlap: isEventTypeName(type) ? patternsMatching(type) : [type] } });
  }
  if (filter.search) {
    const pattern = likePattern(filter.search);
    conditions.push({ $or: [{ endpointUrl: { $ilike: pattern } }, { description: { $ilike: pattern } }] });
  }
  return { $and: conditions };
}
