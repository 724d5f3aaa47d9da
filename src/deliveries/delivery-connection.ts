import { type ConnectionArgs, pageRequest, toConnection } from '../graphql/paging.js';
import type { WorkspaceDatabase } from '../storage/workspace-database.js';
import type { DeliveryFilter } from './delivery-filter.types.js';
import { countDeliveries, listDeliveries } from './list-deliveries.js';
import type { RowKey } from './load-deliveries.js';
import type { Loaders } from './loaders.js';

/** A page of deliveries, and the means to count all that the filter fits. */
export async function deliveryConnection(
  database: WorkspaceDatabase,
  workspaceId: string,
  args: ConnectionArgs,
  filter: DeliveryFilter,
  newestFirst: boolean,
) {
  const request = pageRequest(args, scopeOf(workspaceId));
  const page = await listDeliveries(database, workspaceId, filter, request, newestFirst);
  return { ...toConnection(page), count: () => countDeliveries(database, workspaceId, filter) };
}

/** The same of one subscription, newest first, read together with those of the other subscriptions of a list. */
export async function subscriptionLogConnection(
  loaders: Loaders,
  { workspaceId, uuid }: RowKey,
  args: ConnectionArgs,
  filter: DeliveryFilter,
) {
  const asked = { workspaceId, uuid, filter, request: pageRequest(args, scopeOf(workspaceId)) };
  const page = await loaders.logPage.load(asked);
  return { ...toConnection(page), count: () => loaders.logCount.load(asked) };
}

function scopeOf(workspaceId: string): string {
  return `deliveries:${workspaceId}`;
}
