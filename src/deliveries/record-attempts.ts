import type { Verdict } from '../rules/delivery-states.js';
import type { Outcome } from '../rules/outcome.js';
import type { Database, Statement } from '../storage/database.js';
import type { ClaimedDelivery } from './claim-due.js';
import { markChanged } from './delivery.entity.js';
import type { SendResult } from './http-client.js';

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
 * counters. An attempt whose lease was taken back is kept, in place of the INTERRUPTED one that stood for it; its delivery is
 * left alone. Gives back the subscriptions whose attempts fail.
 */
export async function recordAttempts(
  database: Database,
  ended: readonly EndedAttempt[],
): Promise<FailureStreak[]> {
  const of = <T>(pick: (attempt: EndedAttempt) => T) => ended.map(pick);
  return database.query<FailureStreak>(record, [
    of(({ delivery }) => delivery.workspaceId),
    of(({ delivery }) => delivery.uuid),
    of(({ delivery }) => delivery.attemptId),
    of(({ delivery }) => delivery.subscriptionId),
    of(({ delivery }) => delivery.leaseEpoch),
    of(({ delivery }) => delivery.attemptNumber),
    of(({ delivery }) => delivery.trigger),
    of(({ result, succeeded }) => outcomeName(result.outcome, succeeded)),
    of(({ result }) => new Date(result.startedAtMs)),
    of(({ result }) => Math.round(result.durationMs)),
    of(({ url }) => url),
    of(({ requestHeaders }) => requestHeaders),
    of(({ ownHeaders }) => ownHeaders),
    of(({ result }) => result.response?.statusCode ?? null),
    of(({ result }) => (result.response ? JSON.stringify(result.response.headers) : null)),
    of(({ result }) => result.response?.body ?? null),
    of(({ result }) => result.response?.bodyTruncated ?? false),
    of(({ error }) => error),
    of(({ verdict }) => verdict.status),
    of(({ verdict }) => (verdict.status === 'FAILED' ? verdict.failureReason : null)),
    of(({ verdict }) => (verdict.status === 'RETRYING' ? new Date(verdict.nextAttemptAtMs) : null)),
    of(({ delivery, verdict }) => (verdict.status === 'RETRYING' ? verdict.retryStep : delivery.retryStep)),
  ]);
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

// Counters are written in the order of their keys, so that two workers never wait for each other in a ring. An interruption
// says nothing about the endpoint, and always leads to RETRYING: it is not counted.
const record: Statement = {
  name: 'record-attempts',
  text: `WITH ended AS (
      SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::integer[], $6::integer[], $7::text[], $8::text[],
        $9::timestamptz[], $10::integer[], $11::text[], $12::text[], $13::bytea[], $14::integer[], $15::text[], $16::bytea[],
        $17::boolean[], $18::text[], $19::text[], $20::text[], $21::timestamptz[], $22::integer[])
      AS e (workspace_id, delivery_id, attempt_id, subscription_id, epoch, number, trigger, outcome, started_at, duration_ms, url,
        request_headers, own_headers, status_code, response_headers, response_body, truncated, error, status, failure_reason,
        next_attempt_at, retry_step)
    ), kept AS (
      INSERT INTO attempt (workspace_id, id, delivery_id, subscription_id, number, trigger, outcome, started_at, duration_ms,
        request_url, request_headers, own_headers, status_code, response_headers, response_body, response_truncated, error)
      SELECT workspace_id, attempt_id, delivery_id, subscription_id, number, trigger, outcome, started_at, duration_ms,
        url, request_headers, own_headers, status_code, response_headers, response_body, truncated, error
      FROM ended
      ON CONFLICT (workspace_id, id) DO UPDATE SET outcome = excluded.outcome, started_at = excluded.started_at,
        duration_ms = excluded.duration_ms, request_headers = excluded.request_headers, own_headers = excluded.own_headers,
        status_code = excluded.status_code, response_headers = excluded.response_headers,
        response_body = excluded.response_body, response_truncated = excluded.response_truncated, error = excluded.error
    ), moved AS (
      UPDATE delivery d SET status = e.status, failure_reason = e.failure_reason, next_attempt_at = e.next_attempt_at,
        retry_step = e.retry_step, next_trigger = CASE WHEN e.outcome = 'INTERRUPTED' THEN e.trigger ELSE 'SCHEDULE' END,
        lease_epoch = e.epoch, attempt_count = e.number, last_status_code = e.status_code, leased_by = NULL,
        lease_until = NULL, completed_at = CASE WHEN e.status IN ('DELIVERED', 'FAILED') THEN now() END, ${markChanged}
      FROM ended e
      WHERE d.workspace_id = e.workspace_id AND d.id = e.delivery_id AND (
        d.lease_epoch = e.epoch AND d.leased_by IS NOT NULL
        -- The claim was lost in a crash of PostgreSQL, and nobody has claimed since.
        OR d.lease_epoch = e.epoch - 1 AND d.leased_by IS NULL AND d.attempt_count = e.number - 1)
      RETURNING d.subscription_id, d.status
    ), settled AS (
      SELECT subscription_id, count(*) FILTER (WHERE status = 'DELIVERED') AS delivered,
        count(*) FILTER (WHERE status = 'FAILED') AS failed
      FROM moved GROUP BY subscription_id
    ), tally AS (
      SELECT workspace_id, subscription_id, count(*) FILTER (WHERE outcome <> 'SUCCEEDED') AS failures,
        bool_or(outcome = 'SUCCEEDED') AS succeeded, min(started_at) AS since,
        max(started_at + duration_ms * interval '1 millisecond') AS ended_at
      FROM ended WHERE outcome <> 'INTERRUPTED' GROUP BY workspace_id, subscription_id
    )
    INSERT INTO subscription_counter AS c
      (workspace_id, subscription_id, delivered, failed, last_delivery, failing_since, failures_in_a_row)
    SELECT workspace_id, subscription_id, coalesce(delivered, 0), coalesce(failed, 0), ended_at,
      CASE WHEN NOT succeeded THEN since END, CASE WHEN succeeded THEN 0 ELSE failures END
    FROM tally LEFT JOIN settled USING (subscription_id) ORDER BY subscription_id
    ON CONFLICT (subscription_id) DO UPDATE SET
      delivered = c.delivered + excluded.delivered, failed = c.failed + excluded.failed,
      last_delivery = greatest(c.last_delivery, excluded.last_delivery),
      failing_since = CASE WHEN excluded.failing_since IS NOT NULL THEN coalesce(c.failing_since, excluded.failing_since) END,
      failures_in_a_row = CASE WHEN excluded.failing_since IS NULL THEN 0 ELSE c.failures_in_a_row + excluded.failures_in_a_row END
    RETURNING c.workspace_id AS "workspaceId", c.subscription_id AS "subscriptionId", c.failures_in_a_row AS "failuresInARow",
      c.failing_since AS "failingSince"`,
};
