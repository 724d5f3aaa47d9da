import { StartError } from '../start-error.js';
import { isAnotherKeyInUse } from '../storage/announce-key.js';
import { createEncryption } from '../storage/encryption.js';
import { addKeyToFile, replaceKeyFile } from '../storage/encryption-key-file.js';
import { type Rotation, rotateEncryption } from '../storage/rotate-encryption.js';
import type { Answer, Command, CommandParts } from './command.types.js';

/** `tendril encryption …` */
export const encryptionCommands: readonly Command[] = [
  {
    name: 'encryption rotate',
    options: {},
    does: 'Puts all that is encrypted under the first of ENCRYPTION_KEYS',
    read: () => ({ run: rotate }),
  },
];

async function rotate(parts: CommandParts): Promise<Answer> {
  const keys = await keysOf(parts);
  const encryption = createEncryption(keys);
  const { query } = parts.database;
  if (await isAnotherKeyInUse(query, encryption)) {
    throw new StartError(
      'A running server encrypts under another key than the first of ENCRYPTION_KEYS: restart every server with these ENCRYPTION_KEYS, and rotate then.',
    );
  }
  const rotation = await rotateEncryption(query, encryption);
  const isDone = rotation.unreadable.length === 0 && rotation.locked === 0;
  const { keyFileIn } = parts;
  if (isDone && keyFileIn !== undefined && keys[0]) await replaceKeyFile(keyFileIn, [keys[0]]);
  return {
    json: { ...rotation, oldKeysCanGo: isDone },
    lines: [counted(rotation), ...(isDone ? [whatNow(keyFileIn, keys.length)] : [])],
    failures: failuresOf(rotation),
  };
}

/** The key file gets a new key, unless an unfinished rotation has left one; a running server would not know it. */
async function keysOf({
  keyFileIn,
  encryptionKeys,
  isBesideServer,
}: CommandParts): Promise<readonly Buffer[]> {
  if (keyFileIn === undefined || encryptionKeys.length > 1) return encryptionKeys;
  if (!isBesideServer) return addKeyToFile(keyFileIn);
  throw new StartError(
    'The running server has read its key from the data folder at its start, and would not know a new one: stop it, rotate, and start it again.',
  );
}

function counted({ reencrypted }: Rotation): string {
  const counts = Object.entries(reencrypted).map(([table, rows]) => `${rows} in ${table}`);
  return `Rows put under the first key: ${counts.join(', ')}.`;
}

function whatNow(keyFileIn: string | undefined, keyCount: number): string {
  if (keyFileIn !== undefined)
    return `Everything is under a new key, the only one in ${keyFileIn}/encryption.key now.`;
  return keyCount === 1
    ? 'Everything is under the one key of ENCRYPTION_KEYS. To change it, put a new key before it, restart every server, and rotate again.'
    : 'Everything is under the first key: the others can go from ENCRYPTION_KEYS now. Keep them with the backups that need them.';
}

function failuresOf({ unreadable, locked }: Rotation): string[] {
  const rows = unreadable.map(
    ({ table, id }) =>
      `The row ${id} of ${table} cannot be read: its key is missing, or it was changed or moved. It was left as it is.`,
  );
  const waiting =
    locked === 0 ? [] : [`${locked} rows were locked by another transaction all the time. Rotate again.`];
  return [...rows, ...waiting];
}
