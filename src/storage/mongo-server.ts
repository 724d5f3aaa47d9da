import { mkdir, readdir, readFile, realpath, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Db, MongoClient, MongoNetworkError, MongoServerError } from 'mongodb';
import { MongoInstance, MongoInstanceEvents } from 'mongodb-memory-server-core/lib/util/MongoInstance.js';
import type { Logger } from 'pino';
import { StartError } from '../start-error.js';
import { findMongod } from './find-mongod.js';
import { findFreePort } from './free-port.js';
import type { RunningServer } from './keep-running.js';
import { commandLineOf, stopProcess } from './left-behind.js';
import { oneLine } from './one-line.js';

/** A mongod started for this process alone. */
export interface StartedMongo extends RunningServer {
  readonly kind: 'started';
  /** The address of another database on it. */
  databaseUrl(name: string): string;
}

/** The replica set's name, where one is asked for. */
const REPLICA_SET = 'tendril';
/** MongoDB's error code for a replica set that has its configuration: error_codes.yml, AlreadyInitialized. */
const ALREADY_INITIALIZED = 23;
const READY_WITHIN_MS = 30_000;

/**
 * Starts a mongod of its own on `<dataDir>/mongo`, bound to 127.0.0.1 and a free port, alone or as a replica set of one;
 * `url` names the database `tendril`. One left running by a killed Tendril is shut down first. Where no mongod is to be
 * had, or it does not start, the reason is the answer: Tendril goes on without it. `binary`, `cacheDir`: see `findMongod`.
 */
export async function startMongo(options: {
  dataDir: string;
  binary: string | undefined;
  cacheDir?: string | undefined;
  replicaSet?: boolean;
  log: Logger;
}): Promise<StartedMongo | { kind: 'unavailable'; reason: string }> {
  const { log } = options;
  const mongod = await findMongod(options);
  if (mongod.kind === 'unavailable') return mongod;
  await mkdir(join(options.dataDir, 'mongo'), { recursive: true, mode: 0o700 });
  // The real path, since a mongod left behind is known by the path on its command line.
  const folder = await realpath(join(options.dataDir, 'mongo'));
  await stopLeftBehind(folder, log);
  const replicaSet = options.replicaSet ?? false;
  try {
    const server = await launchOnAnyData({ folder, mongod, replicaSet, log });
    const address = `127.0.0.1:${server.instanceOpts.port}`;
    if (replicaSet) {
      await becomePrimary(address).catch(async (error: unknown) => {
        await server.stop();
        throw error;
      });
    }
    return startedMongo({ server, address, replicaSet, log });
  } catch (error) {
    return { kind: 'unavailable', reason: `${mongod.path} does not start on ${folder}: ${oneLine(error)}` };
  }
}

interface Running {
  readonly server: MongoInstance;
  readonly address: string;
  readonly replicaSet: boolean;
  readonly log: Logger;
}

function startedMongo({ server, address, replicaSet, log }: Running): StartedMongo {
  const databaseUrl = (name: string) =>
    `mongodb://${address}/${name}${replicaSet ? `?replicaSet=${REPLICA_SET}` : ''}`;
  let stopping: Promise<unknown> | undefined;
  server.once(MongoInstanceEvents.instanceClosed, (code, signal) => {
    if (stopping === undefined) log.error(`mongod ended by itself (${signal ?? code})`);
  });
  return {
    kind: 'started',
    url: databaseUrl('tendril'),
    databaseUrl,
    async stop() {
      stopping ??= server.stop();
      await stopping;
    },
  };
}

