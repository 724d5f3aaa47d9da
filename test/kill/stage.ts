import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readlink, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MongoClient } from 'mongodb';
import { Pool } from 'pg';
import { thisVersion, type Version } from '../support/spawn-tendril.js';
import type { Asked } from './ask-graphql.js';
import { type CrashableStore, startCrashableMongo, startCrashablePostgres } from './crashable-store.js';
import { mountSmallDisk, type SmallDisk } from './disk.js';
import type { Journal } from './history.js';
import type { Schedule } from './schedule.js';
import { type KillTendril, tendrilNamed } from './tendrils.js';

/** What runs at first, and what is put in its place. */
export interface Upgrade {
  readonly before: Version;
  readonly after: Version;
}

/** Two API processes, which may send too, and two workers, over stores of their own. */
export interface Stage {
  readonly apis: readonly [KillTendril, KillTendril];
  readonly workers: readonly [KillTendril, KillTendril];
  readonly postgres: CrashableStore;
  readonly mongo: CrashableStore;
  /** What PostgreSQL's data lie on where that is to be filled up; undefined where it is not, or not permitted. */
  readonly disk: SmallDisk | undefined;
  /** Drops the collection that Agenda keeps its jobs in. */
  dropJobs(): Promise<void>;
  /** PostgreSQL, for looking into it past Tendril. */
  readonly database: Pool;
  /** The API processes that are up. */
  asked(): readonly Asked[];
  /** Starts processes that have ended; where one will be paused, gives each worker its number in `workerNumbers`. */
  start(tendrils: readonly KillTendril[]): Promise<void>;
  /** The numbers that claims are made under, by the worker's name. */
  readonly workerNumbers: ReadonlyMap<string, number>;
  /** What an upgrade leads to. */
  readonly nextVersion: Version;
}

/** Sets it up in a folder; `ending` is given what takes it down again. */
export async function setStage(
  schedule: Schedule,
  folder: string,
  journal: Journal,
  ending: AsyncDisposableStack,
  { before, after }: Upgrade = { before: thisVersion, after: thisVersion },
): Promise<Stage> {
  // As root, PostgreSQL runs as another user, who must pass through.
  await chmod(folder, 0o711);
  const fillsDisk = schedule.faults.some(({ fault }) => fault === 'fill-disk');
  const disk = fillsDisk ? await mountSmallDisk(join(folder, 'disk')) : undefined;
  if (disk) ending.defer(() => disk.remove());
  const dataDir = disk?.folder ?? join(folder, 'stores');
  await mkdir(dataDir, { recursive: true, mode: 0o711 });
  ending.defer(() => removePlaceElsewhere(dataDir));
  const [postgres, mongo] = await Promise.all([
    startCrashablePostgres(dataDir),
    startCrashableMongo(dataDir, schedule.replicaSet),
  ]);
  ending.defer(async () => void (await Promise.all([postgres.crash('SIGQUIT'), mongo.crash('SIGKILL')])));
  const database = new Pool({ connectionString: postgres.url, max: 3, connectionTimeoutMillis: 2_000 });
  database.on('error', () => undefined);
  ending.defer(() => database.end());
  const env = settingsOf(postgres.url, mongo.url);
  const named = (name: string, role: 'api' | 'worker' | 'all') =>
    tendrilNamed(name, role, env, folder, journal, before);
  const apiRole = schedule.apisSend ? 'all' : 'api';
  const apis = [named('api-1', apiRole), named('api-2', apiRole)] as const;
  const workers = [named('worker-1', 'worker'), named('worker-2', 'worker')] as const;
  ending.defer(
    async () => void (await Promise.all([...apis, ...workers].map((one) => one.signal('SIGKILL')))),
  );
  const pausesWorker = schedule.faults.some(({ fault }) => fault === 'pause-worker');
  const workerNumbers = new Map<string, number>();
  const known = new Set<number>();
  const newNumbers = async (): Promise<number[]> => {
    const { rows } = await database.query<{ number: number }>(findNewNumbers, [[...known]]);
    for (const { number } of rows) known.add(number);
    return rows.map(({ number }) => number);
  };
  return {
    apis,
    workers,
    postgres,
    mongo,
    disk,
    database,
    workerNumbers,
    nextVersion: after,
    dropJobs: () => dropJobs(mongo.url),
    asked: () => apis.flatMap((api) => api.asked() ?? []),
    async start(tendrils) {
      const isNumbered = ({ role }: KillTendril) => pausesWorker && role === 'worker';
      await Promise.all(tendrils.filter((one) => !isNumbered(one)).map((one) => one.start()));
      if (pausesWorker) await newNumbers();
      // One after the other: a worker's number is the one that was not there before.
      for (const worker of tendrils.filter(isNumbered)) {
        await worker.start();
        workerNumbers.set(worker.name, (await newNumbers())[0] ?? 0);
      }
    },
  };
}

function settingsOf(databaseUrl: string, mongodbUrl: string): Record<string, string> {
  return {
    DATABASE_URL: databaseUrl,
    MONGODB_URL: mongodbUrl,
    ENCRYPTION_KEYS: randomBytes(32).toString('base64'),
    BOOTSTRAP_API_KEY: `tdl_kill_${randomBytes(24).toString('hex')}`,
    ALLOW_HTTP_ENDPOINTS: 'true',
    ALLOWED_NETWORKS: '127.0.0.0/8',
    MANAGEMENT_REQUESTS_PER_MINUTE: '0',
    SUBSCRIPTIONS_PER_WORKSPACE: '100000',
    PORT: '0',
  };
}

async function dropJobs(mongodbUrl: string): Promise<void> {
  const client = new MongoClient(mongodbUrl);
  try {
    await client.db().dropCollection('agendaJobs');
  } finally {
    await client.close();
  }
}

/** Where PostgreSQL's user cannot enter the folder, its data are elsewhere. */
async function removePlaceElsewhere(dataDir: string): Promise<void> {
  const elsewhere = await readlink(join(dataDir, 'postgres')).catch(() => undefined);
  if (elsewhere !== undefined) await rm(dirname(elsewhere), { recursive: true, force: true });
}

// A living worker holds an advisory lock whose second half is its number: src/deliveries/drain/worker-lock.ts.
const findNewNumbers = `SELECT objid::integer AS number FROM pg_locks
  WHERE locktype = 'advisory' AND classid = 7336303 AND granted AND objid::integer <> ALL ($1)`;
