import { fromTypeId } from '../../storage/typeid.js';
import type { WorkspaceDatabase } from '../../storage/workspace-database.js';
import type { Delivery } from '../delivery.entity.js';
import type { DeliveryFilter } from '../delivery-filter.types.js';
import { matchingSearch } from '../list-deliveries.js';
import type { UpdateFilter } from './delivery-stream.js';

/** A filter of live updates: in memory, but for a search, which the database is asked about once a batch. */
export function updateFilter(
  database: WorkspaceDatabase,
  workspaceId: string,
  filter: DeliveryFilter | null | undefined,
): UpdateFilter {
  if (!filter) return { fits: () => true };
  const fits = compile(filter);
  const { search } = filter;
  if (!search) return { fits };
  const choose = async (fitting: readonly Delivery[]) => {
    const uuids = fitting.map(({ uuid }) => uuid);
    const found = await matchingSearch(database, workspaceId, search, uuids);
    return fitting.filter(({ uuid }) => found.has(uuid));
  };
  return { fits, choose };
}

/** All of a filter but its search, as a test of one delivery. */
function compile(filter: DeliveryFilter): (delivery: Delivery) => boolean {
  const subscriptions =
    filter.subscriptionIds && new Set(filter.subscriptionIds.map((id) => fromTypeId('wsub', id)));
  const events = filter.eventIds && new Set(filter.eventIds.map((id) => fromTypeId('evt', id)));
  const types = filter.eventTypes && new Set(filter.eventTypes);
  const statuses = filter.statuses && new Set(filter.statuses);
  return (delivery) =>
    (!subscriptions || subscriptions.has(delivery.subscriptionId)) &&
    (!events || events.has(delivery.eventId)) &&
    (!types || types.has(delivery.eventType) || types.has(`${delivery.eventType.split('.')[0]}.*`)) &&
    (!statuses || statuses.has(delivery.status)) &&
    isWithin(delivery.lastStatusCode, filter.statusCodeFrom, filter.statusCodeTo) &&
    (!filter.createdAfter || delivery.createdAt >= filter.createdAfter) &&
    (!filter.createdBefore || delivery.createdAt < filter.createdBefore);
}

function isWithin(
  statusCode: number | null,
  from: number | null | undefined,
  to: number | null | undefined,
): boolean {
  if (typeof from !== 'number' && typeof to !== 'number') return true;
  return statusCode !== null && statusCode >= (from ?? statusCode) && statusCode <= (to ?? statusCode);
}
