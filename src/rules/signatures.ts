import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  type KeyObject,
  sign,
} from 'node:crypto';

/** A secret that signs deliveries, as it is shown to its owner: `whsec_…` (HMAC-SHA256) or `whsk_…` (ed25519). */
export interface SigningSecret {
  scheme: 'HMAC_SHA256' | 'ED25519';
  secret: string;
}

const seedBytes = 32;
// The DER head of a PKCS #8 ed25519 private key (RFC 8410, section 7); the seed follows.
const pkcs8Head = Buffer.from('302e020100300506032b657004220420', 'hex');

/**
 * Makes the value of `webhook-signature` (Standard Webhooks 1.0.0): one signature for each secret, in the order given.
 * @param secrets every secret that has not expired, newest first
 * @param timestampSeconds Unix time of this attempt, as sent in `webhook-timestamp`
 * @param body the exact bytes sent; a string stands for its UTF-8
 */
export function standardSignature(
  secrets: readonly SigningSecret[],
  id: string,
  timestampSeconds: number,
  body: string | Buffer,
): string {
  const head = `${id}.${timestampSeconds}.`;
  return secrets
    .map(({ scheme, secret }) => {
      if (scheme === 'HMAC_SHA256') {
        return `v1,${createHmac('sha256', hmacKeyOf(secret)).update(head).update(body).digest('base64')}`;
      }
      const content = Buffer.concat([Buffer.from(head), typeof body === 'string' ? Buffer.from(body) : body]);
      return `v1a,${sign(null, content, privateKeyOf(secret)).toString('base64')}`;
    })
    .join(' ');
}

/** Makes the plain HMAC-SHA256 of a body in lower-case hex, under the whole secret string as UTF-8. */
export function hmacHex(secret: string, body: string | Buffer): string {
  return createHmac('sha256', secret).update(body).digest('hex');
}

/** Makes a `whsec_` secret of 24 to 64 random bytes. */
export function newHmacSecret(random: Buffer): string {
  if (random.length < 24 || random.length > 64) {
    throw new RangeError(`A secret is made of 24 to 64 random bytes, not of ${random.length}.`);
  }
  return `whsec_${random.toString('base64')}`;
}

/** Makes a `whsk_` secret and its `whpk_` public key from a seed of 32 random bytes. */
export function newEd25519Secret(seed: Buffer): { secret: string; publicKey: string } {
  const publicBytes = publicBytesOf(privateKeyFromSeed(seed));
  return {
    secret: `whsk_${Buffer.concat([seed, publicBytes]).toString('base64')}`,
    publicKey: `whpk_${publicBytes.toString('base64')}`,
  };
}

/** Gives the `whpk_` public key of a `whsk_` secret. */
export function publicKeyOf(secret: string): string {
  return `whpk_${publicBytesOf(privateKeyOf(secret)).toString('base64')}`;
}

function bytesOf(secret: string, prefix: string): Buffer {
  if (!secret.startsWith(prefix))
    throw new TypeError(`A signing secret of this scheme begins with ${prefix}.`);
  return Buffer.from(secret.slice(prefix.length), 'base64');
}

// Making a key object costs more than signing with it. A Map keeps the order of insertion, so the oldest goes first.
const keys = new Map<string, KeyObject>();
const maxKeys = 1000;

function hmacKeyOf(secret: string): KeyObject {
  const known = keys.get(secret);
  return known?.type === 'secret' ? known : keep(secret, createSecretKey(bytesOf(secret, 'whsec_')));
}

function privateKeyOf(secret: string): KeyObject {
  const known = keys.get(secret);
  if (known?.type === 'private') return known;
  return keep(secret, privateKeyFromSeed(bytesOf(secret, 'whsk_').subarray(0, seedBytes)));
}

function keep(secret: string, key: KeyObject): KeyObject {
  const oldest = keys.size >= maxKeys ? keys.keys().next().value : undefined;
  if (oldest !== undefined) keys.delete(oldest);
  keys.set(secret, key);
  return key;
}

function privateKeyFromSeed(seed: Buffer): KeyObject {
  if (seed.length !== seedBytes)
    throw new RangeError(`An ed25519 seed has ${seedBytes} bytes, not ${seed.length}.`);
  return createPrivateKey({ key: Buffer.concat([pkcs8Head, seed]), format: 'der', type: 'pkcs8' });
}

function publicBytesOf(privateKey: KeyObject): Buffer {
  return createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-seedBytes);
}
