import { type Page, type PageRequest, pageOf } from '../graphql/paging.js';
import type { WorkspaceDatabase } from '../storage/workspace-database.js';
import { Delivery, type DeliveryRow, deliveryColumns } from './delivery.entity.js';
import type { DeliveryFilter } from './delivery-filter.types.js';
import { searchCondition } from './filter-conditions.js';
import { type LogPart, logStatement } from './log-statement.js';
import { searchLog } from './search-log.js';

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
  const rows = await readLog<DeliveryRow>(
    database,
    {
      workspaceId,
      filter,
      below: newestFirst ? request.afterUuid : request.beforeUuid,
      above: newestFirst ? request.beforeUuid : request.afterUuid,
      descending: newestFirst !== request.backwards,
      limit: request.size + 1,
    },
    deliveryColumns,
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
  const part = { workspaceId, filter, descending: true, limit: countedUpTo };
  const columns = 'd.id AS uuid';
  if (filter.search) return (await searchLog(database, part, columns)).length;
  const { text, values } = await logStatement(database, part, columns);
  const [row] = await database.query<{ count: number }>(
    { text: `SELECT count(*)::integer AS count FROM (${text}) counted` },
    values,
  );
  return row?.count ?? 0;
}

/** Which of these deliveries a search fits: for live updates, since it looks into other tables. */
export async function matchingSearch(
  database: WorkspaceDatabase,
  workspaceId: string,
  search: string,
  uuids: readonly string[],
): Promise<Set<string>> {
  const values: unknown[] = [workspaceId, uuids];
  const fits = searchCondition(search, values);
  const text = `SELECT d.id AS uuid FROM delivery d WHERE d.workspace_id = $1 AND d.id = ANY ($2::uuid[]) AND ${fits}`;
  const rows = await database.query<{ uuid: string }>({ text }, values);
  return new Set(rows.map((row) => row.uuid));
}

async function readLog<Row extends { readonly uuid: string }>(
  database: WorkspaceDatabase,
  part: LogPart,
  columns: string,
): Promise<Row[]> {
  if (part.filter.search) return searchLog<Row>(database, part, columns);
  const { text, values } = await logStatement(database, part, columns);
  return database.query<Row>({ text }, values);
}
