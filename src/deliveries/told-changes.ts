import type { Database } from '../storage/database.js';
import { Delivery, type DeliveryRow } from './delivery.entity.js';
import { loadDeliveries, type RowKey } from './load-deliveries.js';

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

const maxRemembered = 10_000;

/** Makes deliveries of notifications; what never changes of a delivery is looked up once and remembered for its next states. */
export class ToldDeliveries {
  readonly #database: Database;
  // A Map keeps the order of insertion, so the oldest goes first.
  readonly #remembered = new Map<string, Delivery>();

  constructor(database: Database) {
    this.#database = database;
  }

  /** The deliveries of a notification in the states that it tells of. */
  async of(told: ToldChanges): Promise<Delivery[]> {
    const known = await this.#known(told);
    return told.rows.flatMap((row) => {
      const delivery = known.get(row[0]);
      return delivery ? [inToldState(delivery, row, told)] : [];
    });
  }

  // A map of the call's own: remembering the new ones may push out old ones that are told of too.
  async #known(told: ToldChanges): Promise<Map<string, Delivery>> {
    const known = new Map<string, Delivery>();
    const unknown: RowKey[] = [];
    for (const [uuid] of told.rows) {
      const delivery = this.#remembered.get(uuid);
      if (delivery) known.set(uuid, delivery);
      else unknown.push({ workspaceId: told.workspace, uuid });
    }
    const loaded = unknown.length > 0 ? await loadDeliveries(this.#database, unknown) : [];
    for (const delivery of loaded) {
      known.set(delivery.uuid, delivery);
      this.#remember(delivery);
    }
    return known;
  }

  #remember(delivery: Delivery): void {
    const oldest = this.#remembered.size >= maxRemembered ? this.#remembered.keys().next().value : undefined;
    if (oldest !== undefined) this.#remembered.delete(oldest);
    this.#remembered.set(delivery.uuid, delivery);
  }
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
