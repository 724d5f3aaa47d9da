import { createHmac, randomBytes } from 'node:crypto';
import { payloadText } from './payload.js';

const key = randomBytes(32);

/** The headers and body of a delivery signed as Standard Webhooks says, made with nothing of Tendril's. */
export function signedRequest(id: string): { headers: Record<string, string>; body: string } {
  const timestamp = Math.floor(Date.now() / 1000);
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${payloadText}`).digest('base64');
  const headers = {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': `v1,${signature}`,
  };
  return { headers, body: payloadText };
}
