import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import type { Logger } from 'pino';
import { StartError } from '../start-error.js';
import { findFreePort } from './free-port.js';
import type { RestartableServer } from './keep-running.js';
import { commandLineOf, stopProcess } from './left-behind.js';
import {
  choosePostgresUser,
  findPostgresBinaries,
  POSTGRES_ENVIRONMENT,
  type RunAs,
} from './postgres-binaries.js';
import { openCluster, POSTGRES_NAME, type PostgresCluster } from './postgres-cluster.js';

/** Long enough for crash recovery after a long time without a checkpoint. */
const READY_WITHIN_MS = 120_000;
/** A port taken by another program, or backends of a killed server still ending, are over at the next attempt. */
const START_ATTEMPTS = 3;

const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  shared_buffers: '128MB',
  max_connections: '200',
  // Publishing and recording write in bursts: a checkpoint each 15 minutes or 2 GB, spread out.
  max_wal_size: '2GB',
  checkpoint_timeout: '15min',
  // An acknowledged event survives a power cut: stated, so that no default or old file decides.
  fsync: 'on',
  full_page_writes: 'on',
  synchronous_commit: 'on',
  // The statements here are short, the machine small.
  jit: 'off',
  max_parallel_workers_per_gather: '0',
  random_page_cost: '1.1',
  // Failed statements are logged by whoever sent them; here their values would end up in a file.
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_checkpoints: 'off',
};

/**
 * Starts a PostgreSQL of its own on `<dataDir>/postgres`, bound to 127.0.0.1 and a free port; `url` names the database
 * `tendril`, as its superuser. One left running by a killed Tendril is shut down first. As root it runs as another user.
 * Fails with a StartError where it cannot be started.
 */
export async function startPostgres(options: { dataDir: string; log: Logger }): Promise<RestartableServer> {
  const { log } = options;
  const dataDir = resolve(options.dataDir);
  await mkdir(dataDir, { recursive: true });
  const runAs = await choosePostgresUser(join(dataDir, 'postgres'));
  const binaries = await findPostgresBinaries(runAs, log);
  const cluster = await openCluster(dataDir, binaries, runAs, log);
  await stopLeftBehind(cluster.folder, log);
  const logFile = join(dataDir, 'postgres.log');
  await rm(logFile, { force: true });
  const server = await startAnywhere({ cluster, program: join(binaries, 'postgres'), runAs, logFile, log });
  await createDatabase(Object.assign(new URL(server.url), { pathname: 'postgres' }).href);
  return server;
}

/**
 * The address of the PostgreSQL that runs on a data folder for another process; undefined where none runs, or where it does not take
 * connections yet.
 */
export async function findRunningPostgres(dataDir: string): Promise<string | undefined> {
  const folder = join(resolve(dataDir), 'postgres');
  const [status, password] = await Promise.all([
    readFile(join(folder, 'postmaster.pid'), 'utf8').catch(() => ''),
    readFile(join(resolve(dataDir), 'postgres.password'), 'utf8').catch(() => ''),
  ]);
  // https://www.postgresql.org/docs/current/storage-file-layout.html: the port is its fourth line.
  const port = Number.parseInt(status.split('\n')[3] ?? '', 10);
  if (Number.isNaN(port)) return undefined;
  const url = urlOf({ folder, password: password.trim() }, port, POSTGRES_NAME);
  return (await answers(url)) ? url : undefined;
}

function urlOf({ password }: PostgresCluster, port: number, database: string): string {
  return `postgresql://${POSTGRES_NAME}:${password}@127.0.0.1:${port}/${database}`;
}

/** A server that a SIGKILL of Tendril left running is stopped; a postmaster.pid whose process is gone is removed. */
async function stopLeftBehind(folder: string, log: Logger): Promise<void> {
  const pidFile = join(folder, 'postmaster.pid');
  const pid = Number.parseInt(await readFile(pidFile, 'utf8').catch(() => ''), 10);
  if (Number.isNaN(pid)) return;
  if (isPostmasterOf(await commandLineOf(pid), folder)) {
    log.info(`Stopping a PostgreSQL (process ${pid}) that was left running on ${folder}`);
    // SIGINT: fast shutdown. SIGQUIT: at once, with recovery at the next start.
    if (!(await stopProcess(pid, ['SIGINT', 'SIGQUIT'], 10_000))) {
      throw new StartError(
        `A PostgreSQL (process ${pid}) is running on ${folder} and cannot be stopped: stop it first.`,
      );
    }
  }
  // PostgreSQL itself would take any living process of that number and user for its postmaster. Backends that outlive
  // their postmaster stay safe from a second server by the shared memory key, which comes from the folder itself.
  await rm(pidFile, { force: true });
}

