import { Delivery, type DeliveryRow, DeliveryStatus } from '../delivery.entity.js';

/** A notification of changed deliveries, as the trigger in the first migration writes it. */
export interface ToldChanges {
  readonly workspace: string;
  readonly xid: string;
  readonly xmin: string;
  /** Whether the deliveries are new. */
  readonly born: boolean;
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

/** The deliveries of a notification, in the states that it tells of. One that is sent as soon as it is stored was PENDING too. */
export function toldDeliveries(told: ToldChanges): Delivery[] {
  const states = told.rows.map((row) => toDelivery(row, told));
  if (!told.born) return states;
  return states.flatMap((state) =>
    state.status === DeliveryStatus.SENDING ? [atBirth(state), state] : [state],
  );
}

function atBirth({ position, ...delivery }: Delivery): Delivery {
  return new Delivery({
    ...delivery,
    status: DeliveryStatus.PENDING,
    attemptCount: 0,
    nextAttemptAt: delivery.createdAt,
    changedXid: position.xid,
    changedXmin: position.xmin,
  });
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
