import { type ConnectionArgs, pageRequest, toConnection } from '../graphql/paging.js';
import type { Database } from '../storage/database.js';
import type { DeliveryFilter } from './delivery-filter.types.js';
import { countDeliveries, listDeliveries } from './list-deliveries.js';

/** A page of deliveries, and the means to count all that the filter fits. */
export async function deliveryConnection(
  database: Database,
  workspaceId: string,
  args: ConnectionArgs,
  filter: DeliveryFilter,
  newestFirst: boolean,
) {
  const request = pageRequest(args, `deliveries:${workspaceId}`);
  const page = await listDeliveries(database, workspaceId, filter, request, newestFirst);
  return { ...toConnection(page), count: () => countDeliveries(database, workspaceId, filter) };
}
