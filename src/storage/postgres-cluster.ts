import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chown,
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import type { Logger } from 'pino';
import { StartError } from '../start-error.js';
import { oneLine } from './one-line.js';
import { makeRootPlace, POSTGRES_ENVIRONMENT, ROOT_PLACE, type RunAs } from './postgres-binaries.js';

const run = promisify(execFile);

/** The superuser of the embedded PostgreSQL, and the name of its database. */
export const POSTGRES_NAME = 'tendril';

/** A PostgreSQL data folder that is ready to be started. */
export interface PostgresCluster {
  /** Its real path, without symbolic links. */
  readonly folder: string;
  readonly password: string;
}

/** Opens the cluster at `<dataDir>/postgres`, making it at first; `binaries` is the folder with `initdb`. */
export async function openCluster(
  dataDir: string,
  binaries: string,
  runAs: RunAs,
  log: Logger,
): Promise<PostgresCluster> {
  const path = join(dataDir, 'postgres');
  const passwordFile = join(dataDir, 'postgres.password');
  if (!(await exists(path))) await createCluster({ dataDir, path, passwordFile, binaries, runAs, log });
  const folder = await realpath(path).catch(() => {
    // Never a fresh cluster instead: that would look as if all data had been lost.
    throw new StartError(
      `The link ${path} leads to a folder that is gone: put PostgreSQL's data back there, or remove the link to start empty.`,
    );
  });
  await checkCluster(folder, binaries, runAs);
  const password = await readFile(passwordFile, 'utf8').catch((error: unknown) => {
    throw new StartError(
      `The password of the PostgreSQL in ${path} cannot be read from ${passwordFile}: put that file back.`,
      { cause: error },
    );
  });
  return { folder, password: password.trim() };
}

interface NewCluster {
  readonly dataDir: string;
  readonly path: string;
  readonly passwordFile: string;
  readonly binaries: string;
  readonly runAs: RunAs;
  readonly log: Logger;
}

/** Runs initdb under another name first, so that one killed half-way is never taken for a cluster. */
async function createCluster(cluster: NewCluster): Promise<void> {
  const { dataDir, path, passwordFile, runAs } = cluster;
  const home = await chooseHome(cluster);
  const unfinished = join(home, 'postgres.new');
  const passwordForInitdb = join(home, 'postgres.password.new');
  const password = `${randomBytes(24).toString('base64url')}\n`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { mode: 0o700 });
  await writeFile(passwordForInitdb, password, { mode: 0o600 });
  if (runAs !== undefined) {
    await chown(unfinished, runAs.uid, runAs.gid);
    await chown(passwordForInitdb, runAs.uid, runAs.gid);
  }
  try {
    await runInitdb(cluster, unfinished, passwordForInitdb);
  } finally {
    await rm(passwordForInitdb, { force: true });
  }
  await writeFile(passwordFile, password, { mode: 0o600 });
  await rename(unfinished, join(home, 'postgres'));
  if (home !== dataDir) await symlink(join(home, 'postgres'), path);
}

/** The data folder, or a place that PostgreSQL's user can reach and to which the data folder then has a link. */
async function chooseHome({ dataDir, path, runAs, log }: NewCluster): Promise<string> {
  if (runAs === undefined || (await canEnter(dataDir, runAs))) return dataDir;
  await makeRootPlace();
  const home = await mkdtemp(join(ROOT_PLACE, `${basename(dataDir).replace(/[^\w-]/g, '')}-`));
  await chown(home, runAs.uid, runAs.gid);
  log.info(
    `PostgreSQL's data are kept in ${home}, to which ${path} is a link: the user who runs it cannot enter ${dataDir}`,
  );
  return home;
}

async function runInitdb(
  { binaries, runAs }: NewCluster,
  folder: string,
  passwordFile: string,
): Promise<void> {
  const options = [
    `--pgdata=${folder}`,
    `--username=${POSTGRES_NAME}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    // PostgreSQL's own C.UTF-8: sorting never depends on, or changes with, the machine's C library.
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
  ];
  const context = { ...runAs, cwd: '/', env: POSTGRES_ENVIRONMENT };
  await run(join(binaries, 'initdb'), options, context).catch((error: unknown) => {
    const lines = ((error as { stderr?: string }).stderr ?? '').trim().split('\n');
    const reason = lines.find((line) => /error|fatal/i.test(line)) ?? oneLine(error);
    throw new StartError(`PostgreSQL's data folder could not be made (${reason}).`, { cause: error });
  });
}

async function checkCluster(folder: string, binaries: string, runAs: RunAs): Promise<void> {
  const owner = (await stat(folder)).uid;
  if (runAs === undefined && owner !== process.getuid?.()) {
    throw new StartError(
      `PostgreSQL's data in ${folder} belong to the user with id ${owner}: run Tendril as root or as that user, or set DATA_DIR to another folder.`,
    );
  }
  if (runAs !== undefined && !(await canEnter(folder, runAs))) {
    throw new StartError(
      `PostgreSQL's data in ${folder} cannot be reached by the user with id ${runAs.uid}, who runs it: give the folders above it the right to be passed through (chmod o+x).`,
    );
  }
  const version = (await readFile(join(folder, 'PG_VERSION'), 'utf8').catch(() => 'none')).trim();
  const { stdout } = await run(join(binaries, 'postgres'), ['--version'], {
    ...runAs,
    cwd: '/',
    env: POSTGRES_ENVIRONMENT,
  });
  const ours = /\) (\d+)/.exec(stdout)?.[1];
  if (version !== ours) {
    throw new StartError(
      `PostgreSQL's data in ${folder} are of version ${version}, and this Tendril brings version ${ours}: move them by pg_dump, or set DATA_DIR to another folder.`,
    );
  }
}

/** Asked as that user, since owners, groups and access lists of all folders on the way have a say. */
async function canEnter(folder: string, runAs: NonNullable<RunAs>): Promise<boolean> {
  const context = { ...runAs, cwd: '/', env: POSTGRES_ENVIRONMENT };
  return run('/bin/sh', ['-c', 'cd "$1"', 'sh', folder], context).then(
    () => true,
    () => false,
  );
}

/** Whether anything has this name, a link to nowhere included. */
async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
