import type { Admitted } from '../../events/admission.js';
import { leaseSeconds } from '../../rules/delivery-states.js';
import type { Database } from '../../storage/database.js';
import { fewRows, type Statement } from '../../storage/statement.js';
import { newUuid, zeroUuid } from '../../storage/typeid.js';
import { markChanged } from '../delivery.entity.js';

// What could not begin in time, because the machine was busy, is made up for so far, and no further.
const lateMs = 100;

/** A delivery that this worker has claimed, with all that an attempt needs but the subscription's own part. */
export interface ClaimedDelivery {
  readonly uuid: string;
  readonly workspaceId: string;
  readonly subscriptionId: string;
  /** Which revision of the subscription is the current one. */
  readonly subscriptionRevision: number;
  readonly eventId: string;
  readonly eventType: string;
  readonly payload: string;
  /** Unix time. */
  readonly eventCreatedAtMs: number;
  /** The API key's uuid; null for an event of an earlier version. */
  readonly publishedBy: string | null;
  readonly attemptId: string;
  /** From 1. */
  readonly attemptNumber: number;
  readonly trigger: string;
  readonly retryStep: number | null;
  readonly leaseEpoch: number;
  /** Kept from the first attempt, where the profile signs messages; else it is made again. */
  readonly body: Buffer | null;
  /** When its attempt is to begin, where the subscription has a rate that is to be kept to. */
  readonly start?: PlannedStart;
}

/** The place of an attempt in its subscription's rate. */
export interface PlannedStart {
  /** On the clock of performance.now(). */
  readonly atMs: number;
  /** The one after it is to begin so much later. */
  readonly intervalMs: number;
}

/** How much may be claimed, and for whom. */
export interface ClaimRequest {
  readonly worker: number;
  /** How many deliveries at most. */
  readonly limit: number;
  /** How many of one subscription at most, where `rooms` does not say. */
  readonly roomEach: number;
  /** Subscriptions that have other room: what their windows, and their part of this claim, leave them. */
  readonly rooms: ReadonlyMap<string, number>;
  /** How far ahead of their moment deliveries are claimed whose subscription has a rate. */
  readonly aheadMs: number;
}

/**
 * The subscriptions that have deliveries waiting, found by skipping from one to the next in the index: what it costs depends on
 * how many subscriptions wait, and not on how many deliveries do. `$1` is the subscription to begin behind.
 */
export const waitingSubscriptions = `RECURSIVE waiting (subscription_id) AS (
    (SELECT waiting_for FROM delivery WHERE waiting_for > $1 ORDER BY waiting_for LIMIT 1)
    UNION ALL
    SELECT (SELECT d.waiting_for FROM delivery d WHERE d.waiting_for > w.subscription_id ORDER BY d.waiting_for LIMIT 1)
    FROM waiting w WHERE w.subscription_id IS NOT NULL
  )`;

/**
 * Joins its row to each of `waiting w`, one by one and in their order: a plan that was made while there were few subscriptions would
 * else read all that there are, and for each of them all that wait. OFFSET keeps the planner from making one join of it.
 */
export const withSubscription = `CROSS JOIN LATERAL (
        SELECT * FROM webhook_subscription WHERE id = w.subscription_id OFFSET 0
      ) s`;

/**
 * Claims due deliveries for a worker: they are SENDING under its lease from now on, and their attempt has its number. It goes
 * from subscription to subscription, beginning behind `afterSubscription`, so that all get their turn.
 */
export async function claimDue(
  database: Pick<Database, 'query'>,
  request: ClaimRequest,
  afterSubscription: string,
): Promise<ClaimedDelivery[]> {
  const claimed = await claimBy(claim, database, request, afterSubscription);
  const wrapped = claimed.length === 0 && afterSubscription !== zeroUuid;
  return wrapped ? claimDue(database, request, zeroUuid) : claimed;
}

/** Claims due deliveries of these subscriptions alone. */
export async function claimDueOf(
  database: Pick<Database, 'query'>,
  request: ClaimRequest,
  subscriptionIds: readonly string[],
): Promise<ClaimedDelivery[]> {
  return claimBy(claimOf, database, request, subscriptionIds);
}

interface ClaimedRow extends Omit<ClaimedDelivery, 'start'> {
  /** Attempts a second; null: as many as may be. */
  readonly rate: number | null;
  /** From the claim to the first of the starts that it planned for the row's subscription. */
  readonly firstStartInMs: number | null;
}

async function claimBy(
  statement: Statement,
  database: Pick<Database, 'query'>,
  request: ClaimRequest,
  from: string | readonly string[],
): Promise<ClaimedDelivery[]> {
  const rows = await database.query<ClaimedRow>(statement, [
    from,
    Object.fromEntries(request.rooms),
    request.roomEach,
    request.limit,
    request.worker,
    newUuid(),
    request.aheadMs,
  ]);
  return withStarts(rows, performance.now());
}

/** PostgreSQL counts from the end of the claim, so that nothing depends on the clocks of the machines that workers run on. */
function withStarts(rows: readonly ClaimedRow[], nowMs: number): ClaimedDelivery[] {
  const counts = new Map<string, number>();
  return rows.map((row) => {
    if (row.rate === null || row.firstStartInMs === null) return row;
    const earlier = counts.get(row.subscriptionId) ?? 0;
    counts.set(row.subscriptionId, earlier + 1);
    const intervalMs = 1000 / row.rate;
    return { ...row, start: { atMs: nowMs + row.firstStartInMs + earlier * intervalMs, intervalMs } };
  });
}

