import { randomBytes } from 'node:crypto';
import { open, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const keyBytes = 32;
const name = 'encryption.key';

/** The encryption keys of a development server: kept in its data folder, one a line, the first made when there is no file. */
export async function readOrMakeKeyFile(dataDir: string): Promise<Buffer[]> {
  const path = join(dataDir, name);
  try {
    await writeFile(path, textOf([randomBytes(keyBytes)]), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const lines = (await readFile(path, 'utf8')).trim().split(/\s+/);
  return lines.map((line) => Buffer.from(line, 'base64'));
}

/** Puts a new key before those of the file, so that it encrypts from now on; gives all of them. */
export async function addKeyToFile(dataDir: string): Promise<Buffer[]> {
  const keys = [randomBytes(keyBytes), ...(await readOrMakeKeyFile(dataDir))];
  await replaceKeyFile(dataDir, keys);
  return keys;
}

/** Leaves these keys in the file and no others; a crash leaves the old file or the new one. */
export async function replaceKeyFile(dataDir: string, keys: readonly Buffer[]): Promise<void> {
  const unfinished = join(dataDir, `${name}.new`);
  await writeFile(unfinished, textOf(keys), { mode: 0o600, flush: true });
  await rename(unfinished, join(dataDir, name));
  // Before anything is encrypted under a new key, its file must outlive a power cut.
  const folder = await open(dataDir);
  await folder.sync();
  await folder.close();
}

function textOf(keys: readonly Buffer[]): string {
  return keys.map((key) => `${key.toString('base64')}\n`).join('');
}
