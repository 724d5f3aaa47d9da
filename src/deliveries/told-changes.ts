import type { Database } from '../storage/database.js';
import { Delivery, type DeliveryRow } from './delivery.entity.js';
import { loadDeliveries } from './load-deliveries.js';

/** A notification of changed deliveries, as the trigger in the first migration writes it. */
export interface ToldChanges {
  readonly workspace: string;
  readonly xid: string;
  readonly xmin: string;
  readonly rows: readonly ToldRow[];
}

type ToldRow = readonly [
  uuid: string,
  status: DeliveryRow['status'],
  failureReason: DeliveryRow['failureReason'],
  skipReason: DeliveryRow['skipReason'],
  attemptCount: number,
  nextAttemptAtMs: number | null,
  updatedAtMs: number,
  completedAtMs: number | null,
  lastStatusCode: number | null,
  retryStep: number | null,
];

/** The deliveries of a notification in the states that it tells of; what never changes is looked up. */
export async function deliveriesTold(database: Database, told: ToldChanges): Promise<Delivery[]> {
  const keys = told.rows.map(([uuid]) => ({ workspaceId: told.workspace, uuid }));
  const present = new Map(
    (await loadDeliveries(database, keys)).map((delivery) => [delivery.uuid, delivery]),
  );
  return told.rows.flatMap((row) => {
    const delivery = present.get(row[0]);
    return delivery ? [inToldState(delivery, row, told)] : [];
  });
}

function inToldState(delivery: Delivery, row: ToldRow, told: ToldChanges): Delivery {
  const [
    ,
    status,
    failureReason,
    skipReason,
    attemptCount,
    nextAtMs,
    updatedAtMs,
    completedAtMs,
    lastStatusCode,
    retryStep,
  ] = row;
  return new Delivery({
    ...delivery,
    status,
    failureReason,
    skipReason,
    attemptCount,
    nextAttemptAt: nextAtMs === null ? null : new Date(nextAtMs),
    updatedAt: new Date(updatedAtMs),
    completedAt: completedAtMs === null ? null : new Date(completedAtMs),
    lastStatusCode,
    retryStep,
    changedXid: told.xid,
    changedXmin: told.xmin,
  });
}
