import type { SendResult } from '../../dialer/http-client.js';
import type { Verdict } from '../../rules/delivery-states.js';
import type { Outcome } from '../../rules/outcome.js';
import { byteaArray, plainArray, textArray } from '../../storage/array-values.js';
import type { Database } from '../../storage/database.js';
import type { Statement } from '../../storage/statement.js';
import { markChanged } from '../delivery.entity.js';
import type { ClaimedDelivery } from './claim-due.js';

/** An attempt that has ended, judged. */
export interface EndedAttempt {
  readonly delivery: ClaimedDelivery;
  readonly url: string;
  /** JSON, without the subscription's own headers. */
  readonly requestHeaders: string;
  readonly ownHeaders: Buffer | null;
  readonly result: SendResult;
  readonly verdict: Verdict;
  readonly succeeded: boolean;
  /** For a person; null on success. */
  readonly error: string | null;
}

/** How the attempts of a subscription have gone since its last success. */
export interface FailureStreak {
  readonly workspaceId: string;
  readonly subscriptionId: string;
  readonly failuresInARow: number;
  readonly failingSince: Date | null;
}

/**
 * Records a batch of attempts in one statement: the attempts, the new state of each delivery whose lease is still ours, the
 * counters. What came too late for that is kept by a second one. Gives back the subscriptions whose attempts fail.
 */
export async function recordAttempts(
  database: Database,
  ended: readonly EndedAttempt[],
): Promise<FailureStreak[]> {
  const values = valuesOf(ended);
  const streaks = await database.query<FailureStreak & { moved: number }>(record, values);
  // It is told with every subscription, and of none where all were interrupted: then keeping them changes nothing.
  if (streaks[0]?.moved === ended.length) return streaks;
  return [...streaks, ...(await database.query<FailureStreak>(keepLate, values))];
}

function valuesOf(ended: readonly EndedAttempt[]): (string | Buffer)[] {
  const plain = (pick: (attempt: EndedAttempt) => string | number | boolean | Date | null) =>
    plainArray(ended.map(pick));
  const text = (pick: (attempt: EndedAttempt) => string | null) => textArray(ended.map(pick));
  const bytes = (pick: (attempt: EndedAttempt) => Buffer | null) => byteaArray(ended.map(pick));
  return [
    plain(({ delivery }) => delivery.workspaceId),
    plain(({ delivery }) => delivery.uuid),
    plain(({ delivery }) => delivery.attemptId),
    plain(({ delivery }) => delivery.subscriptionId),
    plain(({ delivery }) => delivery.leaseEpoch),
    plain(({ delivery }) => delivery.attemptNumber),
    plain(({ delivery }) => delivery.trigger),
    plain(({ result, succeeded }) => outcomeName(result.outcome, succeeded)),
    plain(({ result }) => new Date(result.startedAtMs)),
    plain(({ result }) => Math.round(result.durationMs)),
    text(({ url }) => url),
    text(({ requestHeaders }) => requestHeaders),
    bytes(({ ownHeaders }) => ownHeaders),
    plain(({ result }) => result.response?.statusCode ?? null),
    text(({ result }) => result.response?.headers ?? null),
    bytes(({ result }) => result.response?.body ?? null),
    plain(({ result }) => result.response?.bodyTruncated ?? false),
    text(({ error }) => error),
    plain(({ verdict }) => verdict.status),
    plain(({ verdict }) => (verdict.status === 'FAILED' ? verdict.failureReason : null)),
    plain(({ verdict }) => (verdict.status === 'RETRYING' ? new Date(verdict.nextAttemptAtMs) : null)),
    plain(({ delivery, verdict }) =>
      verdict.status === 'RETRYING' ? verdict.retryStep : delivery.retryStep,
    ),
  ];
}

/** What the API calls an outcome. */
function outcomeName(outcome: Outcome, succeeded: boolean): string {
  switch (outcome.kind) {
    case 'responded':
      return succeeded ? 'SUCCEEDED' : 'REJECTED';
    case 'timedOut':
      return 'TIMED_OUT';
    case 'connectionFailed':
      return 'CONNECTION_FAILED';
    case 'addressRefused':
      return 'ADDRESS_REFUSED';
    case 'interrupted':
      return 'INTERRUPTED';
  }
}

const given = `ended AS (
      SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::integer[], $6::integer[], $7::text[], $8::text[],
        $9::timestamptz[], $10::integer[], $11::text[], $12::text[], $13::bytea[], $14::integer[], $15::text[], $16::bytea[],
        $17::boolean[], $18::text[], $19::text[], $20::text[], $21::timestamptz[], $22::integer[])
      AS e (workspace_id, delivery_id, attempt_id, subscription_id, epoch, number, trigger, outcome, started_at, duration_ms, url,
        request_headers, own_headers, status_code, response_headers, response_body, truncated, error, status, failure_reason,
        next_attempt_at, retry_step)
    )`;

const keep = `INSERT INTO attempt (workspace_id, id, delivery_id, subscription_id, number, trigger, outcome, started_at, duration_ms,
        request_url, request_headers, own_headers, status_code, response_headers, response_body, response_truncated, error)
      SELECT e.workspace_id, e.attempt_id, e.delivery_id, e.subscription_id, m.number, e.trigger, e.outcome, e.started_at,
        e.duration_ms, e.url, e.request_headers, e.own_headers, e.status_code, e.response_headers, e.response_body, e.truncated, e.error
      FROM ended e JOIN`;

