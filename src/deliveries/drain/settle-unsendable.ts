import type { Database } from '../../storage/database.js';
import { fewRows, type Statement } from '../../storage/statement.js';
import { zeroUuid } from '../../storage/typeid.js';
import { markChanged } from '../delivery.entity.js';
import { waitingSubscriptions, withSubscription } from './claim-due.js';

/**
 * Settles what waits and is not to be sent: deliveries of deleted subscriptions are CANCELED, due ones of subscriptions that are
 * not ACTIVE are SKIPPED. A thousand of a subscription and ten thousand in all at a time; gives back how many it settled.
 */
export async function settleUnsendable(database: Pick<Database, 'query'>): Promise<number> {
  return (await database.query(settle, [zeroUuid])).length;
}

const settle: Statement = {
  name: 'settle-unsendable',
  text: `WITH ${waitingSubscriptions}, settled AS (
      SELECT d.workspace_id, d.id, s.deleted_at IS NOT NULL AS deleted, s.status
      FROM waiting w
      ${withSubscription}
      CROSS JOIN LATERAL (
        SELECT workspace_id, id FROM delivery
        WHERE waiting_for = w.subscription_id
          AND next_attempt_at <= CASE WHEN s.deleted_at IS NULL THEN now() ELSE 'infinity' END
        LIMIT 1000 FOR UPDATE SKIP LOCKED
      ) d
      WHERE s.status <> 'ACTIVE' OR s.deleted_at IS NOT NULL
      LIMIT 10000
    )
    UPDATE delivery d SET status = CASE WHEN x.deleted THEN 'CANCELED' ELSE 'SKIPPED' END,
      skip_reason = CASE WHEN x.deleted THEN NULL WHEN x.status = 'INACTIVE' THEN 'SUBSCRIPTION_INACTIVE'
        WHEN x.status = 'DISABLED' THEN 'SUBSCRIPTION_DISABLED' ELSE 'SUBSCRIPTION_UNCONFIRMED' END,
      next_attempt_at = NULL, completed_at = now(), ${markChanged}
    FROM ${fewRows('settled', 'x')}
    WHERE d.workspace_id = x.workspace_id AND d.id = x.id
    RETURNING d.id`,
};
