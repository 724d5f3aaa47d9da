import { createHash, randomBytes } from 'node:crypto';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { Parts } from '../parts.js';
import { profileNamed } from '../profiles/profiles.js';
import type { SigningSecret } from '../rules/signatures.js';
import { type ConfirmationType, confirmationBody, topicArn } from '../rules/sns-messages.js';
import { newUuid, toTypeId } from '../storage/typeid.js';
import { type Header, openHeaders } from './subscription-headers.js';
import { type WebhookSubscription, WebhookSubscriptionStatus } from './webhook-subscription.entity.js';

/** What a confirmation sends, as it is encrypted: all of it, since the subscription may be gone by then. */
export interface ConfirmationRequest {
  readonly body: string;
  readonly headers: readonly Header[];
  /** Newest first. */
  readonly secrets: readonly SigningSecret[];
  readonly timeoutSeconds: number;
}

const validForMs = 3 * 86_400_000;
const tokenBytes = 32;

/**
 * The parts for a transaction that may ask for a confirmation: who signs is looked up beforehand, since that wants a connection
 * of its own, and would wait for ever where such transactions hold them all. That nobody can sign is told to whoever wants it signed.
 */
export async function withSender<Some extends Pick<Parts, 'messageSender'>>(
  parts: Some,
  profileName: string,
): Promise<Some> {
  if (!profileNamed(profileName).requiresConfirmation) return parts;
  const sender = parts.messageSender();
  await sender.catch(() => undefined);
  return { ...parts, messageSender: () => sender };
}

/**
 * Has an ACTIVE subscription wait for its receiver's confirmation, and asks for it, where its profile wants one and the endpoint
 * URL has not been confirmed; in the caller's transaction.
 */
export async function askToConfirm(
  parts: Pick<Parts, 'encryption' | 'messageSender'>,
  tx: EntityManager,
  subscription: WebhookSubscription,
): Promise<void> {
  const { status, profileName } = subscription;
  const isWanted = profileNamed(profileName).requiresConfirmation && !isConfirmed(subscription);
  if (!isWanted || status !== WebhookSubscriptionStatus.ACTIVE) return;
  subscription.status = WebhookSubscriptionStatus.PENDING_CONFIRMATION;
  await tx.flush();
  await addConfirmation(parts, tx, subscription, 'SubscriptionConfirmation');
}

/** Whether the receiver at a subscription's URL has confirmed it. */
export function isConfirmed({ confirmedUrl, endpointUrl }: WebhookSubscription): boolean {
  return confirmedUrl === endpointUrl;
}

/**
 * Has the endpoint asked to confirm its subscription, or told of its end, in the caller's transaction: once that is committed, a
 * worker sends the message. It takes the place of an earlier one that has not got through.
 */
export async function addConfirmation(
  { encryption, messageSender }: Pick<Parts, 'encryption' | 'messageSender'>,
  tx: EntityManager,
  subscription: WebhookSubscription,
  type: ConfirmationType,
): Promise<void> {
  const { workspaceId, endpointUrl, timeoutSeconds } = subscription;
  const uuid = newUuid();
  const token = randomBytes(tokenBytes).toString('base64url');
  const now = new Date();
  const sender = await messageSender();
  const topic = topicArn(sender.region, toTypeId('ws', workspaceId), topicOf(subscription));
  const request: ConfirmationRequest = {
    body: await confirmationBody({ type, messageId: uuid, topicArn: topic, token, timestamp: now }, sender),
    headers: openHeaders(subscription, encryption),
    secrets: await readSecrets(tx, subscription, encryption),
    timeoutSeconds,
  };
  await tx.execute(
    'UPDATE confirmation SET request = NULL WHERE subscription_id = ? AND request IS NOT NULL',
    [subscription.uuid],
  );
  await tx.execute(
    `INSERT INTO confirmation (id, workspace_id, subscription_id, type, url, token_hash, created_at, expires_at, request, schedule_seconds)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ARRAY(SELECT jsonb_array_elements_text(?::jsonb)::integer))`,
    [
      uuid,
      workspaceId,
      subscription.uuid,
      type,
      endpointUrl,
      hashToken(token),
      now,
      new Date(now.getTime() + validForMs),
      encryption.encrypt(JSON.stringify(request), { workspaceId, rowId: uuid }),
      JSON.stringify(
        subscription.ownRetryScheduleSeconds ?? profileNamed(subscription.profileName).retryScheduleSeconds,
      ),
    ],
  );
  await tx.execute(`SELECT pg_notify('confirmations_due', '')`);
}

/** What is stored of a token: its SHA-256; it has 256 random bits. */
export function hashToken(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** The last part of a subscription's topic: the notification endpoint, or the subscription's own id. */
export function topicOf({
  notificationEndpoint,
  id,
}: Pick<WebhookSubscription, 'notificationEndpoint' | 'id'>): string {
  return notificationEndpoint?.toLowerCase() ?? id;
}

async function readSecrets(
  tx: EntityManager,
  { uuid, workspaceId, signatureScheme }: WebhookSubscription,
  encryption: Parts['encryption'],
): Promise<SigningSecret[]> {
  const rows = await tx.execute<{ id: string; ciphertext: Buffer }[]>(
    `SELECT id, ciphertext FROM subscription_secret
     WHERE subscription_id = ? AND (expires_at IS NULL OR expires_at > now()) ORDER BY id DESC`,
    [uuid],
  );
  return rows.map(({ id, ciphertext }) => ({
    scheme: signatureScheme,
    secret: encryption.decrypt(ciphertext, { workspaceId, rowId: id }),
  }));
}
