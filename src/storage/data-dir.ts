import { chmod, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StartError } from '../start-error.js';

/** SQLite's result code for a database that another connection holds: https://sqlite.org/rescode.html#busy */
const SQLITE_BUSY = 5;
/** Written by servers, and not by commands. */
const pidFile = 'tendril.pid';

/** A data folder kept for this process. */
export interface DataDirLock {
  release(): Promise<void>;
}

/**
 * Creates the data folder and keeps it for this process until `release`.
 *
 * The lock is SQLite's exclusive lock on an empty database, that is the kernel's lock on a file: it goes the
 * moment its process ends, however it ends, so that no stale lock exists and no process id has to be judged.
 * Fails with a StartError when the folder cannot be written or when another live Tendril has it.
 */
export async function lockDataDir(dataDir: string): Promise<DataDirLock> {
  const folder = resolve(dataDir);
  const lock = await tryLockDataDir(dataDir);
  const server = await serverOn(dataDir);
  if (lock === undefined && server === undefined) {
    throw new StartError(`A command is using the data folder ${folder}: try again when it has ended.`);
  }
  if (lock === undefined) {
    throw new StartError(
      `Another Tendril (process ${server}) is using the data folder ${folder}: stop it, or set DATA_DIR to another folder.`,
    );
  }
  await writeFile(join(folder, pidFile), `${process.pid}\n`, { mode: 0o600 });
  return lock;
}

/** As `lockDataDir`, for a command: undefined where somebody else has the folder, and it is not taken for a server's. */
export async function tryLockDataDir(dataDir: string): Promise<DataDirLock | undefined> {
  const folder = resolve(dataDir);
  await createFolder(folder);
  const lock = await takeLock(folder);
  // A killed server's, perhaps.
  if (lock) await rm(join(folder, pidFile), { force: true });
  return (
    lock && {
      async release() {
        if (!lock.isOpen) return;
        await rm(join(folder, pidFile), { force: true });
        lock.close();
      },
    }
  );
}

/** The process id of the server that has the data folder, where it is locked; undefined where a command has. */
export async function serverOn(dataDir: string): Promise<number | undefined> {
  const text = await readFile(join(resolve(dataDir), pidFile), 'utf8').catch(() => '');
  return Number.parseInt(text, 10) || undefined;
}

async function createFolder(folder: string): Promise<void> {
  try {
    const created = await makeFolder(folder);
    // PostgreSQL's user must be able to pass through when root runs Tendril; nobody else may look into it.
    if (created) await chmod(folder, process.getuid?.() === 0 ? 0o711 : 0o700);
    const probe = join(folder, `.writable-${process.pid}`);
    await writeFile(probe, '');
    await rm(probe);
  } catch (error) {
    throw cannotWrite(folder, error);
  }
}

/** Answers whether it was made. Not mkdir's `recursive`: below /proc that tries again for ever. */
async function makeFolder(folder: string): Promise<boolean> {
  if (await isFolder(folder)) return false;
  if (!(await isFolder(dirname(folder)))) await makeFolder(dirname(folder));
  await mkdir(folder).catch(async (error: unknown) => {
    if (!(await isFolder(folder))) throw error;
  });
  return true;
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

async function takeLock(folder: string): Promise<DatabaseSync | undefined> {
  let lock: DatabaseSync | undefined;
  try {
    lock = new DatabaseSync(join(folder, 'tendril.lock'));
    // MEMORY: no journal file beside it. EXCLUSIVE: held until the connection closes.
    lock.exec('PRAGMA journal_mode = MEMORY; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    lock?.close();
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) return undefined;
    throw cannotWrite(folder, error);
  }
}

function cannotWrite(folder: string, error: unknown): StartError {
  const code = (error as NodeJS.ErrnoException).code ?? 'error';
  return new StartError(
    `The data folder ${folder} cannot be written (${code}): set DATA_DIR to a folder that the user running Tendril may create and write.`,
    { cause: error },
  );
}
