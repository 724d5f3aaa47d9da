import { randomBytes } from 'node:crypto';
import { newEd25519Secret, newHmacSecret } from '../rules/signatures.js';
import type { Encryption } from '../storage/encryption.js';
import { newUuid } from '../storage/typeid.js';
import { SignatureScheme } from './webhook-subscription.entity.js';

/** A secret as it is stored. */
export interface StoredSecret {
  readonly uuid: string;
  readonly ciphertext: Buffer;
}

/** A fresh signing secret; the public key for ED25519, null for HMAC_SHA256. */
export function newSigningSecret(scheme: SignatureScheme): { secret: string; publicKey: string | null } {
  if (scheme === SignatureScheme.ED25519) return newEd25519Secret(randomBytes(32));
  return { secret: newHmacSecret(randomBytes(32)), publicKey: null };
}

/** Encrypts a secret for a row of its own. */
export function sealSecret(secret: string, workspaceId: string, encryption: Encryption): StoredSecret {
  const uuid = newUuid();
  return { uuid, ciphertext: encryption.encrypt(secret, { workspaceId, rowId: uuid }) };
}
