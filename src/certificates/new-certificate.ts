// The certificate library is put together by tsyringe, which needs it.
import 'reflect-metadata';
import { KeyObject, webcrypto } from 'node:crypto';
import { X509CertificateGenerator } from '@peculiar/x509';
import type { Encryption, Place } from '../storage/encryption.js';
import { newUuid, zeroUuid } from '../storage/typeid.js';

/** A certificate as it is stored. */
export interface StoredCertificate {
  readonly uuid: string;
  /** X.509 as PEM. */
  readonly certificate: string;
  /** The RSA key, PKCS #8 as PEM, encrypted. */
  readonly privateKey: Buffer;
}

const algorithm = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  publicExponent: new Uint8Array([1, 0, 1]),
  modulusLength: 2048,
};
const dayMs = 86_400_000;
const validDays = 3_650;

/** Makes an RSA key and a certificate of its own over it, valid for ten years from a day ago, for clocks that are behind. */
export async function newCertificate(encryption: Encryption, nowMs: number): Promise<StoredCertificate> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=Tendril',
    notBefore: new Date(nowMs - dayMs),
    notAfter: new Date(nowMs + validDays * dayMs),
    signingAlgorithm: algorithm,
    keys,
  });
  const uuid = newUuid();
  const privateKey = KeyObject.from(keys.privateKey).export({ type: 'pkcs8', format: 'pem' }).toString();
  return {
    uuid,
    certificate: `${certificate.toString('pem')}\n`,
    privateKey: encryption.encrypt(privateKey, placeOfCertificate(uuid)),
  };
}

/** Where a certificate's key is encrypted for: it belongs to the server, and to no workspace. */
export function placeOfCertificate(uuid: string): Place {
  return { workspaceId: zeroUuid, rowId: uuid };
}