/** A mongod that a SIGKILL of Tendril left running is stopped; a lock file whose process is gone hinders nobody. */
async function stopLeftBehind(folder: string, log: Logger): Promise<void> {
  const pid = Number.parseInt(await readFile(join(folder, 'mongod.lock'), 'utf8').catch(() => ''), 10);
  if (Number.isNaN(pid)) return;
  const commandLine = await commandLineOf(pid);
  if (!commandLine?.includes(`--dbpath ${folder} `)) return;
  log.info(`Stopping a mongod (process ${pid}) that was left running on ${folder}`);
  // SIGKILL is safe for the data: they are journaled.
  if (!(await stopProcess(pid, ['SIGTERM', 'SIGKILL'], 5_000))) {
    throw new StartError(
      `A mongod (process ${pid}) is running on ${folder} and cannot be stopped: stop it first.`,
    );
  }
}

interface Launch {
  readonly folder: string;
  readonly mongod: { readonly path: string; readonly version: string };
  readonly replicaSet: boolean;
  readonly log: Logger;
}

/**
 * Data that this mongod cannot open, such as those of a newer version, are put aside: alarms carry no state worth
 * losing, and the sweep sets them again.
 */
async function launchOnAnyData(options: Launch): Promise<MongoInstance> {
  const { folder, log } = options;
  const isFresh = (await readdir(folder)).length === 0;
  try {
    return await launch(options);
  } catch (error) {
    if (isFresh) return launch(options); // another program may have taken the port
    const aside = `${folder}.unreadable`;
    log.warn(
      `mongod does not start on ${folder} (${oneLine(error)}): starting empty, the old data are in ${aside}`,
    );
    await rm(aside, { recursive: true, force: true });
    await rename(folder, aside);
    await mkdir(folder, { mode: 0o700 });
    return launch(options);
  }
}

async function launch({ folder, mongod, replicaSet }: Launch): Promise<MongoInstance> {
  return MongoInstance.create({
    binary: { systemBinary: mongod.path, version: mongod.version },
    instance: {
      dbPath: folder,
      ip: '127.0.0.1',
      port: await findFreePort(),
      storageEngine: 'wiredTiger',
      launchTimeout: READY_WITHIN_MS,
      ...(replicaSet && { replSet: REPLICA_SET }),
      args: [
        '--wiredTigerCacheSizeGB',
        '0.25',
        '--nounixsocket',
        '--setParameter',
        'diagnosticDataCollectionEnabled=false',
      ],
    },
    // A session of its own: Ctrl-C goes to the whole foreground group, and the drain still needs the alarms.
    // None of Tendril's environment, which holds secrets.
    spawn: { detached: true, env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' } },
  });
}

/** Makes the server a replica set of one under its address of today, and waits until it takes writes. */
async function becomePrimary(address: string): Promise<void> {
  const client = new MongoClient(`mongodb://${address}/?directConnection=true`);
  const admin = client.db('admin');
  const config = { _id: REPLICA_SET, version: 1, members: [{ _id: 0, host: address }] };
  const deadline = performance.now() + READY_WITHIN_MS;
  async function until(isReached: () => Promise<boolean>): Promise<void> {
    while (!(await isReached())) {
      if (performance.now() > deadline) throw new Error('the replica set found no primary');
      await pause(20);
    }
  }
  try {
    await until(() => takeConfig(admin, config));
    await until(async () => {
      const hello = await admin.command({ hello: 1 }).catch(ignoreDroppedConnection);
      return hello?.isWritablePrimary === true;
    });
  } finally {
    await client.close();
  }
}

/** False where the connection was dropped before the answer: the configuration may be taken by then, and may not. */
async function takeConfig(admin: Db, config: object): Promise<boolean> {
  const taken = await admin
    .command({ replSetInitiate: config })
    .catch((error: unknown) =>
      error instanceof MongoServerError && error.code === ALREADY_INITIALIZED
        ? admin.command({ replSetReconfig: config, force: true })
        : Promise.reject(error),
    )
    .catch(ignoreDroppedConnection);
  return taken !== undefined;
}

/** A member drops all connections when its state changes, as it does on the way to primary. */
function ignoreDroppedConnection(error: unknown): undefined {
  if (!(error instanceof MongoNetworkError)) throw error;
}
