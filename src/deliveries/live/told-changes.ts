import { notSeeing, readSnapshot, writeSnapshot } from '../../rules/snapshot.js';
import { nothingFrom, type UpdateCursor } from '../../rules/update-cursor.js';
import { Delivery, type DeliveryRow, DeliveryStatus } from '../delivery.entity.js';

/** A notification of changed deliveries, as the trigger in the seventh migration writes it. */
export interface ToldChanges {
  readonly workspace: string;
  readonly xid: string;
  readonly xmin: string;
  /** Undefined from a transaction that was under way when the sixth migration was applied. */
  readonly snapshot?: string;
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
  const seen = seenBy(told);
  return told.rows.flatMap((toldRow) => {
    const row = toRow(toldRow, told);
    const position = { seen, xid: told.xid, uuid: row.uuid, workspaceId: told.workspace };
    const state = new Delivery(row, position);
    return told.born && row.status === DeliveryStatus.SENDING ? [atBirth(row, position), state] : [state];
  });
}

/** What had been told before it: notifications come in the order of the commits. */
function seenBy({ xid, xmin, snapshot }: ToldChanges): string {
  const read = snapshot === undefined ? undefined : readSnapshot(snapshot);
  return read ? writeSnapshot(notSeeing(read, BigInt(xid))) : nothingFrom(xmin);
}

function atBirth(row: DeliveryRow, position: UpdateCursor): Delivery {
  return new Delivery(
    { ...row, status: DeliveryStatus.PENDING, attemptCount: 0, nextAttemptAt: row.createdAt },
    // Whoever breaks off behind it has not been told that it is SENDING. It takes a while to make, and few want it.
    {
      ...position,
      get uuid() {
        return uuidBefore(position.uuid);
      },
    },
  );
}

function uuidBefore(uuid: string): string {
  const digits = (BigInt(`0x${uuid.replaceAll('-', '')}`) - 1n).toString(16).padStart(32, '0');
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

function toRow(row: ToldRow, told: ToldChanges): DeliveryRow {
  const [uuid, eventId, subscriptionId, eventType, status, failureReason, skipReason, attemptCount, ...rest] =
    row;
  const [createdAtMs, nextAttemptAtMs, updatedAtMs, completedAtMs, lastStatusCode, retryStep] = rest;
  return {
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
  };
}
