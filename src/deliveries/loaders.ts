import DataLoader from 'dataloader';
import { type EventRow, eventColumns, WebhookEvent } from '../events/webhook-event.entity.js';
import type { Page } from '../graphql/paging.js';
import type { Database, Statement } from '../storage/database.js';
import { lowestUuidAt } from '../storage/typeid.js';
import { WebhookSubscription } from '../subscriptions/webhook-subscription.entity.js';
import { Attempt, type AttemptRow, attemptColumns } from './attempt.entity.js';
import { Delivery, type DeliveryRow, deliveryColumns } from './delivery.entity.js';
import { loadDeliveries, type RowKey } from './load-deliveries.js';
import { countSubscriptionLogs, type LogAsked, listSubscriptionLogs } from './subscription-logs.js';

const dayMs = 86_400_000;

/** What deliveries of a subscription have come to. */
export interface SubscriptionCounts {
  readonly delivered: number;
  readonly failed: number;
  readonly lastDelivery: Date | null;
}

/** Look-ups that nested fields share: all that one tick of the event loop asks for is one statement. Nothing is kept. */
export interface Loaders {
  readonly subscription: DataLoader<RowKey, WebhookSubscription | null>;
  readonly counts: DataLoader<RowKey, SubscriptionCounts>;
  /** The share of failed attempts in the last 24 hours; null without attempts. */
  readonly errorRate: DataLoader<RowKey, number | null>;
  readonly event: DataLoader<RowKey, WebhookEvent | null>;
  readonly delivery: DataLoader<RowKey, Delivery | null>;
  /** The body that a delivery has kept; null where it is made again from the event. */
  readonly keptBody: DataLoader<RowKey, string | null>;
  /** The attempts of a delivery, oldest first. */
  readonly attempts: DataLoader<RowKey, Attempt[]>;
  readonly eventDeliveries: DataLoader<RowKey, Delivery[]>;
  /** Pages of subscriptions' webhook logs, newest first. */
  readonly logPage: DataLoader<LogAsked, Page<Delivery>>;
  /** How many deliveries such a log holds, on all pages. */
  readonly logCount: DataLoader<LogAsked, number>;
}

/** Makes the loaders; subscriptions are found even where they are deleted, which is for their users to mind. */
export function createLoaders(database: Database): Loaders {
  const { query } = database;
  const since = () => lowestUuidAt(Date.now() - dayMs);
  return {
    subscription: one((keys) => findSubscriptions(database, keys)),
    event: one(async (keys) =>
      (await query<EventRow>(findEvents, columnsOf(keys))).map((row) => new WebhookEvent(row)),
    ),
    delivery: one((keys) => loadDeliveries(database, keys)),
    counts: many(
      (keys) => query<SubscriptionCounts & RowKey>(findCounts, columnsOf(keys)),
      (row) => row,
      ([found]) => found ?? { delivered: 0, failed: 0, lastDelivery: null },
    ),
    errorRate: many(
      (keys) => query<RowKey & { rate: number | null }>(findErrorRates, [...columnsOf(keys), since()]),
      (row) => row,
      ([found]) => found?.rate ?? null,
    ),
    keptBody: many(
      (keys) => query<RowKey & { body: Buffer | null }>(findBodies, columnsOf(keys)),
      (row) => row,
      ([found]) => found?.body?.toString('utf8') ?? null,
    ),
    attempts: many(
      async (keys) => (await query<AttemptRow>(findAttempts, columnsOf(keys))).map((row) => new Attempt(row)),
      ({ row }) => ({ workspaceId: row.workspaceId, uuid: row.deliveryId }),
      (found) => found,
    ),
    eventDeliveries: many(
      async (keys) =>
        (await query<DeliveryRow>(findEventDeliveries, columnsOf(keys))).map((row) => new Delivery(row)),
      ({ workspaceId, eventId }) => ({ workspaceId, uuid: eventId }),
      (found) => found,
    ),
    logPage: new DataLoader((asked) => listSubscriptionLogs(database, asked), { cache: false }),
    logCount: new DataLoader((asked) => countSubscriptionLogs(database, asked), { cache: false }),
  };
}

function findSubscriptions(database: Database, keys: readonly RowKey[]): Promise<WebhookSubscription[]> {
  return database.orm.em.fork().find(WebhookSubscription, {
    uuid: { $in: keys.map((key) => key.uuid) },
    workspaceId: { $in: [...new Set(keys.map((key) => key.workspaceId))] },
  });
}

