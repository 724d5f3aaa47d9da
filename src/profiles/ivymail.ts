import { parseExactJson } from '../rules/exact-json.js';
import { hmacHex } from '../rules/signatures.js';
import type { EventToSend, Profile } from './profile.js';

const delivered = ['message_id', 'to', 'from', 'subject', 'timestamp', 'workspace_id'];
// The fields of each body in their order, after `event`.
const fieldOrder: Readonly<Record<string, readonly string[]>> = {
  delivered,
  bounced: ['message_id', 'to', 'bounce_type', 'bounce_subtype', 'diagnostic_code', 'timestamp'],
  complained: ['message_id', 'to', 'feedback_type', 'timestamp'],
  suppressed: [...delivered, 'reason'],
  failed: [...delivered, 'reason'],
};

/** Ivymail, email events. Stated: flat bodies, three retries with exponential backoff. Ours: 30, 120, 480 s; field order; signature. */
export const ivymail: Profile = {
  name: 'IVYMAIL',
  description:
    'Ivymail: flat bodies of email events, three retries with exponential backoff, x-ivymail-signature.',
  retryScheduleSeconds: [30, 120, 480],
  jitter: 0,
  timeoutSeconds: 15,
  success: [200, 299],
  ownSignatureHeaders: ['x-ivymail-signature'],
  requiresConfirmation: false,
  body: flatBody,
  headers: ({ body, secret }) => ({ 'x-ivymail-signature': hmacHex(secret, body) }),
};

function flatBody(event: EventToSend): string {
  const name = event.type.slice(event.type.indexOf('.') + 1);
  const parsed = parseExactJson(event.payload);
  const payload = new Map(
    parsed !== null && typeof parsed === 'object' && !Array.isArray(parsed) ? Object.entries(parsed) : [],
  );
  payload.delete('event');
  const order = fieldOrder[name] ?? [];
  if (order.includes('timestamp') && !payload.has('timestamp')) {
    payload.set('timestamp', Math.floor(event.createdAt.getTime() / 1000));
  }
  if (order.includes('workspace_id') && !payload.has('workspace_id'))
    payload.set('workspace_id', event.workspaceId);
  const names = [
    ...order.filter((field) => payload.has(field)),
    ...[...payload.keys()].filter((field) => !order.includes(field)),
  ];
  const fields = names.map((field) => `${JSON.stringify(field)}:${JSON.stringify(payload.get(field))}`);
  return `{${[`"event":${JSON.stringify(name)}`, ...fields].join(',')}}`;
}
