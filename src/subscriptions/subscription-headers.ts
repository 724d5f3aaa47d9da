import type { Encryption } from '../storage/encryption.js';
import type { WebhookSubscription } from './webhook-subscription.entity.js';

/** A header as the API takes and shows it. */
export interface Header {
  readonly name: string;
  readonly value: string;
}

type Sealed = Pick<WebhookSubscription, 'workspaceId' | 'uuid' | 'headerNames' | 'headerValues'>;

/** Puts headers into a subscription: names in clear, values encrypted together. */
export function sealHeaders(subscription: Sealed, headers: readonly Header[], encryption: Encryption): void {
  subscription.headerNames = headers.map((header) => header.name);
  subscription.headerValues =
    headers.length === 0
      ? null
      : encryption.encrypt(JSON.stringify(headers.map((header) => header.value)), {
          workspaceId: subscription.workspaceId,
          rowId: subscription.uuid,
        });
}

/** The headers of a subscription, decrypted. */
export function openHeaders(subscription: Sealed, encryption: Encryption): Header[] {
  if (subscription.headerValues === null) return [];
  const place = { workspaceId: subscription.workspaceId, rowId: subscription.uuid };
  const values = JSON.parse(encryption.decrypt(subscription.headerValues, place)) as string[];
  return subscription.headerNames.map((name, index) => ({ name, value: values[index] ?? '' }));
}
