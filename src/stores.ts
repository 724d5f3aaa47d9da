import type { Logger } from 'pino';
import type { Config } from './config.js';
import type { JobStore } from './deliveries/alarms/alarms.js';
import { lockDataDir } from './storage/data-dir.js';
import { readOrMakeKeyFile } from './storage/encryption-key-file.js';
import { keepRunning } from './storage/keep-running.js';
import { startPostgres } from './storage/postgres-server.js';

/** Where the data is, and what stops the servers that were started for it. */
export interface Stores extends AsyncDisposable {
  readonly databaseUrl: string;
  readonly jobStore: JobStore;
  readonly encryptionKeys: readonly Buffer[];
}

/** The stores that the configuration names; what it does not name runs embedded on the data folder. */
export async function openStores(config: Config, log: Logger): Promise<Stores> {
  const { databaseUrl, mongodbUrl } = config;
  if (databaseUrl !== undefined) {
    if (mongodbUrl === undefined) log.info('MONGODB_URL is not set: Agenda keeps its jobs in PostgreSQL');
    const jobStore: JobStore =
      mongodbUrl === undefined
        ? { kind: 'postgresql', url: databaseUrl }
        : { kind: 'mongodb', url: mongodbUrl };
    return {
      databaseUrl,
      jobStore,
      encryptionKeys: config.encryptionKeys,
      [Symbol.asyncDispose]: async () => undefined,
    };
  }
  return openEmbedded(config, log);
}

async function openEmbedded(config: Config, log: Logger): Promise<Stores> {
  const { dataDir, mongodbUrl } = config;
  await using starting = new AsyncDisposableStack();
  const lock = await lockDataDir(dataDir);
  starting.defer(() => lock.release());
  // Loaded here alone: what finds and fetches a mongod looks about in folders that a production server need not read.
  const { startMongo } = await import('./storage/mongo-server.js');
  const [postgres, mongo] = await Promise.allSettled([
    startPostgres({ dataDir, log }),
    mongodbUrl === undefined ? startMongo({ dataDir, binary: config.mongodBinary, log }) : undefined,
  ]);
  // Both are looked at before either fault is told, so that whichever did start is stopped.
  if (postgres.status === 'fulfilled') starting.defer(keepRunning(postgres.value, log));
  const started = mongo.status === 'fulfilled' && mongo.value?.kind === 'started' ? mongo.value : undefined;
  // Without it the sweep sees to what is due.
  if (started) starting.defer(() => started.stop());
  if (postgres.status === 'rejected') throw postgres.reason;
  if (mongo.status === 'rejected') throw mongo.reason;
  if (mongo.value?.kind === 'unavailable') {
    log.warn(
      { reason: mongo.value.reason },
      'there is no MongoDB server: Agenda keeps its jobs in PostgreSQL',
    );
  }
  const jobStoreUrl = mongodbUrl ?? started?.databaseUrl('tendril');
  const encryptionKeys =
    config.encryptionKeys.length > 0 ? config.encryptionKeys : await readOrMakeKeyFile(dataDir);
  const running = starting.move();
  let stopping: Promise<void> | undefined;
  return {
    databaseUrl: postgres.value.url,
    jobStore:
      jobStoreUrl === undefined
        ? { kind: 'postgresql', url: postgres.value.url }
        : { kind: 'mongodb', url: jobStoreUrl },
    encryptionKeys,
    // Whoever asks a second time waits as well.
    [Symbol.asyncDispose]: () => (stopping ??= running.disposeAsync()),
  };
}
