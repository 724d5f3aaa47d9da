import { createPrivateKey } from 'node:crypto';
import type { MessageSender } from '../rules/sns-messages.js';
import type { Database } from '../storage/database.js';
import type { Encryption } from '../storage/encryption.js';
import type { Statement } from '../storage/statement.js';
import { newCertificate, placeOfCertificate, type StoredCertificate } from './new-certificate.js';

/** Gives what SNS-shaped messages are signed with at present; fails where the certificate's key cannot be decrypted. */
export type MessageSenderSource = () => Promise<MessageSender>;

// After a rotation a process may sign with the old key for so long; what it signs stays valid.
const knownForMs = 5_000;

/**
 * Looks the current certificate up, now and then; the first time that anybody asks, of all processes, it is made.
 * @param publicUrl known once the server listens
 */
export function createMessageSender(
  database: Database,
  encryption: Encryption,
  publicUrl: Promise<string>,
  region: string,
): MessageSenderSource {
  let known: Promise<MessageSender> | undefined;
  let untilMs = 0;

  async function findOrMake(): Promise<MessageSender> {
    const { uuid, privateKey } = (await findCurrent(database)) ?? (await makeFirst(database, encryption));
    return {
      publicUrl: await publicUrl,
      region,
      certificateId: uuid,
      privateKey: createPrivateKey(encryption.decrypt(privateKey, placeOfCertificate(uuid))),
    };
  }

  return () => {
    if (known === undefined || untilMs < Date.now()) {
      untilMs = Date.now() + knownForMs;
      known = findOrMake();
      known.catch(() => {
        known = undefined;
      });
    }
    return known;
  };
}

type CurrentRow = Omit<StoredCertificate, 'certificate'>;

async function findCurrent(database: Database): Promise<CurrentRow | undefined> {
  return (await database.query<CurrentRow>(find, []))[0];
}

/** Of several processes that make the first one at the same moment, one has its own stored, and all take that. */
async function makeFirst(database: Database, encryption: Encryption): Promise<CurrentRow> {
  const made = await newCertificate(encryption, Date.now());
  await database.query(insert, [made.uuid, made.certificate, made.privateKey]);
  return (await findCurrent(database)) ?? made;
}

const find: Statement = {
  name: 'find-current-certificate',
  text: 'SELECT id AS uuid, private_key AS "privateKey" FROM certificate WHERE private_key IS NOT NULL',
};

const insert: Statement = {
  text: 'INSERT INTO certificate (id, certificate, private_key) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
};
