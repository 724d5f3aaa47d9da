import { parseExactJson } from '../rules/exact-json.js';
import { hmacHex } from '../rules/signatures.js';
import type { EventToSend, Profile } from './profile.js';

const delivered = ['message_id', 'to', 'from', 'subject', 'timestamp', 'workspace_id'];
// The fields of each body in their order, after `event`; other event types have none.
const fieldOrder = new Map<string, readonly string[]>([
  ['email.delivered', delivered],
  ['email.bounced', ['message_id', 'to', 'bounce_type', 'bounce_subtype', 'diagnostic_code', 'timestamp']],
  ['email.complained', ['message_id', 'to', 'feedback_type', 'timestamp']],
  ['email.suppressed', [...delivered, 'reason']],
  ['email.failed', [...delivered, 'reason']],
]);

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
  const payload = new Map(Object.entries(fieldsOf(parseExactJson(event.payload))));
  payload.delete('event');
  const order = fieldOrder.get(event.type) ?? [];
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

// Of a flat body only an object can be a part; whatever else an event type allows goes under a name.
function fieldsOf(payload: unknown): object {
  const isObject = typeof payload === 'object' && payload !== null;
  return isObject && !Array.isArray(payload) && !JSON.isRawJSON(payload) ? payload : { payload };
}
