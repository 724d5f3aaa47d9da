import { LockMode } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import { type UserError, userError } from '../graphql/user-error.js';
import type { Parts } from '../parts.js';
import { findSubscription } from './find-subscription.js';
import { newSigningSecret, sealSecret } from './subscription-secrets.js';
import { subscriptionNotFound } from './update-subscription.js';
import { SignatureScheme, type WebhookSubscription } from './webhook-subscription.entity.js';

const maxGraceSeconds = 604_800;
const maxOldSecrets = 10;

type Rotated =
  | { subscription: WebhookSubscription; secret: string | null; previousSecretExpiresAt: Date | null }
  | { errors: UserError[] };

/** Gives a subscription a new signing secret; the old one signs along for the grace period. */
export async function rotateSecret(
  parts: Pick<Parts, 'encryption'>,
  em: EntityManager,
  workspaceId: string,
  id: string,
  gracePeriodSeconds: number,
): Promise<Rotated> {
  const errors: UserError[] = [];
  if (gracePeriodSeconds < 0 || gracePeriodSeconds > maxGraceSeconds) {
    errors.push(
      userError(
        'INVALID_GRACE_PERIOD',
        `A grace period is 0 to ${maxGraceSeconds} seconds, not ${gracePeriodSeconds}.`,
        ['gracePeriodSeconds'],
      ),
    );
  }
  return em.transactional(async (tx): Promise<Rotated> => {
    const subscription = await findSubscription(tx, workspaceId, id, LockMode.PESSIMISTIC_WRITE);
    if (!subscription) errors.unshift(subscriptionNotFound(['id']));
    if (!subscription || errors.length > 0) return { errors };
    const now = new Date();
    const tooMany = gracePeriodSeconds > 0 ? await tooManyOld(tx, subscription.uuid, now) : undefined;
    if (tooMany) return { errors: [tooMany] };
    const { secret, publicKey } = newSigningSecret(subscription.signatureScheme);
    const sealed = sealSecret(secret, workspaceId, parts.encryption);
    const expiresAt = new Date(now.getTime() + gracePeriodSeconds * 1000);
    await tx.execute(
      'UPDATE subscription_secret SET expires_at = ? WHERE subscription_id = ? AND expires_at IS NULL',
      [expiresAt, subscription.uuid],
    );
    await tx.execute('DELETE FROM subscription_secret WHERE subscription_id = ? AND expires_at <= ?', [
      subscription.uuid,
      now,
    ]);
    await tx.execute(
      'INSERT INTO subscription_secret (id, workspace_id, subscription_id, ciphertext) VALUES (?, ?, ?, ?)',
      [sealed.uuid, workspaceId, subscription.uuid, sealed.ciphertext],
    );
    Object.assign(subscription, { publicKey, updatedAt: now, revision: subscription.revision + 1 });
    await tx.flush();
    return {
      subscription,
      secret: subscription.signatureScheme === SignatureScheme.ED25519 ? null : secret,
      previousSecretExpiresAt: gracePeriodSeconds > 0 ? expiresAt : null,
    };
  });
}

/** Each signs every request: so many may, and what was promised to receivers of an earlier one is kept. */
async function tooManyOld(tx: EntityManager, uuid: string, now: Date): Promise<UserError | undefined> {
  const [old] = await tx.execute<{ count: string; first: Date }[]>(
    'SELECT count(*), min(expires_at) AS first FROM subscription_secret WHERE subscription_id = ? AND expires_at > ?',
    [uuid, now],
  );
  if (!old || Number(old.count) < maxOldSecrets) return undefined;
  return userError(
    'INVALID_GRACE_PERIOD',
    `${maxOldSecrets} earlier secrets sign still, the first of them until ${new Date(old.first).toISOString()}: rotate after that, or with 0 seconds.`,
    ['gracePeriodSeconds'],
  );
}
