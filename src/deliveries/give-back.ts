import type { Database, Statement } from '../storage/database.js';
import type { ClaimedDelivery } from './claim-due.js';
import { markChanged } from './delivery.entity.js';

/**
 * Gives claims back that no attempt can be made of: their attempt counts as never begun, and they are due again in a minute.
 * What has been deleted meanwhile is CANCELED by the next sweep.
 */
export async function giveBack(database: Database, claimed: readonly ClaimedDelivery[]): Promise<void> {
  if (claimed.length === 0) return;
  await database.query(handBack, [
    claimed.map((one) => one.workspaceId),
    claimed.map((one) => one.uuid),
    claimed.map((one) => one.leaseEpoch),
  ]);
}

const handBack: Statement = {
  name: 'give-back-claims',
  text: `UPDATE delivery d SET status = CASE WHEN attempt_count > 1 THEN 'RETRYING' ELSE 'PENDING' END,
      attempt_count = attempt_count - 1, next_attempt_at = now() + interval '1 minute', leased_by = NULL,
      lease_until = NULL, ${markChanged}
    FROM unnest($1::uuid[], $2::uuid[], $3::integer[]) AS c (workspace_id, id, epoch)
    WHERE d.workspace_id = c.workspace_id AND d.id = c.id AND d.lease_epoch = c.epoch AND d.status = 'SENDING'`,
};
