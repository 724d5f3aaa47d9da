import type { EntityDictionary } from '@mikro-orm/core';
import DataLoader from 'dataloader';
import { type EventRow, eventColumns, WebhookEvent } from '../events/webhook-event.entity.js';
import type { Page } from '../graphql/paging.js';
import type { Database } from '../storage/database.js';
import type { Statement } from '../storage/statement.js';
import { lowestUuidAt } from '../storage/typeid.js';
import type { WorkspaceDatabase } from '../storage/workspace-database.js';
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

/** Look-ups that nested fields share: all that one tick of the event loop asks for a workspace is one statement. Nothing is kept. */
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
export function createLoaders(database: Pick<Database, 'ofWorkspace'>): Loaders {
  const many = loadersOver(database);
  /** Of single rows by their own key; null where there is none. */
  const one = <Row extends RowKey>(load: Load<Row>) =>
    many<Row, Row | null>(
      load,
      (row) => row,
      (found) => found[0] ?? null,
    );
  const since = () => lowestUuidAt(Date.now() - dayMs);
  return {
    subscription: one(loadSubscriptions),
    event: one(loadEvents),
    delivery: one(loadDeliveries),
    counts: many(
      ({ query }, keys) => query<SubscriptionCounts & RowKey>(findCounts, columnsOf(keys)),
      (row) => row,
      ([found]) => found ?? { delivered: 0, failed: 0, lastDelivery: null },
    ),
    errorRate: many(
      ({ query }, keys) =>
        query<RowKey & { rate: number | null }>(findErrorRates, [...columnsOf(keys), since()]),
      (row) => row,
      ([found]) => found?.rate ?? null,
    ),
    keptBody: many(
      ({ query }, keys) => query<RowKey & { body: Buffer | null }>(findBodies, columnsOf(keys)),
      (row) => row,
      ([found]) => found?.body?.toString('utf8') ?? null,
    ),
    attempts: many(
      loadAttempts,
      ({ row }) => ({ workspaceId: row.workspaceId, uuid: row.deliveryId }),
      (found) => found,
    ),
    eventDeliveries: many(
      loadEventDeliveries,
      ({ workspaceId, eventId }) => ({ workspaceId, uuid: eventId }),
      (found) => found,
    ),
    logPage: new DataLoader(byWorkspace(database, listSubscriptionLogs), { cache: false }),
    logCount: new DataLoader(byWorkspace(database, countSubscriptionLogs), { cache: false }),
  };
}

/** Reads the rows of these keys from the database of the workspace that they are all of. */
type Load<Row> = (own: WorkspaceDatabase, keys: readonly RowKey[]) => Promise<Row[]>;

/** Read by SQL: the entity manager would put a transaction around it. */
async function loadSubscriptions(
  own: WorkspaceDatabase,
  keys: readonly RowKey[],
): Promise<WebhookSubscription[]> {
  const rows = await own.query<EntityDictionary<WebhookSubscription>>(findSubscriptions, columnsOf(keys));
  const em = own.em();
  return rows.map((row) => em.map(WebhookSubscription, row));
}

async function loadEvents({ query }: WorkspaceDatabase, keys: readonly RowKey[]): Promise<WebhookEvent[]> {
  return (await query<EventRow>(findEvents, columnsOf(keys))).map((row) => new WebhookEvent(row));
}

async function loadAttempts({ query }: WorkspaceDatabase, keys: readonly RowKey[]): Promise<Attempt[]> {
  return (await query<AttemptRow>(findAttempts, columnsOf(keys))).map((row) => new Attempt(row));
}

async function loadEventDeliveries(
  { query }: WorkspaceDatabase,
  keys: readonly RowKey[],
): Promise<Delivery[]> {
  const beginnings = keys.map(({ uuid }) => uuid.slice(0, 26));
  const ranges = [
    beginnings.map((bytes) => `${bytes}0000000000`),
    beginnings.map((bytes) => `${bytes}ffffffffff`),
  ];
  const rows = await query<DeliveryRow>(findEventDeliveries, [...columnsOf(keys), ...ranges]);
  return rows.map((row) => new Delivery(row));
}

function columnsOf(keys: readonly RowKey[]): [string[], string[]] {
  return [keys.map((key) => key.workspaceId), keys.map((key) => key.uuid)];
}

/** Makes loaders that ask for each key once and hand every row to the key that it belongs to. */
function loadersOver(database: Pick<Database, 'ofWorkspace'>) {
  return <Row, Value>(
    load: Load<Row>,
    ownerOf: (row: Row) => RowKey,
    toValue: (rows: Row[]) => Value,
  ): DataLoader<RowKey, Value> =>
    new DataLoader<RowKey, Value>(
      byWorkspace(database, async (own, keys) => {
        const distinct = [...new Map(keys.map((key) => [textOf(key), key])).values()];
        const rows = Map.groupBy(await loadTwice(load, own, distinct), (row) => textOf(ownerOf(row)));
        return keys.map((key) => toValue(rows.get(textOf(key)) ?? []));
      }),
      { cache: false },
    );
}

/** A tick may hold the requests of several workspaces: each is answered from its own database, and fails by itself. */
function byWorkspace<Asked extends { readonly workspaceId: string }, Answer>(
  database: Pick<Database, 'ofWorkspace'>,
  load: (own: WorkspaceDatabase, asked: readonly Asked[]) => Promise<Answer[]>,
): (asked: readonly Asked[]) => Promise<(Answer | Error)[]> {
  return async (asked) => {
    const answers = new Map<Asked, Answer | Error>();
    const groups = [...Map.groupBy(asked, ({ workspaceId }) => workspaceId)];
    await Promise.all(
      groups.map(async ([workspaceId, own]) => {
        const found = await load(database.ofWorkspace(workspaceId), own).catch((error: Error) => error);
        for (const [index, one] of own.entries())
          answers.set(one, found instanceof Error ? found : (found[index] as Answer));
      }),
    );
    return asked.map((one) => answers.get(one) as Answer | Error);
  };
}

function textOf({ workspaceId, uuid }: RowKey): string {
  return `${workspaceId} ${uuid}`;
}

/** A connection may break under a look-up; that must not cost a live stream a state, so it is made once more. */
async function loadTwice<Row>(
  load: Load<Row>,
  own: WorkspaceDatabase,
  keys: readonly RowKey[],
): Promise<Row[]> {
  return load(own, keys).catch(() => load(own, keys));
}

const findSubscriptions: Statement = {
  // Without a name: prepared, it would fail for as long as a process of this version lives once a later one adds a column.
  text: `SELECT s.* FROM unnest($1::uuid[], $2::uuid[]) AS k (workspace_id, id)
    JOIN webhook_subscription s ON s.workspace_id = k.workspace_id AND s.id = k.id`,
};

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

// An event's deliveries are one range of the primary key: their ids begin with the first eleven bytes of the event's. The range
// comes with the key: what a statement makes of other rows' values, row-level security keeps from the index.
const findEventDeliveries: Statement = {
  name: 'find-event-deliveries',
  text: `SELECT ${deliveryColumns} FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[]) AS k (workspace_id, id, lowest, highest)
    JOIN delivery d ON d.workspace_id = k.workspace_id AND d.event_id = k.id AND d.id BETWEEN k.lowest AND k.highest
    ORDER BY d.id`,
};
