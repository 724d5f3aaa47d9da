import { type UserError, userError } from '../graphql/user-error.js';
import { afterResend } from '../rules/delivery-states.js';
import { fromTypeId } from '../storage/typeid.js';
import type { WorkspaceDatabase } from '../storage/workspace-database.js';
import { Delivery, type DeliveryRow, deliveryColumns, markChanged } from './delivery.entity.js';

/** Has a delivery sent once more, now; or tells why not. */
export async function resendDelivery(
  database: WorkspaceDatabase,
  workspaceId: string,
  id: string,
): Promise<{ delivery: Delivery } | { error: UserError }> {
  const uuid = fromTypeId('dlv', id);
  return database.transactional(async (query) => {
    const [row] = await query<LockedRow>({ text: lock }, [workspaceId, uuid ?? null]);
    const next = row && afterResend(row.status, row.retryStep);
    const error = refusal(row, next !== undefined);
    if (error || !row || !next) return { error: error ?? inProgress() };
    const moved = await query<DeliveryRow>({ text: move }, [workspaceId, uuid, next.status, next.retryStep]);
    await query({ text: uncount }, [row.subscriptionId, row.status]);
    return { delivery: new Delivery(moved[0] as DeliveryRow) };
  });
}

interface LockedRow extends Pick<DeliveryRow, 'status' | 'retryStep' | 'subscriptionId'> {
  readonly subscriptionStatus: string;
  readonly deleted: boolean;
}

function refusal(row: LockedRow | undefined, isMovable: boolean): UserError | undefined {
  const field = ['id'];
  if (!row) return userError('DELIVERY_NOT_FOUND', 'The workspace has no delivery of this id.', field);
  if (row.deleted)
    return userError('SUBSCRIPTION_NOT_FOUND', 'The subscription of this delivery has been deleted.', field);
  if (!isMovable) return inProgress();
  return row.subscriptionStatus === 'ACTIVE'
    ? undefined
    : userError(
        'SUBSCRIPTION_NOT_ACTIVE',
        `The subscription of this delivery is ${row.subscriptionStatus}; set it ACTIVE first.`,
        field,
      );
}

function inProgress(): UserError {
  return userError(
    'DELIVERY_IN_PROGRESS',
    'An attempt of this delivery is under way; ask again when it has ended.',
    ['id'],
  );
}

const lock = `SELECT d.status, d.retry_step AS "retryStep", d.subscription_id AS "subscriptionId", s.status AS "subscriptionStatus",
    s.deleted_at IS NOT NULL AS deleted
  FROM delivery d JOIN webhook_subscription s ON s.id = d.subscription_id
  WHERE d.workspace_id = $1 AND d.id = $2::uuid FOR UPDATE OF d`;

const move = `UPDATE delivery d SET status = $3, retry_step = $4, next_trigger = 'RESEND', next_attempt_at = now(),
    failure_reason = NULL, skip_reason = NULL, completed_at = NULL, ${markChanged}
  WHERE workspace_id = $1 AND id = $2::uuid RETURNING ${deliveryColumns}`;

// It no longer stands where it was counted.
const uncount = `UPDATE subscription_counter SET delivered = delivered - ($2 = 'DELIVERED')::integer,
    failed = failed - ($2 = 'FAILED')::integer
  WHERE subscription_id = $1 AND $2 IN ('DELIVERED', 'FAILED')`;
