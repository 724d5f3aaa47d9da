import type { RequiredEntityData } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { Parts } from '../parts.js';
import { profileNamed } from '../profiles/profiles.js';
import { standard } from '../profiles/standard.js';
import { withPlainNumbers } from '../rules/exact-json.js';
import { newUuid } from '../storage/typeid.js';
import { askToConfirm } from './add-confirmation.js';
import { saveEventTypes } from './save-event-types.js';
import { sealHeaders } from './subscription-headers.js';
import type { CreateWebhookSubscriptionInput } from './subscription-input.types.js';
import { newSigningSecret, sealSecret } from './subscription-secrets.js';
import {
  SignatureScheme,
  WebhookSubscription,
  WebhookSubscriptionStatus,
} from './webhook-subscription.entity.js';

/**
 * Stores a subscription that has been checked, and its signing secret, in the caller's transaction; where its profile wants a
 * confirmation, the endpoint is asked for one. `secret` is null for ED25519.
 * @param notification which notification endpoint it is, and the API key that asked for it
 */
export async function storeSubscription(
  parts: Pick<Parts, 'encryption' | 'messageSender'>,
  tx: EntityManager,
  workspaceId: string,
  input: CreateWebhookSubscriptionInput,
  notification?: Pick<WebhookSubscription, 'notificationEndpoint' | 'subscribedBy'>,
): Promise<{ subscription: WebhookSubscription; secret: string | null }> {
  const scheme = input.signatureScheme ?? SignatureScheme.HMAC_SHA256;
  const { secret, publicKey } = newSigningSecret(scheme);
  const profile = profileNamed(input.profile ?? standard.name);
  const subscription = tx.create(WebhookSubscription, {
    uuid: newUuid(),
    workspaceId,
    endpointUrl: input.endpointUrl,
    eventTypes: [...new Set(input.eventTypes)],
    description: input.description ?? null,
    status: input.status ?? WebhookSubscriptionStatus.ACTIVE,
    profileName: profile.name,
    signatureScheme: scheme,
    publicKey,
    ownRetryScheduleSeconds: input.retryPolicy?.scheduleSeconds ?? null,
    timeoutSeconds: input.timeoutSeconds ?? profile.timeoutSeconds,
    filter: withPlainNumbers(input.filter ?? null),
    maxAttemptsPerSecond: input.maxAttemptsPerSecond ?? null,
    ...notification,
  } as unknown as RequiredEntityData<WebhookSubscription>);
  sealHeaders(subscription, input.headers ?? [], parts.encryption);
  const sealed = sealSecret(secret, workspaceId, parts.encryption);
  await tx.persist(subscription).flush();
  await saveEventTypes(tx, subscription);
  await tx.execute(
    'INSERT INTO subscription_secret (id, workspace_id, subscription_id, ciphertext) VALUES (?, ?, ?, ?)',
    [sealed.uuid, workspaceId, subscription.uuid, sealed.ciphertext],
  );
  await askToConfirm(parts, tx, subscription);
  return { subscription, secret: scheme === SignatureScheme.ED25519 ? null : secret };
}
