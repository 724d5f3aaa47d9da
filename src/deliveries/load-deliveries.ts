import type { UpdateCursor } from '../rules/update-cursor.js';
import type { Statement } from '../storage/database.js';
import { zeroUuid } from '../storage/typeid.js';
import type { WorkspaceDatabase } from '../storage/workspace-database.js';
import { Delivery, type DeliveryRow, deliveryColumns } from './delivery.entity.js';

/** Where a delivery or another row stands: its workspace and its uuid. */
export interface RowKey {
  readonly workspaceId: string;
  readonly uuid: string;
}

/** The deliveries of these keys as they are now, in no order; those that do not exist are left out. */
export async function loadDeliveries(
  database: WorkspaceDatabase,
  keys: readonly RowKey[],
): Promise<Delivery[]> {
  const rows = await database.query<DeliveryRow>(byKeys, [
    keys.map((key) => key.workspaceId),
    keys.map((key) => key.uuid),
  ]);
  return rows.map((row) => new Delivery(row));
}

/** Deliveries of a workspace that have changed since a place in the stream of updates, in the order of their changes. */
export async function loadChangedSince(
  database: WorkspaceDatabase,
  since: UpdateCursor,
  limit: number,
): Promise<Delivery[]> {
  const rows = await database.query<DeliveryRow>(changed, [
    since.workspaceId,
    since.xmin,
    since.xid,
    since.uuid,
    limit,
  ]);
  return rows.map((row) => new Delivery(row));
}

/** Where a stream stands that begins now: all that is not committed yet lies behind it. */
export async function findPresentPosition(
  database: WorkspaceDatabase,
  workspaceId: string,
): Promise<UpdateCursor> {
  const [row] = await database.query<{ xmin: string }>(present, []);
  return { xmin: row?.xmin ?? '0', xid: '0', uuid: zeroUuid, workspaceId };
}

const present: Statement = {
  name: 'present-position',
  text: 'SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS xmin',
};

const byKeys: Statement = {
  name: 'load-deliveries',
  text: `SELECT ${deliveryColumns} FROM unnest($1::uuid[], $2::uuid[]) AS k (workspace_id, id)
    JOIN delivery d ON d.workspace_id = k.workspace_id AND d.id = k.id`,
};

const changed: Statement = {
  name: 'load-changed-since',
  text: `SELECT ${deliveryColumns} FROM delivery d
    WHERE d.workspace_id = $1 AND d.changed_xid >= $2::xid8 AND NOT (d.changed_xid = $3::xid8 AND d.id <= $4::uuid)
    ORDER BY d.changed_xid, d.id LIMIT $5`,
};
