import { failingAfterMs, isFailing } from '../../rules/delivery-states.js';
import type { Database } from '../../storage/database.js';
import type { Statement } from '../../storage/statement.js';
import type { EndedAttempt, FailureStreak } from './record-attempts.js';

/** Disables the subscriptions whose endpoints answered 410 Gone. */
export async function disableGone(database: Database, batch: readonly EndedAttempt[]): Promise<void> {
  const gone = batch.filter(
    ({ verdict }) => verdict.status === 'FAILED' && verdict.failureReason === 'ENDPOINT_GONE',
  );
  if (gone.length > 0)
    await database.query(disable, [
      [...new Set(gone.map(({ delivery }) => delivery.subscriptionId))],
      'GONE',
    ]);
}

/** Disables the subscriptions whose attempts have all failed for too long. */
export async function disableFailing(
  database: Database,
  streaks: readonly FailureStreak[],
  nowMs: number,
): Promise<void> {
  // Of a long streak few failures may be recent, as when it was not sent to meanwhile: that is looked at only where it matters.
  const suspects = streaks.filter((streak) =>
    isFailing(streak.failuresInARow, streak.failingSince?.getTime(), nowMs),
  );
  if (suspects.length === 0) return;
  const rows = await database.query<{ subscriptionId: string; failures: number }>(countFailuresInTime, [
    suspects.map(({ subscriptionId }) => subscriptionId),
    new Date(nowMs - failingAfterMs),
  ]);
  const failuresInTime = new Map(rows.map(({ subscriptionId, failures }) => [subscriptionId, failures]));
  const failing = suspects.filter(({ subscriptionId, failingSince }) =>
    isFailing(failuresInTime.get(subscriptionId) ?? 0, failingSince?.getTime(), nowMs),
  );
  if (failing.length > 0)
    await database.query(disable, [failing.map(({ subscriptionId }) => subscriptionId), 'FAILING']);
}

// The ten newest attempts tell whether there are ten in time, and all of them have failed: the streak is older.
const countFailuresInTime: Statement = {
  name: 'count-failures-in-time',
  text: `SELECT s.id AS "subscriptionId", count(*) FILTER (WHERE a.started_at >= $2)::integer AS failures
    FROM unnest($1::uuid[]) AS s (id)
    CROSS JOIN LATERAL (
      SELECT started_at FROM attempt
      WHERE subscription_id = s.id AND outcome <> 'INTERRUPTED' ORDER BY id DESC LIMIT 10
    ) a
    GROUP BY s.id`,
};

const disable: Statement = {
  name: 'disable-subscriptions',
  text: `WITH disabled AS (
      UPDATE webhook_subscription SET status = 'DISABLED', disabled_reason = $2, updated_at = now(), revision = revision + 1
      WHERE id = ANY ($1::uuid[]) AND status = 'ACTIVE' AND deleted_at IS NULL
      RETURNING id
    )
    UPDATE subscription_counter SET failing_since = NULL, failures_in_a_row = 0
    WHERE subscription_id IN (SELECT id FROM disabled)`,
};