/** A loader of single rows by their own key; null where there is none. */
function one<Row extends RowKey>(
  load: (keys: readonly RowKey[]) => Promise<Row[]>,
): DataLoader<RowKey, Row | null> {
  return many<Row, Row | null>(
    load,
    (row) => row,
    (found) => found[0] ?? null,
  );
}

function columnsOf(keys: readonly RowKey[]): [string[], string[]] {
  return [keys.map((key) => key.workspaceId), keys.map((key) => key.uuid)];
}

/**
 * A loader that asks for each key once and hands every row to the key that it belongs to. A tick may hold the requests of two
 * workspaces, so a uuid alone is no key: whoever asks for another workspace's row is given none, even while its owner asks too.
 */
function many<Row, Value>(
  load: (keys: readonly RowKey[]) => Promise<Row[]>,
  ownerOf: (row: Row) => RowKey,
  toValue: (rows: Row[]) => Value,
): DataLoader<RowKey, Value> {
  return new DataLoader<RowKey, Value>(
    async (keys) => {
      const distinct = [...new Map(keys.map((key) => [textOf(key), key])).values()];
      const rows = Map.groupBy(await loadTwice(load, distinct), (row) => textOf(ownerOf(row)));
      return keys.map((key) => toValue(rows.get(textOf(key)) ?? []));
    },
    { cache: false },
  );
}

function textOf({ workspaceId, uuid }: RowKey): string {
  return `${workspaceId} ${uuid}`;
}

/** A connection may break under a look-up; that must not cost a live stream a state, so it is made once more. */
async function loadTwice<Row>(
  load: (keys: readonly RowKey[]) => Promise<Row[]>,
  keys: readonly RowKey[],
): Promise<Row[]> {
  return load(keys).catch(() => load(keys));
}

const findCounts: Statement = {
  name: 'find-counts',
  text: `SELECT c.workspace_id AS "workspaceId", c.subscription_id AS uuid, c.delivered::float8 AS delivered,
      c.failed::float8 AS failed, c.last_delivery AS "lastDelivery"
    FROM unnest($1::uuid[], $2::uuid[]) AS k (workspace_id, id)
    JOIN subscription_counter c ON c.workspace_id = k.workspace_id AND c.subscription_id = k.id`,
};

const findErrorRates: Statement = {
  name: 'find-error-rates',
  text: `SELECT k.workspace_id AS "workspaceId", k.id AS uuid,
      (SELECT count(*) FILTER (WHERE a.outcome <> 'SUCCEEDED')::float8 / nullif(count(*), 0) FROM attempt a
        WHERE a.subscription_id = k.id AND a.id >= $3::uuid AND a.outcome <> 'INTERRUPTED') AS rate
    FROM unnest($1::uuid[], $2::uuid[]) AS k (workspace_id, id)`,
};

const findEvents: Statement = {
  name: 'find-events',
  text: `SELECT ${eventColumns} FROM unnest($1::uuid[], $2::uuid[]) AS k (workspace_id, id)
    JOIN event e ON e.workspace_id = k.workspace_id AND e.id = k.id`,
};

const findBodies: Statement = {
  name: 'find-bodies',
  text: `SELECT d.workspace_id AS "workspaceId", d.id AS uuid, d.body FROM unnest($1::uuid[], $2::uuid[]) AS k (workspace_id, id)
    JOIN delivery d ON d.workspace_id = k.workspace_id AND d.id = k.id`,
};

const findAttempts: Statement = {
  name: 'find-attempts',
  text: `SELECT ${attemptColumns} FROM unnest($1::uuid[], $2::uuid[]) AS k (workspace_id, id)
    JOIN attempt a ON a.delivery_id = k.id AND a.workspace_id = k.workspace_id
    ORDER BY a.delivery_id, a.number`,
};

// An event's deliveries are one range of the primary key: their ids begin with the first eleven bytes of the event's.
const findEventDeliveries: Statement = {
  name: 'find-event-deliveries',
  text: `SELECT ${deliveryColumns} FROM unnest($1::uuid[], $2::uuid[]) AS k (workspace_id, id)
    JOIN delivery d ON d.workspace_id = k.workspace_id AND d.event_id = k.id
      AND d.id BETWEEN (left(k.id::text, 26) || '0000000000')::uuid AND (left(k.id::text, 26) || 'ffffffffff')::uuid
    ORDER BY d.id`,
};
