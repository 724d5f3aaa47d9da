import type { OutgoingRequest } from '../../dialer/http-client.js';
import type { EventToSend } from '../../profiles/profile.js';
import { standardSignature } from '../../rules/signatures.js';
import { toTypeId } from '../../storage/typeid.js';
import type { ClaimedDelivery } from './claim-due.js';
import type { Endpoint } from './endpoints.js';

/** A request that is ready to be sent, and which of its headers may be kept in clear. */
export interface PreparedAttempt {
  readonly request: OutgoingRequest;
  readonly openHeaders: Readonly<Record<string, string>>;
}

/**
 * Makes the request of an attempt: the same body each time, a new timestamp and signature. A header of the subscription's own
 * wins over the profile's; one that signs or frames the request was refused when it was saved.
 */
export function prepareAttempt(
  delivery: ClaimedDelivery,
  endpoint: Endpoint,
  nowMs: number,
): PreparedAttempt {
  const event = eventOf(delivery, endpoint);
  const body = delivery.body?.toString('utf8') ?? endpoint.profile.body(event);
  const secrets = endpoint.secrets.filter(
    ({ expiresAtMs }) => expiresAtMs === undefined || expiresAtMs > nowMs,
  );
  const timestampSeconds = Math.floor(nowMs / 1000);
  const own = Object.fromEntries(endpoint.ownHeaders.map(({ name, value }) => [name.toLowerCase(), value]));
  const made: Record<string, string> = {
    'content-type': 'application/json',
    'user-agent': 'Tendril',
    'webhook-id': event.id,
    'webhook-timestamp': String(timestampSeconds),
    'webhook-signature': standardSignature(secrets, event.id, timestampSeconds, body),
    ...endpoint.profile.headers({
      event,
      subscriptionId: endpoint.subscriptionId,
      body,
      secret: secrets[0]?.secret ?? '',
    }),
  };
  // Whoever has the public key alone cannot check a plain HMAC.
  const uncheckable = secrets[0]?.scheme === 'ED25519' ? endpoint.profile.ownSignatureHeaders : [];
  for (const name of [...Object.keys(own), ...uncheckable]) delete made[name];
  return {
    openHeaders: made,
    request: { url: endpoint.url, headers: { ...made, ...own }, body, timeoutMs: endpoint.timeoutMs },
  };
}

/** The event of a delivery, as profiles want it. */
export function eventOf(delivery: ClaimedDelivery, { workspaceId }: Endpoint): EventToSend {
  return {
    id: toTypeId('evt', delivery.eventId),
    uuid: delivery.eventId,
    type: delivery.eventType,
    payload: delivery.payload,
    createdAt: new Date(delivery.eventCreatedAtMs),
    workspaceId,
  };
}
