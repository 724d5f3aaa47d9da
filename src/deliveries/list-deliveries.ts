import { type Page, type PageRequest, pageOf } from '../graphql/paging.js';
import type { WorkspaceDatabase } from '../storage/workspace-database.js';
import { Delivery, type DeliveryRow, deliveryColumns } from './delivery.entity.js';
import type { DeliveryFilter } from './delivery-filter.types.js';
import { conditionsOf } from './filter-conditions.js';

/** A larger set counts as this many. */
export const countedUpTo = 10_000;

/** A page of a workspace's deliveries. */
export async function listDeliveries(
  database: WorkspaceDatabase,
  workspaceId: string,
  filter: DeliveryFilter,
  request: PageRequest,
  newestFirst: boolean,
): Promise<Page<Delivery>> {
  const { conditions, values } = conditionsOf(workspaceId, filter);
  const bind = (value: unknown) => `$${values.push(value)}`;
  if (request.afterUuid) conditions.push(`d.id ${newestFirst ? '<' : '>'} ${bind(request.afterUuid)}::uuid`);
  if (request.beforeUuid)
    conditions.push(`d.id ${newestFirst ? '>' : '<'} ${bind(request.beforeUuid)}::uuid`);
  const descending = newestFirst !== request.backwards;
  const rows = await database.query<DeliveryRow>(
    {
      text: `SELECT ${deliveryColumns} FROM delivery d WHERE ${conditions.join(' AND ')}
        ORDER BY d.id ${descending ? 'DESC' : 'ASC'} LIMIT ${bind(request.size + 1)}`,
    },
    values,
  );
  return pageOf(
    request,
    rows.map((row) => new Delivery(row)),
  );
}

/** How many deliveries a filter fits, exact up to 10000; more count as 10000. */
export async function countDeliveries(
  database: WorkspaceDatabase,
  workspaceId: string,
  filter: DeliveryFilter,
): Promise<number> {
  const { conditions, values } = conditionsOf(workspaceId, filter);
  const [row] = await database.query<{ count: number }>(
    {
      text: `SELECT count(*)::integer AS count FROM (
        SELECT FROM delivery d WHERE ${conditions.join(' AND ')} LIMIT ${countedUpTo}) counted`,
    },
    values,
  );
  return row?.count ?? 0;
}

/** Which of these deliveries a filter fits: for live updates whose filter looks into other tables. */
export async function matchingSearch(
  database: WorkspaceDatabase,
  workspaceId: string,
  filter: Pick<DeliveryFilter, 'search'>,
  uuids: readonly string[],
): Promise<Set<string>> {
  const { conditions, values } = conditionsOf(workspaceId, filter);
  values.push(uuids);
  const rows = await database.query<{ uuid: string }>(
    {
      text: `SELECT d.id AS uuid FROM delivery d WHERE ${conditions.join(' AND ')} AND d.id = ANY ($${values.length}::uuid[])`,
    },
    values,
  );
  return new Set(rows.map((row) => row.uuid));
}
