import { createPublicKey, verify } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import type { Received } from './receiver.js';

/** The signatures in webhook-signature, in their order. */
export function signaturesOf({ headers }: Received): string[] {
  return String(headers['webhook-signature']).split(' ');
}

/** The request as a receiver sees it that knows of one signature only. */
export function withSignature(request: Received, index: number): Received {
  return {
    ...request,
    headers: { ...request.headers, 'webhook-signature': signaturesOf(request)[index] ?? '' },
  };
}

/** Whether the stock verifier accepts a request under a `whsec_` secret. */
export function verifies(secret: string, { body, headers }: Received): boolean {
  try {
    new Webhook(secret).verify(body, headers as Record<string, string>);
    return true;
  } catch {
    return false;
  }
}

/** Whether a `whpk_` key verifies the first signature of a request, by Node's own ed25519. */
export function verifiesEd25519(publicKey: string, request: Received): boolean {
  const { headers, body } = request;
  const x = Buffer.from(publicKey.slice('whpk_'.length), 'base64').toString('base64url');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  const content = Buffer.from(`${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`);
  const [signature = ''] = signaturesOf(request);
  return (
    signature.startsWith('v1a,') && verify(null, content, key, Buffer.from(signature.slice(4), 'base64'))
  );
}
