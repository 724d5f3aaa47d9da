import { standardSignature } from '../rules/signatures.js';
import { toTypeId } from '../storage/typeid.js';
import type { ClaimedDelivery } from './claim-due.js';
import type { Endpoint } from './endpoints.js';
import type { OutgoingRequest } from './http-client.js';

/** A request that is ready to be sent, and which of its headers may be kept in clear. */
export interface PreparedAttempt {
  readonly request: OutgoingRequest;
  readonly openHeaders: Readonly<Record<string, string>>;
}

/**
 * Makes the request of an attempt: the same body each time, a new timestamp and signature. Of what Tendril sets, a header of the
 * subscription's own takes the place of user-agent alone.
 */
export function prepareAttempt(
  delivery: ClaimedDelivery,
  endpoint: Endpoint,
  nowMs: number,
): PreparedAttempt {
  const eventId = toTypeId('evt', delivery.eventId);
  const body =
    delivery.body?.toString('utf8') ??
    endpoint.profile.body({
      id: eventId,
      type: delivery.eventType,
      payload: delivery.payload,
      createdAt: delivery.eventCreatedAt,
      workspaceId: toTypeId('ws', delivery.workspaceId),
    });
  const secrets = endpoint.secrets.filter(
    ({ expiresAtMs }) => expiresAtMs === undefined || expiresAtMs > nowMs,
  );
  const timestampSeconds = Math.floor(nowMs / 1000);
  const own = Object.fromEntries(endpoint.ownHeaders.map(({ name, value }) => [name.toLowerCase(), value]));
  const openHeaders = {
    'content-type': 'application/json',
    ...('user-agent' in own ? {} : { 'user-agent': 'Tendril' }),
    'webhook-id': eventId,
    'webhook-timestamp': String(timestampSeconds),
    'webhook-signature': standardSignature(secrets, eventId, timestampSeconds, body),
    ...endpoint.profile.headers(body, secrets[0]?.secret ?? ''),
  };
  return {
    openHeaders,
    request: { url: endpoint.url, headers: { ...own, ...openHeaders }, body, timeoutMs: endpoint.timeoutMs },
  };
}