// Counters are written in the order of their keys, so that two workers never wait for each other in a ring. An interruption
// says nothing about the endpoint, and always leads to RETRYING: it is not counted.
const tally = `tally AS (
      SELECT workspace_id, subscription_id, count(*) FILTER (WHERE outcome <> 'SUCCEEDED') AS failures,
        bool_or(outcome = 'SUCCEEDED') AS succeeded, min(started_at) AS since,
        max(started_at + duration_ms * interval '1 millisecond') AS ended_at
      FROM counted WHERE outcome <> 'INTERRUPTED' GROUP BY workspace_id, subscription_id
    )`;

const countTally = `ON CONFLICT (subscription_id) DO UPDATE SET
      delivered = c.delivered + excluded.delivered, failed = c.failed + excluded.failed,
      last_delivery = greatest(c.last_delivery, excluded.last_delivery),
      failing_since = CASE WHEN excluded.failing_since IS NOT NULL THEN coalesce(c.failing_since, excluded.failing_since) END,
      failures_in_a_row = CASE WHEN excluded.failing_since IS NULL THEN 0 ELSE c.failures_in_a_row + excluded.failures_in_a_row END
    RETURNING c.workspace_id AS "workspaceId", c.subscription_id AS "subscriptionId", c.failures_in_a_row AS "failuresInARow",
      c.failing_since AS "failingSince"`;

// An attempt has the number that the delivery's count says: one that came late may have taken its own (see `keepLate`).
const record: Statement = {
  name: 'record-attempts',
  text: `WITH ${given}, moved AS (
      UPDATE delivery d SET status = e.status, failure_reason = e.failure_reason, next_attempt_at = e.next_attempt_at,
        retry_step = e.retry_step, next_trigger = CASE WHEN e.outcome = 'INTERRUPTED' THEN e.trigger ELSE 'SCHEDULE' END,
        lease_epoch = e.epoch, attempt_id = e.attempt_id, attempt_count = d.attempt_count + (d.leased_by IS NULL)::integer,
        last_status_code = e.status_code, leased_by = NULL, lease_until = NULL,
        completed_at = CASE WHEN e.status IN ('DELIVERED', 'FAILED') THEN now() END, ${markChanged}
      FROM ended e
      WHERE d.workspace_id = e.workspace_id AND d.id = e.delivery_id AND (
        d.attempt_id = e.attempt_id AND d.leased_by IS NOT NULL
        -- The claim was lost in a crash of PostgreSQL, and nobody has claimed since.
        OR d.lease_epoch = e.epoch - 1 AND d.leased_by IS NULL AND d.attempt_count = e.number - 1)
      RETURNING e.attempt_id, d.attempt_count AS number, d.subscription_id, d.status
    ), counted AS (
      ${keep} moved m USING (attempt_id)
      ON CONFLICT DO NOTHING
      RETURNING workspace_id, subscription_id, outcome, started_at, duration_ms
    ), settled AS (
      SELECT subscription_id, count(*) FILTER (WHERE status = 'DELIVERED') AS delivered,
        count(*) FILTER (WHERE status = 'FAILED') AS failed
      FROM moved GROUP BY subscription_id
    ), ${tally}
    INSERT INTO subscription_counter AS c
      (workspace_id, subscription_id, delivered, failed, last_delivery, failing_since, failures_in_a_row)
    SELECT workspace_id, subscription_id, coalesce(delivered, 0), coalesce(failed, 0), ended_at,
      CASE WHEN NOT succeeded THEN since END, CASE WHEN succeeded THEN 0 ELSE failures END
    FROM tally LEFT JOIN settled USING (subscription_id) ORDER BY subscription_id
    ${countTally}, (SELECT count(*)::integer FROM moved) AS moved`,
};

// Three kinds of attempts come late. One is on record as INTERRUPTED: its outcome takes that one's place. One is on record with
// its outcome, since the answer to that statement was lost: nothing is counted twice. And one whose claim was lost in a crash of
// PostgreSQL, before somebody else claimed the delivery anew, under the same number: it is kept with that number, and the claim
// that stands gets the next. In every case the delivery's state is left alone.
const keepLate: Statement = {
  name: 'keep-late-attempts',
  text: `WITH ${given}, replaced AS (
      UPDATE attempt a SET outcome = e.outcome, started_at = e.started_at, duration_ms = e.duration_ms,
        request_headers = e.request_headers, own_headers = e.own_headers, status_code = e.status_code,
        response_headers = e.response_headers, response_body = e.response_body, response_truncated = e.truncated, error = e.error
      FROM ended e WHERE a.workspace_id = e.workspace_id AND a.id = e.attempt_id AND a.outcome = 'INTERRUPTED'
      RETURNING a.workspace_id, a.subscription_id, a.outcome, a.started_at, a.duration_ms
    ), stray AS (
      UPDATE delivery d SET attempt_count = attempt_count + 1, ${markChanged}
      FROM ended e
      WHERE d.workspace_id = e.workspace_id AND d.id = e.delivery_id AND NOT EXISTS (
        SELECT FROM attempt a WHERE a.workspace_id = e.workspace_id AND a.id = e.attempt_id)
      RETURNING e.attempt_id, d.attempt_count - (d.leased_by IS NOT NULL)::integer AS number
    ), kept AS (
      ${keep} stray m USING (attempt_id)
      RETURNING workspace_id, subscription_id, outcome, started_at, duration_ms
    ), counted AS (
      SELECT * FROM replaced UNION ALL SELECT * FROM kept
    ), ${tally}
    INSERT INTO subscription_counter AS c
      (workspace_id, subscription_id, last_delivery, failing_since, failures_in_a_row)
    SELECT workspace_id, subscription_id, ended_at,
      CASE WHEN NOT succeeded THEN since END, CASE WHEN succeeded THEN 0 ELSE failures END
    FROM tally ORDER BY subscription_id
    ${countTally}`,
};
