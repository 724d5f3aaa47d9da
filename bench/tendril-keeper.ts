import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { findRunningPostgres } from '../src/storage/postgres-server.js';
import { treeCpuMs } from './cpu-time.js';
import { answerCalls } from './own-process.js';
import { peakMemoryMb } from './peak-memory.js';

/** A Tendril that runs. */
export interface RunningTendril {
  /** Without a slash at its end. */
  readonly url: string;
  /** An ADMIN key. */
  readonly key: string;
}

/** A Tendril that runs on stores of its own, which can be looked into. */
export interface KeptTendril extends RunningTendril {
  readonly postgresUrl: string;
}

/** What the keeper can be asked. It stands between the bench and Tendril so that Tendril is stopped however the bench ends. */
export interface TendrilKeeperCalls {
  readonly [name: string]: (argument: never) => unknown;
  /** Starts Tendril on stores of its own in a temporary folder; `nodeOptions` go before its file. */
  start(argument: { nodeOptions: readonly string[] }): Promise<KeptTendril>;
  /** Adds a workspace; gives an ADMIN key to it. */
  addWorkspace(argument: { name: string }): Promise<string>;
  /** CPU time of Tendril, its PostgreSQL and its mongod so far; undefined where the system does not tell. */
  cpuMs(argument: undefined): Promise<number | undefined>;
  /** The most memory that Tendril's own process has had resident so far; undefined where the system does not tell. */
  peakMemoryMb(argument: undefined): Promise<number | undefined>;
  /** What Tendril has logged as a warning or an error. */
  complaints(argument: undefined): readonly string[];
}

const main = fileURLToPath(new URL('../src/main.js', import.meta.url));
const complaints: string[] = [];
let folder: string | undefined;
let child: ChildProcess | undefined;

const calls: TendrilKeeperCalls = {
  async start({ nodeOptions }) {
    folder = await mkdtemp(join(tmpdir(), 'tendril-bench-'));
    // PostgreSQL's user must be able to pass through when root runs the bench.
    await chmod(folder, 0o711);
    const key = `tdl_bench_${randomBytes(24).toString('hex')}`;
    const started = spawn(process.execPath, [...nodeOptions, main], {
      // Whatever stands in the environment, this Tendril has stores of its own.
      env: { ...process.env, ...ownSettings(folder, key) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child = started;
    createInterface({ input: started.stderr }).on('line', (line) => complaints.push(line));
    const url = await new Promise<string>((resolve, reject) => {
      createInterface({ input: started.stdout }).on('line', (line) => {
        const health = /^Health +(\S+)\/health\/ready/.exec(line)?.[1];
        if (health) resolve(health);
      });
      started.once('exit', (code) =>
        reject(new Error(`Tendril ended with ${code}: ${complaints.join('\n')}`)),
      );
    });
    return { url, key, postgresUrl: (await findRunningPostgres(folder)) ?? '' };
  },
  async addWorkspace({ name }) {
    const env = { ...process.env, ...ownSettings(folder ?? '', '') };
    const args = [main, 'workspaces', 'create', name, '--json'];
    const { stdout } = await promisify(execFile)(process.execPath, args, { env });
    return (JSON.parse(stdout) as { key: string }).key;
  },
  cpuMs: () => treeCpuMs(child?.pid ?? 0),
  peakMemoryMb: () => peakMemoryMb(child?.pid ?? 0),
  complaints: () => complaints,
};
answerCalls(calls, async () => {
  if (child && child.exitCode === null && child.signalCode === null) {
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    await exited;
  }
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

function ownSettings(dataDir: string, key: string): Record<string, string> {
  return {
    DATA_DIR: dataDir,
    BOOTSTRAP_API_KEY: key,
    PORT: '0',
    HOST: '127.0.0.1',
    ROLE: 'all',
    LOG_LEVEL: 'warn',
    MANAGEMENT_REQUESTS_PER_MINUTE: '0',
    DATABASE_URL: '',
    MONGODB_URL: '',
    ENCRYPTION_KEYS: '',
    ALLOW_HTTP_ENDPOINTS: '',
    ALLOWED_NETWORKS: '',
    SOURCE_IP_ADDRESSES: '',
    PUBLIC_URL: '',
    RETENTION_DAYS: '',
  };
}