function isPostmasterOf(commandLine: string | undefined, folder: string): boolean {
  return commandLine?.includes(`postgres -D ${folder} `) ?? false;
}

interface Launch {
  readonly cluster: PostgresCluster;
  readonly program: string;
  readonly runAs: RunAs;
  readonly logFile: string;
  readonly log: Logger;
}

async function startAnywhere(launch: Launch): Promise<RestartableServer> {
  for (let attempt = 1; attempt <= START_ATTEMPTS; attempt += 1) {
    const server = await startOn(await findFreePort(), launch);
    if (server) return server;
    await pause(300 * attempt);
  }
  return failToStart(launch);
}

/** Undefined where it ended or took too long, or is not wanted any more. */
async function startOn(
  port: number,
  launch: Launch,
  signal?: AbortSignal,
): Promise<RestartableServer | undefined> {
  const { cluster, log } = launch;
  const child = await spawnPostgres(launch, port);
  const ended = new Promise<NodeJS.Signals | number | null>((resolveEnd) =>
    child.once('exit', (code, endedBy) => resolveEnd(endedBy ?? code)),
  );
  if (!(await becomesReady(child, urlOf(cluster, port, 'postgres'), signal))) {
    await stopChild(child);
    return undefined;
  }
  let stopping: Promise<void> | undefined;
  return {
    name: 'PostgreSQL',
    url: urlOf(cluster, port, POSTGRES_NAME),
    ended,
    async startAgain(cutOff) {
      await stopLeftBehind(cluster.folder, log);
      return (await startOn(port, launch, cutOff)) ?? failToStart(launch);
    },
    stop: () => (stopping ??= stopChild(child)),
  };
}

async function failToStart({ logFile, cluster }: Launch): Promise<never> {
  const lines = (await readFile(logFile, 'utf8').catch(() => '')).trim().split('\n').slice(-3);
  throw new StartError(`PostgreSQL does not start on ${cluster.folder}: ${lines.join(' / ')}`);
}

async function spawnPostgres(
  { cluster, program, runAs, logFile }: Launch,
  port: number,
): Promise<ChildProcess> {
  const settings = Object.entries({ ...SETTINGS, port }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ]);
  // What an earlier one had to say before it ended stays.
  const output = await open(logFile, 'a', 0o600);
  try {
    const child = spawn(program, ['-D', cluster.folder, ...settings], {
      ...runAs,
      cwd: '/',
      env: POSTGRES_ENVIRONMENT,
      // A session of its own: Ctrl-C goes to the whole foreground group, and the drain still needs the database.
      detached: true,
      stdio: ['ignore', output.fd, output.fd],
    });
    child.on('error', () => undefined); // becomesReady sees that it has no process
    child.unref();
    return child;
  } finally {
    await output.close();
  }
}

/** Answers false when the process ended or took too long, or is not wanted any more. */
async function becomesReady(child: ChildProcess, url: string, signal?: AbortSignal): Promise<boolean> {
  const deadline = performance.now() + READY_WITHIN_MS;
  while (isRunning(child) && performance.now() < deadline && !signal?.aborted) {
    if (await answers(url)) return true;
    await pause(25);
  }
  return false;
}

async function answers(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.end();
    return true;
  } catch {
    return false;
  }
}

async function createDatabase(url: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [POSTGRES_NAME]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${POSTGRES_NAME}`);
  } finally {
    await client.end();
  }
}

/** Fast shutdown, that is clients are cut off and a checkpoint is written; after 10 s at once, and after 3 more, where it stands still, by force. */
async function stopChild(child: ChildProcess): Promise<void> {
  if (!isRunning(child)) return;
  const ended = new Promise<void>((resolveEnd) => child.once('exit', () => resolveEnd()));
  child.ref();
  child.kill('SIGINT');
  const impatience = setTimeout(() => child.kill('SIGQUIT'), 10_000);
  const force = setTimeout(() => child.kill('SIGKILL'), 13_000);
  await ended;
  clearTimeout(impatience);
  clearTimeout(force);
}

function isRunning(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
}
