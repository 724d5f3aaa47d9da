import type { Logger } from 'pino';
import type { Database } from '../../storage/database.js';
import type { Statement } from '../../storage/statement.js';
import { markChanged } from '../delivery.entity.js';
import type { ClaimedDelivery } from './claim-due.js';

/** When what cannot be sent at present is tried again. */
export const afterUnsendableSeconds = 60;

/**
 * Gives claims back that no attempt is made of: their attempt counts as never begun, and they are due again after so many
 * seconds. What has been deleted meanwhile is CANCELED by the next sweep. Never rejects: what fails here, the sweep takes back.
 */
export async function giveBack(
  { database, log }: { database: Database; log: Logger },
  claimed: readonly ClaimedDelivery[],
  afterSeconds: number,
): Promise<void> {
  if (claimed.length === 0) return;
  try {
    await database.query(handBack, [
      claimed.map((one) => one.workspaceId),
      claimed.map((one) => one.uuid),
      claimed.map((one) => one.leaseEpoch),
      afterSeconds,
    ]);
  } catch (error) {
    log.error(
      { err: error, deliveries: claimed.length },
      'claims could not be given back; the sweep takes them back',
    );
  }
}

const handBack: Statement = {
  name: 'give-back-claims',
  text: `UPDATE delivery d SET status = CASE WHEN attempt_count > 1 THEN 'RETRYING' ELSE 'PENDING' END,
      attempt_count = attempt_count - 1, next_attempt_at = now() + $4::integer * interval '1 second', leased_by = NULL,
      lease_until = NULL, ${markChanged}
    FROM unnest($1::uuid[], $2::uuid[], $3::integer[]) AS c (workspace_id, id, epoch)
    WHERE d.workspace_id = c.workspace_id AND d.id = c.id AND d.lease_epoch = c.epoch AND d.status = 'SENDING'`,
};
