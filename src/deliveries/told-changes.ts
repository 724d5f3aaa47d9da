import { Delivery, type DeliveryRow } from './delivery.entity.js';

/** A notification of changed deliveries, as the trigger in the first migration writes it. */
export interface ToldChanges {
  readonly workspace: string;
  readonly xid: string;
  readonly xmin: string;
  readonly rows: readonly ToldRow[];
}

type ToldRow = readonly [
  uuid: string,
  eventId: string,
  subscriptionId: string,
  eventType: string,
  status: DeliveryRow['status'],
  failureReason: DeliveryRow['failureReason'],
  skipReason: DeliveryRow['skipReason'],
  attemptCount: number,
  createdAtMs: number,
  nextAttemptAtMs: number | null,
  updatedAtMs: number,
  completedAtMs: number | null,
  lastStatusCode: number | null,
  retryStep: number | null,
];

/** The deliveries of a notification, in the states that it tells of. */
export function toldDeliveries(told: ToldChanges): Delivery[] {
  return told.rows.map((row) => toDelivery(row, told));
}

function toDelivery(row: ToldRow, told: ToldChanges): Delivery {
  const [uuid, eventId, subscriptionId, eventType, status, failureReason, skipReason, attemptCount, ...rest] =
    row;
  const [createdAtMs, nextAttemptAtMs, updatedAtMs, completedAtMs, lastStatusCode, retryStep] = rest;
  return new Delivery({
    uuid,
    workspaceId: told.workspace,
    eventId,
    subscriptionId,
    eventType,
    status,
    failureReason,
    skipReason,
    attemptCount,
    retryStep,
    nextAttemptAt: nextAttemptAtMs === null ? null : new Date(nextAttemptAtMs),
    lastStatusCode,
    createdAt: new Date(createdAtMs),
    updatedAt: new Date(updatedAtMs),
    completedAt: completedAtMs === null ? null : new Date(completedAtMs),
    changedXid: told.xid,
    changedXmin: told.xmin,
  });
}
