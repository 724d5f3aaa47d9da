import type { Logger } from 'pino';
import type { Config } from './config.js';
import type { JobStore } from './deliveries/alarms.js';
import { lockDataDir } from './storage/data-dir.js';
import { readOrMakeKeyFile } from './storage/encryption-key-file.js';
import { startMongo } from './storage/mongo-server.js';
import { startPostgres } from './storage/postgres-server.js';

/** Where the data is, and what stops the servers that were started for it. */
export interface Stores {
  readonly databaseUrl: string;
  readonly jobStore: JobStore;
  readonly encryptionKeys: readonly Buffer[];
  stop(): Promise<void>;
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
    return { databaseUrl, jobStore, encryptionKeys: config.encryptionKeys, stop: async () => undefined };
  }
  return openEmbedded(config, log);
}

async function openEmbedded(config: Config, log: Logger): Promise<Stores> {
  const { dataDir, mongodbUrl } = config;
  const stops: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const stopOne of stops.splice(0).reverse()) await stopOne();
  };
  try {
    const lock = await lockDataDir(dataDir);
    stops.push(() => lock.release());
    const starting = await Promise.allSettled([
      startPostgres({ dataDir, log }).then((postgres) => {
        stops.push(() => postgres.stop());
        return postgres;
      }),
      mongodbUrl === undefined
        ? startJobMongo(config, log, stops)
        : { kind: 'mongodb' as const, url: mongodbUrl },
    ]);
    const [postgres, mongo] = starting;
    if (postgres.status === 'rejected') throw postgres.reason;
    if (mongo.status === 'rejected') throw mongo.reason;
    return {
      databaseUrl: postgres.value.url,
      jobStore: mongo.value ?? { kind: 'postgresql', url: postgres.value.url },
      encryptionKeys:
        config.encryptionKeys.length > 0 ? config.encryptionKeys : [await readOrMakeKeyFile(dataDir)],
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A mongod on the data folder; undefined where none is to be had, and a line in the log says so. */
async function startJobMongo(
  config: Config,
  log: Logger,
  stops: (() => Promise<void>)[],
): Promise<JobStore | undefined> {
  const mongo = await startMongo({ dataDir: config.dataDir, binary: config.mongodBinary, log });
  if (mongo.kind === 'unavailable') {
    log.warn({ reason: mongo.reason }, 'there is no MongoDB server: Agenda keeps its jobs in PostgreSQL');
    return undefined;
  }
  stops.push(() => mongo.stop());
  return { kind: 'mongodb', url: mongo.databaseUrl('tendril') };
}
