import { groupOf } from '../rules/event-types.js';
import { hmacHex } from '../rules/signatures.js';
import type { Profile } from './profile.js';

/**
 * GitHub, code hosting (docs.github.com, "Webhook events and payloads", "Handling failed webhook deliveries"). Stated: the headers,
 * the payload itself as body, 2xx within 10 s, no retries; X-GitHub-Delivery is the event's, and the same when it is sent again.
 * Ours: X-GitHub-Event is the event type's group (`issues` of `issues.opened`); no SHA-1 signature, which is there for old receivers.
 */
export const github: Profile = {
  name: 'GITHUB',
  description:
    'GitHub: the payload itself as body, X-GitHub-Event, X-Hub-Signature-256; resent by hand only.',
  retryScheduleSeconds: [],
  jitter: 0,
  timeoutSeconds: 10,
  success: [200, 299],
  ownSignatureHeaders: ['x-hub-signature-256'],
  requiresConfirmation: false,
  body: ({ payload }) => payload,
  headers: ({ event, subscriptionId, body, secret }) => ({
    'user-agent': 'GitHub-Hookshot/Tendril',
    'x-github-hook-id': subscriptionId,
    'x-github-event': groupOf(event.type),
    'x-github-delivery': event.uuid,
    'x-hub-signature-256': `sha256=${hmacHex(secret, body)}`,
  }),
};
