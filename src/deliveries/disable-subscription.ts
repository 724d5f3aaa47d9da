import { isFailing } from '../rules/delivery-states.js';
import type { Database, Statement } from '../storage/database.js';
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
  const failing = streaks.filter((streak) =>
    isFailing(streak.failuresInARow, streak.failingSince?.getTime(), nowMs),
  );
  if (failing.length > 0)
    await database.query(disable, [failing.map((streak) => streak.subscriptionId), 'FAILING']);
}

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
