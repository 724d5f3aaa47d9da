import type { Pool } from 'pg';
import { toTypeId } from '../../src/storage/typeid.js';
import { type Asked, askGraphql } from './ask-graphql.js';

/** What the database says in the end. */
export interface FinalState {
  readonly events: readonly { readonly id: string; readonly key: string | null; readonly payload: string }[];
  readonly deliveries: readonly FinalDelivery[];
  readonly subscriptions: readonly FinalSubscription[];
  /** The other subscriptions that have not been deleted. */
  readonly managed: readonly { readonly id: string; readonly description: string }[];
}

/** A delivery with its attempts, by their numbers. */
export interface FinalDelivery {
  readonly id: string;
  readonly eventId: string;
  readonly endpoint: string;
  readonly status: string;
  readonly failureReason: string | null;
  readonly attemptCount: number;
  readonly attempts: readonly FinalAttempt[];
}

/** An attempt as it is on record. */
export interface FinalAttempt {
  readonly number: number;
  readonly trigger: string;
  readonly outcome: string;
  readonly startedMs: number;
  readonly endedMs: number;
}

/** A subscription, with its counters as the API tells them. */
export interface FinalSubscription {
  readonly endpoint: string;
  readonly status: string;
  readonly disabledReason: string | null;
  readonly deliveryCount: number;
  readonly failureCount: number;
  readonly lastDeliveryMs: number | null;
  readonly failuresInARow: number;
}

interface ShownSubscription {
  readonly status: string;
  readonly disabledReason: string | null;
  readonly deliveryCount: number;
  readonly failureCount: number;
  readonly lastDelivery: string | null;
}

/** Reads it; `subscriptions` are the ids by the endpoints' names. */
export async function readFinalState(
  database: Pool,
  api: Asked,
  subscriptions: ReadonlyMap<string, string>,
): Promise<FinalState> {
  const endpoints = new Map([...subscriptions].map(([endpoint, id]) => [id, endpoint]));
  const events = await database.query('SELECT id, idempotency_key AS key, payload FROM event');
  const deliveries = await database.query(readDeliveries);
  const managed = await database.query(readManaged);
  return {
    events: events.rows.map((row) => ({ ...row, id: toTypeId('evt', row.id) })),
    deliveries: deliveries.rows.map((row) => ({
      ...row,
      id: toTypeId('dlv', row.id),
      eventId: toTypeId('evt', row.eventId),
      endpoint: endpoints.get(toTypeId('wsub', row.subscriptionId)) ?? '',
    })),
    subscriptions: await Promise.all(
      [...subscriptions].map(([endpoint, id]) => readSubscription(database, api, endpoint, id)),
    ),
    managed: managed.rows.map((row) => ({ ...row, id: toTypeId('wsub', row.id) })),
  };
}

async function readSubscription(
  database: Pool,
  api: Asked,
  endpoint: string,
  id: string,
): Promise<FinalSubscription> {
  const query = `query ($id: ID!) {
    webhookSubscription(id: $id) { status disabledReason deliveryCount failureCount lastDelivery }
  }`;
  const { webhookSubscription } = await askGraphql<{ webhookSubscription: ShownSubscription }>(api, query, {
    id,
  });
  const { lastDelivery, ...shown } = webhookSubscription;
  const { rows } = await database.query(readStreaks, [`%/${endpoint}`]);
  return {
    ...shown,
    endpoint,
    lastDeliveryMs: lastDelivery === null ? null : Date.parse(lastDelivery),
    failuresInARow: rows[0]?.failures ?? 0,
  };
}

const readDeliveries = `SELECT d.id, d.event_id AS "eventId", d.subscription_id AS "subscriptionId", d.status,
    d.failure_reason AS "failureReason", d.attempt_count AS "attemptCount",
    coalesce((SELECT json_agg(json_build_object('number', a.number, 'trigger', a.trigger, 'outcome', a.outcome,
        'startedMs', round(extract(epoch FROM a.started_at) * 1000),
        'endedMs', round(extract(epoch FROM a.started_at) * 1000) + a.duration_ms) ORDER BY a.number, a.id)
      FROM attempt a WHERE a.workspace_id = d.workspace_id AND a.delivery_id = d.id), '[]') AS attempts
  FROM delivery d`;

const readManaged =
  'SELECT id, description FROM webhook_subscription WHERE description IS NOT NULL AND deleted_at IS NULL';

const readStreaks = `SELECT c.failures_in_a_row AS failures
  FROM subscription_counter c JOIN webhook_subscription s ON s.id = c.subscription_id WHERE s.endpoint_url LIKE $1`;
