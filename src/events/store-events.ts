import { leaseSeconds } from '../rules/delivery-states.js';
import { byteaArray, plainArray, textArray } from '../storage/array-values.js';
import type { Database } from '../storage/database.js';
import type { Statement } from '../storage/statement.js';

/** An event to store, with the deliveries that it leads to. */
export interface NewEvent {
  readonly uuid: string;
  readonly workspaceId: string;
  readonly type: string;
  readonly payload: string;
  readonly idempotencyKey: string | null;
  /** The API key. */
  readonly publishedBy: string;
  /** SHA-256 over type and payload; tells a repetition from another event under the same key. */
  readonly requestHash: Buffer;
  readonly createdAt: Date;
  /** The revision of the workspace's catalogue that its deliveries were made by. */
  readonly catalogueRevision: string;
  readonly deliveries: readonly NewDelivery[];
}

/** A delivery to store; with a skip reason it is SKIPPED, with a place SENDING, else PENDING. */
export interface NewDelivery {
  readonly uuid: string;
  readonly subscriptionId: string;
  readonly subscriptionRevision: number;
  readonly skipReason: string | null;
  readonly place: Place | undefined;
}

/** What a delivery is claimed with. */
export interface Place {
  readonly worker: number;
  readonly attemptId: string;
}

/** Who holds an idempotency key. */
export interface KeyHolder {
  readonly workspaceId: string;
  readonly key: string;
  readonly eventId: string;
  readonly requestHash: Buffer;
}

/** What became of events that were to be stored; the others' idempotency keys are held by earlier events. */
export interface StoredEvents {
  readonly stored: ReadonlySet<string>;
  /** Those that were matched by an old revision of their workspace's catalogue. */
  readonly outdated: ReadonlySet<string>;
}

/** Stores events and their deliveries in one statement, so in one transaction. No key may stand twice in one call. */
export async function storeEvents(database: Database, events: readonly NewEvent[]): Promise<StoredEvents> {
  if (events.length === 0) return { stored: new Set(), outdated: new Set() };
  const deliveries = events.flatMap((event) => event.deliveries.map((delivery) => ({ event, ...delivery })));
  const rows = await database.query<{ id: string; isStored: boolean }>(store, [
    plainArray(events.map((event) => event.workspaceId)),
    plainArray(events.map((event) => event.uuid)),
    textArray(events.map((event) => event.type)),
    textArray(events.map((event) => event.payload)),
    textArray(events.map((event) => event.idempotencyKey)),
    byteaArray(events.map((event) => event.requestHash)),
    plainArray(events.map((event) => event.createdAt)),
    plainArray(events.map((event) => event.catalogueRevision)),
    plainArray(events.map((event) => event.publishedBy)),
    plainArray(deliveries.map((delivery) => delivery.event.uuid)),
    plainArray(deliveries.map((delivery) => delivery.uuid)),
    plainArray(deliveries.map((delivery) => delivery.subscriptionId)),
    plainArray(deliveries.map((delivery) => delivery.skipReason)),
    plainArray(deliveries.map((delivery) => delivery.place?.worker)),
    plainArray(deliveries.map((delivery) => delivery.place?.attemptId)),
  ]);
  const idsOf = (isStored: boolean) =>
    new Set(rows.filter((row) => row.isStored === isStored).map((row) => row.id));
  return { stored: idsOf(true), outdated: idsOf(false) };
}

/** The events that hold these idempotency keys. */
export async function findKeyHolders(
  database: Database,
  keys: readonly { workspaceId: string; key: string }[],
): Promise<KeyHolder[]> {
  return database.query<KeyHolder>(holders, [keys.map((one) => one.workspaceId), keys.map((one) => one.key)]);
}

/** Forgets idempotency keys that are older than a day. */
export async function dropOldKeys(database: Database): Promise<void> {
  await database.query(dropKeys, []);
}

// The order of the keys keeps two processes that publish the same ones from waiting for each other in a ring.
const store: Statement = {
  name: 'store-events',
  text: `WITH asked AS (
      SELECT a.*, a.revision = coalesce(c.revision, 0) AS is_current
      FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::bytea[], $7::timestamptz[], $8::bigint[], $9::uuid[])
        AS a (workspace_id, id, type, payload, idempotency_key, request_hash, created_at, revision, published_by)
      LEFT JOIN catalogue c USING (workspace_id)
    ), given AS (
      SELECT * FROM asked WHERE is_current
    ), keyed AS (
      INSERT INTO idempotency_key AS k (workspace_id, key, event_id, request_hash, created_at)
      SELECT workspace_id, idempotency_key, id, request_hash, created_at FROM given
      WHERE idempotency_key IS NOT NULL ORDER BY 1, 2
      ON CONFLICT (workspace_id, key) DO UPDATE
        SET event_id = excluded.event_id, request_hash = excluded.request_hash, created_at = excluded.created_at
        WHERE k.created_at < now() - interval '24 hours'
      RETURNING event_id
    ), fresh AS (
      SELECT * FROM given WHERE idempotency_key IS NULL OR id IN (SELECT event_id FROM keyed)
    ), stored AS (
      INSERT INTO event (workspace_id, id, type, payload, idempotency_key, created_at, published_by)
      SELECT workspace_id, id, type, payload, idempotency_key, created_at, published_by FROM fresh
    ), owed AS (
      INSERT INTO delivery (workspace_id, id, event_id, subscription_id, event_type, status, skip_reason,
        next_attempt_at, created_at, updated_at, completed_at, leased_by, lease_until, lease_epoch, attempt_count, attempt_id,
        attempt_started_at)
      SELECT f.workspace_id, d.id, f.id, d.subscription_id, f.type,
        CASE WHEN d.skip_reason IS NOT NULL THEN 'SKIPPED' WHEN d.worker IS NOT NULL THEN 'SENDING' ELSE 'PENDING' END,
        d.skip_reason, CASE WHEN d.skip_reason IS NULL AND d.worker IS NULL THEN least(f.created_at, now()) END,
        f.created_at, f.created_at, CASE WHEN d.skip_reason IS NOT NULL THEN f.created_at END,
        d.worker, CASE WHEN d.worker IS NOT NULL THEN now() + interval '${leaseSeconds} seconds' END, claims, claims, d.attempt_id,
        CASE WHEN d.worker IS NOT NULL THEN now() END
      FROM unnest($10::uuid[], $11::uuid[], $12::uuid[], $13::text[], $14::integer[], $15::uuid[])
        AS d (event_id, id, subscription_id, skip_reason, worker, attempt_id)
      CROSS JOIN LATERAL (SELECT CASE WHEN d.worker IS NULL THEN 0 ELSE 1 END AS claims) c
      JOIN fresh f ON f.id = d.event_id
    )
    SELECT id, true AS "isStored" FROM fresh
    UNION ALL SELECT id, false FROM asked WHERE NOT is_current`,
};

const holders: Statement = {
  name: 'find-key-holders',
  text: `SELECT k.workspace_id AS "workspaceId", k.key, k.event_id AS "eventId", k.request_hash AS "requestHash"
    FROM unnest($1::uuid[], $2::text[]) AS asked (workspace_id, key)
    JOIN idempotency_key k USING (workspace_id, key)`,
};

const dropKeys: Statement = {
  name: 'drop-old-keys',
  text: `DELETE FROM idempotency_key WHERE created_at < now() - interval '24 hours'`,
};
