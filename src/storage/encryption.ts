import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

const algorithm = 'aes-256-gcm';
const format = 1;
const nonceBytes = 12;
const tagBytes = 16;
const keyIdBytes = 4;
const headBytes = 1 + keyIdBytes + nonceBytes + tagBytes;

/** Where a ciphertext stands; bound to it, so that one moved to another row does not open. */
export interface Place {
  readonly workspaceId: string;
  readonly rowId: string;
}

/** Encrypts and decrypts what is secret at rest. */
export interface Encryption {
  /** Of the key that encrypts; every ciphertext has its key's id from its second byte on. */
  readonly keyId: Buffer;
  encrypt(text: string, place: Place): Buffer;
  /** Throws where key, place or ciphertext do not fit. */
  decrypt(ciphertext: Uint8Array, place: Place): string;
}

/**
 * AES-256-GCM under the first key; every key decrypts. A ciphertext is: format (1 byte), key id (the first 4 bytes of the
 * key's SHA-256), nonce (12 random bytes), tag (16 bytes), data.
 */
export function createEncryption(keys: readonly Buffer[]): Encryption {
  const [first] = keys;
  if (!first) throw new RangeError('encryption needs a key');
  const byId = new Map(keys.map((key) => [idOf(key).toString('hex'), key]));
  const firstId = idOf(first);
  return {
    keyId: firstId,
    encrypt(text, place) {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv(algorithm, first, nonce, { authTagLength: tagBytes });
      cipher.setAAD(associatedData(place, firstId));
      const data = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([Buffer.of(format), firstId, nonce, cipher.getAuthTag(), data]);
    },
    decrypt(ciphertext, place) {
      const bytes = Buffer.from(ciphertext);
      const id = bytes.subarray(1, 1 + keyIdBytes);
      const key = byId.get(id.toString('hex'));
      if (bytes.length < headBytes || bytes[0] !== format || !key) {
        throw new Error('a stored secret was encrypted under a key that ENCRYPTION_KEYS does not hold');
      }
      const nonce = bytes.subarray(1 + keyIdBytes, 1 + keyIdBytes + nonceBytes);
      const decipher = createDecipheriv(algorithm, key, nonce, { authTagLength: tagBytes });
      decipher.setAAD(associatedData(place, id));
      decipher.setAuthTag(bytes.subarray(1 + keyIdBytes + nonceBytes, headBytes));
      return Buffer.concat([decipher.update(bytes.subarray(headBytes)), decipher.final()]).toString('utf8');
    },
  };
}

function idOf(key: Buffer): Buffer {
  return createHash('sha256').update(key).digest().subarray(0, keyIdBytes);
}

function associatedData(place: Place, id: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${place.workspaceId}:${place.rowId}:`), id]);
}
