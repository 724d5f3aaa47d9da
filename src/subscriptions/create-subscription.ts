import type { RequiredEntityData } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import { knownEventTypes } from '../events/known-event-types.js';
import type { UserError } from '../graphql/user-error.js';
import type { Parts } from '../parts.js';
import { profileNamed } from '../profiles/profiles.js';
import { withPlainNumbers } from '../rules/exact-json.js';
import { newUuid } from '../storage/typeid.js';
import { checkSubscription } from './check-subscription.js';
import { saveEventTypes } from './save-event-types.js';
import { sealHeaders } from './subscription-headers.js';
import type { CreateWebhookSubscriptionInput } from './subscription-input.types.js';
import { newSigningSecret, sealSecret } from './subscription-secrets.js';
import {
  SignatureScheme,
  WebhookSubscription,
  WebhookSubscriptionStatus,
} from './webhook-subscription.entity.js';

type Created = { subscription: WebhookSubscription; secret: string | null } | { errors: UserError[] };

/** Makes a subscription and its signing secret, or tells all faults of the input. */
export async function createSubscription(
  parts: Pick<Parts, 'addressPolicy' | 'encryption'>,
  em: EntityManager,
  workspaceId: string,
  input: CreateWebhookSubscriptionInput,
): Promise<Created> {
  const known = await knownEventTypes(em, workspaceId, input.eventTypes);
  const errors = checkSubscription(
    { ...input, status: input.status ?? undefined },
    parts.addressPolicy,
    known,
  );
  if (errors.length > 0) return { errors };

  const scheme = input.signatureScheme ?? SignatureScheme.HMAC_SHA256;
  const { secret, publicKey } = newSigningSecret(scheme);
  const profile = profileNamed(input.profile ?? 'STANDARD');
  const subscription = em.create(WebhookSubscription, {
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
  } as unknown as RequiredEntityData<WebhookSubscription>);
  sealHeaders(subscription, input.headers ?? [], parts.encryption);
  const sealed = sealSecret(secret, workspaceId, parts.encryption);
  await em.transactional(async (tx) => {
    await tx.persist(subscription).flush();
    await saveEventTypes(tx, subscription);
    await tx.execute(
      'INSERT INTO subscription_secret (id, workspace_id, subscription_id, ciphertext) VALUES (?, ?, ?, ?)',
      [sealed.uuid, workspaceId, subscription.uuid, sealed.ciphertext],
    );
  });
  return { subscription, secret: scheme === SignatureScheme.ED25519 ? null : secret };
}