/** A new delivery as if it had been claimed: that is how it was stored. */
export function claimedAtBirth({ event, place, ...delivery }: Admitted): ClaimedDelivery {
  return {
    uuid: delivery.uuid,
    workspaceId: event.workspaceId,
    subscriptionId: delivery.subscriptionId,
    subscriptionRevision: delivery.subscriptionRevision,
    eventId: event.uuid,
    eventType: event.type,
    payload: event.payload,
    eventCreatedAtMs: event.createdAt.getTime(),
    publishedBy: event.publishedBy,
    attemptId: place.attemptId,
    attemptNumber: 1,
    trigger: 'SCHEDULE',
    retryStep: 0,
    leaseEpoch: 1,
    body: null,
  };
}

// A claim does not wait for the disk: one that is lost with PostgreSQL leaves its delivery due, and the next commit that does
// wait writes it too. The ids of a claim's attempts have the first eleven bytes of one new id, and are counted by the last five.
// Where there is a rate, whoever holds the row of attempt_rate plans the next starts, and others pass it by.
const claimFrom = (name: string, waiting: string): Statement => ({
  name,
  text: `WITH ${waiting}, due AS (
      SELECT d.workspace_id, d.id, s.id AS subscription_id, s.revision, s.max_attempts_per_second AS rate, next.start_at
      FROM waiting w
      ${withSubscription}
      LEFT JOIN LATERAL (
        SELECT greatest(last_start_at + interval '1 second' / s.max_attempts_per_second,
          now() - interval '${lateMs} milliseconds') AS start_at
        FROM attempt_rate
        WHERE s.max_attempts_per_second IS NOT NULL AND subscription_id = w.subscription_id FOR UPDATE SKIP LOCKED
      ) next ON true
      CROSS JOIN LATERAL (
        SELECT coalesce(($2::jsonb ->> w.subscription_id::text)::integer, $3::integer) AS left_over
      ) room
      CROSS JOIN LATERAL (
        SELECT CASE WHEN s.max_attempts_per_second IS NULL THEN room.left_over
          WHEN next.start_at IS NULL THEN 0
          ELSE least(room.left_over, greatest(0, 1 + floor(s.max_attempts_per_second
            * extract(epoch FROM now() + $7::integer * interval '1 millisecond' - next.start_at))::integer)) END AS count
      ) most
      CROSS JOIN LATERAL (
        SELECT workspace_id, id FROM delivery
        WHERE waiting_for = w.subscription_id AND next_attempt_at <= now()
        ORDER BY next_attempt_at LIMIT most.count FOR UPDATE SKIP LOCKED
      ) d
      WHERE s.status = 'ACTIVE' AND s.deleted_at IS NULL
      LIMIT $4
    ), planned AS (
      UPDATE attempt_rate r SET last_start_at = c.start_at + (c.count - 1) * interval '1 second' / c.rate
      FROM (SELECT subscription_id, rate, start_at, count(*) FROM due WHERE rate IS NOT NULL GROUP BY 1, 2, 3) c
      WHERE r.subscription_id = c.subscription_id
    ), claimed AS (
      UPDATE delivery d SET status = 'SENDING', leased_by = $5, lease_until = now() + interval '${leaseSeconds} seconds',
        lease_epoch = lease_epoch + 1, attempt_count = attempt_count + 1, attempt_id = (left($6::text, 26) || lpad(to_hex(c.place), 10, '0'))::uuid,
        attempt_started_at = now(), next_attempt_at = NULL, completed_at = NULL, failure_reason = NULL, skip_reason = NULL, ${markChanged}
      FROM ${fewRows('due', 'c')}
      WHERE d.workspace_id = c.workspace_id AND d.id = c.id
      RETURNING d.*, c.revision, c.rate, c.start_at
    )
    SELECT c.id AS uuid, c.workspace_id AS "workspaceId", c.subscription_id AS "subscriptionId",
      c.revision AS "subscriptionRevision", c.event_id AS "eventId", c.event_type AS "eventType", e.payload,
      (extract(epoch FROM e.created_at) * 1000)::float8 AS "eventCreatedAtMs", e.published_by AS "publishedBy", c.attempt_id AS "attemptId", c.attempt_count AS "attemptNumber",
      c.next_trigger AS trigger, c.retry_step AS "retryStep", c.lease_epoch AS "leaseEpoch", c.body,
      c.rate, (extract(epoch FROM c.start_at - clock_timestamp()) * 1000)::float8 AS "firstStartInMs"
    FROM claimed c
    CROSS JOIN LATERAL (SELECT * FROM event WHERE workspace_id = c.workspace_id AND id = c.event_id OFFSET 0) e
    CROSS JOIN (SELECT set_config('synchronous_commit', 'off', true)) AS relaxed`,
});

const claim = claimFrom('claim-due', waitingSubscriptions);
const claimOf = claimFrom('claim-due-of', 'waiting (subscription_id) AS (SELECT * FROM unnest($1::uuid[]))');
