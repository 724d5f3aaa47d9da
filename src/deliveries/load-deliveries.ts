import type { UpdateCursor } from '../rules/update-cursor.js';
import type { Statement } from '../storage/statement.js';
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

/** What is to be told to one who was away, page by page: what has changed since a place, as far as a snapshot sees it. */
export interface CatchUp {
  readonly since: UpdateCursor;
  /** The snapshot. It stays the same on all pages, so that they come to an end however much is written meanwhile. */
  readonly until: string;
  /** Where the last page has ended. */
  readonly page: Pick<UpdateCursor, 'xid' | 'uuid'>;
}

/** The next page of a catching up, in the order of the changes. */
export async function loadChangedSince(
  database: WorkspaceDatabase,
  { since: { workspaceId, seen, xid, uuid }, until, page }: CatchUp,
  limit: number,
): Promise<Delivery[]> {
  const rows = await database.query<DeliveryRow>(changed, [
    workspaceId,
    seen,
    until,
    page.xid,
    page.uuid,
    xid,
    uuid,
    limit,
  ]);
  return rows.map(
    (row) => new Delivery(row, { seen, until, xid: row.changedXid, uuid: row.uuid, workspaceId }),
  );
}

/** What is committed now, as a snapshot. */
export async function findPresentSnapshot(database: WorkspaceDatabase): Promise<string> {
  const [row] = await database.query<{ snapshot: string }>(present, []);
  if (!row) throw new Error('PostgreSQL gave no snapshot');
  return row.snapshot;
}

/** Where one stands who has been told all that a snapshot sees. */
export function placeBehind(seen: string, workspaceId: string): UpdateCursor {
  return { seen, xid: '0', uuid: zeroUuid, workspaceId };
}

const present: Statement = {
  name: 'present-snapshot',
  text: 'SELECT pg_current_snapshot()::text AS snapshot',
};

const byKeys: Statement = {
  name: 'load-deliveries',
  text: `SELECT ${deliveryColumns} FROM unnest($1::uuid[], $2::uuid[]) AS k (workspace_id, id)
    JOIN delivery d ON d.workspace_id = k.workspace_id AND d.id = k.id`,
};

// What was changed by those under way in `seen`, and by those after them, and not all since the oldest: that may be hours ago.
const changed: Statement = {
  name: 'load-changed-since',
  text: `SELECT ${deliveryColumns} FROM (
      ${pageOf('changed_xid = ANY (ARRAY(SELECT pg_snapshot_xip($2::pg_snapshot)))')}
      UNION ALL
      ${pageOf('changed_xid >= greatest(pg_snapshot_xmax($2::pg_snapshot), $4::xid8)')}
    ) d ORDER BY d.changed_xid, d.id LIMIT $8`,
};

function pageOf(condition: string): string {
  return `(SELECT * FROM delivery WHERE workspace_id = $1 AND ${condition}
    AND changed_xid < pg_snapshot_xmax($3::pg_snapshot) AND pg_visible_in_snapshot(changed_xid, $3::pg_snapshot)
    AND (changed_xid, id) > ($4::xid8, $5::uuid) AND NOT (changed_xid = $6::xid8 AND id <= $7::uuid)
    ORDER BY changed_xid, id LIMIT $8)`;
}
