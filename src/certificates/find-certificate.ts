import type { Database } from '../storage/database.js';
import type { Statement } from '../storage/statement.js';

const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The certificate of this id as PEM, be it current or retired; undefined where there is none. */
export async function findCertificate(database: Database, id: string): Promise<string | undefined> {
  if (!uuidPattern.test(id)) return undefined;
  return (await database.query<{ certificate: string }>(find, [id]))[0]?.certificate;
}

const find: Statement = {
  name: 'find-certificate',
  text: 'SELECT certificate FROM certificate WHERE id = $1::uuid',
};
