import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { startMongo } from '../src/storage/mongo-server.js';
import { startPostgres } from '../src/storage/postgres-server.js';
import { treeCpuMs } from './cpu-time.js';
import { answerCalls } from './own-process.js';

/** What the keeper of several Tendrils on one pair of stores can be asked. */
export interface FleetKeeperCalls {
  readonly [name: string]: (argument: never) => unknown;
  /** Has so many processes of each role run, no more and no less; gives the addresses of the API's, a key, and that of PostgreSQL. */
  run(argument: { each: number }): Promise<Fleet>;
  /** CPU time of them all and of their stores so far; undefined where the system does not tell. */
  cpuMs(argument: undefined): Promise<number | undefined>;
}

/** Tendrils on one pair of stores. */
interface Fleet {
  readonly urls: readonly string[];
  readonly key: string;
  readonly postgresUrl: string;
}

type Role = 'api' | 'worker';
const main = fileURLToPath(new URL('../src/main.js', import.meta.url));
const log = pino({ level: 'silent' });
const key = `tdl_bench_${randomBytes(24).toString('hex')}`;
const running: Record<Role, { child: ChildProcess; url: string }[]> = { api: [], worker: [] };
const stops: (() => Promise<unknown>)[] = [];
let settings: Record<string, string> | undefined;

const calls: FleetKeeperCalls = {
  async run({ each }) {
    settings ??= await startStores();
    for (const role of ['api', 'worker'] as const) {
      while (running[role].length < each) running[role].push(await start(role, settings));
      await Promise.all(running[role].splice(each).map(({ child }) => stop(child)));
    }
    return { urls: running.api.map(({ url }) => url), key, postgresUrl: settings.DATABASE_URL ?? '' };
  },
  // The stores are children of this process, too.
  cpuMs: () => treeCpuMs(process.pid),
};
answerCalls(calls, async () => {
  await Promise.all(Object.values(running).flatMap((some) => some.map(({ child }) => stop(child))));
  for (const each of stops.reverse()) await each();
});

async function startStores(): Promise<Record<string, string>> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tendril-bench-fleet-'));
  await chmod(dataDir, 0o711);
  stops.push(() => rm(dataDir, { recursive: true, force: true }));
  const postgres = await startPostgres({ dataDir, log });
  stops.push(() => postgres.stop());
  const mongo = await startMongo({ dataDir, binary: process.env.MONGOD_BINARY, replicaSet: true, log });
  if (mongo.kind === 'started') stops.push(() => mongo.stop());
  return {
    DATABASE_URL: postgres.url,
    MONGODB_URL: mongo.kind === 'started' ? mongo.url : '',
    ENCRYPTION_KEYS: randomBytes(32).toString('base64'),
    BOOTSTRAP_API_KEY: key,
    ALLOW_HTTP_ENDPOINTS: 'true',
    ALLOWED_NETWORKS: '127.0.0.0/8',
    MANAGEMENT_REQUESTS_PER_MINUTE: '0',
    PORT: '0',
    HOST: '127.0.0.1',
    LOG_LEVEL: 'warn',
  };
}

async function start(role: Role, env: Record<string, string>): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(process.execPath, [main], {
    env: { ...process.env, ...env, ROLE: role },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const health = /^Health +(\S+)\/health\/ready/.exec(line)?.[1];
      if (health) resolve(health);
    });
    child.once('exit', (code) => reject(new Error(`A Tendril with ROLE=${role} ended with ${code}.`)));
  });
  return { child, url };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}
