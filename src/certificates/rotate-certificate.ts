import type { Database } from '../storage/database.js';
import type { Encryption } from '../storage/encryption.js';
import { newCertificate } from './new-certificate.js';

/**
 * Puts a new certificate in the place of the current one; gives the new one's id. The old one's key is deleted, so that nobody
 * signs with it any more; the certificate stays readable, since messages signed with it may still arrive. Servers take the new one
 * within seconds.
 */
export async function rotateCertificate(database: Database, encryption: Encryption): Promise<string> {
  const made = await newCertificate(encryption, Date.now());
  await database.orm.em.fork().transactional(async (em) => {
    // Nobody makes another current one meanwhile; reading goes on.
    await em.execute('LOCK TABLE certificate IN EXCLUSIVE MODE');
    await em.execute('UPDATE certificate SET private_key = NULL WHERE private_key IS NOT NULL');
    await em.execute('INSERT INTO certificate (id, certificate, private_key) VALUES (?, ?, ?)', [
      made.uuid,
      made.certificate,
      made.privateKey,
    ]);
  });
  return made.uuid;
}
