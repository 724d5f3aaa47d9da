import { execFile, spawn } from 'node:child_process';
import { open, readFile, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { MongoClient } from 'mongodb';
import { Client } from 'pg';
import { pino } from 'pino';
import { commandLineOf } from '../../src/storage/left-behind.js';
import { startMongo } from '../../src/storage/mongo-server.js';
import { startPostgres } from '../../src/storage/postgres-server.js';
import { eventually } from '../support/eventually.js';

/** A store's server that can be ended in any way and started again as it was, on its port and its data. */
export interface CrashableStore {
  readonly url: string;
  /** Sends a signal and waits until it is gone. */
  crash(signal: NodeJS.Signals): Promise<void>;
  isRunning(): Promise<boolean>;
  /** Has all of its processes stand still, with SIGSTOP, or go on, with SIGCONT. */
  freeze(signal: 'SIGSTOP' | 'SIGCONT'): Promise<void>;
  /** Starts it again and waits until it takes writes. */
  restart(): Promise<void>;
  /** The lines of its log that tell of a process of its own that crashed. */
  ownCrashes(): Promise<string[]>;
}

const log = pino({ level: 'silent' });
const readyWithinMs = 30_000;

/** A PostgreSQL as `npm start` starts it. */
export async function startCrashablePostgres(dataDir: string): Promise<CrashableStore> {
  const { url } = await startPostgres({ dataDir, log });
  const folder = await realpath(join(dataDir, 'postgres'));
  const { uid, gid } = await stat(folder);
  const takesWrites = async () => {
    const client = new Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      const { rows } = await client.query('SELECT NOT pg_is_in_recovery() AS ready');
      return rows[0].ready === true;
    } finally {
      await client.end().catch(() => undefined);
    }
  };
  const logFile = join(dataDir, 'postgres.log');
  return crashable(url, logFile, await pidIn(join(folder, 'postmaster.pid')), { uid, gid }, takesWrites);
}

/** A mongod as `npm start` starts it, alone or as a replica set of one. */
export async function startCrashableMongo(dataDir: string, replicaSet: boolean): Promise<CrashableStore> {
  const cacheDir = process.env.XDG_CACHE_HOME && join(process.env.XDG_CACHE_HOME, 'tendril');
  const mongo = await startMongo({ dataDir, binary: process.env.MONGOD_BINARY, cacheDir, replicaSet, log });
  if (mongo.kind === 'unavailable') throw new Error(mongo.reason);
  const takesWrites = async () => {
    const client = new MongoClient(mongo.url, { serverSelectionTimeoutMS: 2_000 });
    try {
      return (await client.db('admin').command({ hello: 1 })).isWritablePrimary === true;
    } finally {
      await client.close();
    }
  };
  const pid = await pidIn(join(dataDir, 'mongo', 'mongod.lock'));
  return crashable(mongo.url, join(dataDir, 'mongod.log'), pid, {}, takesWrites);
}

async function crashable(
  url: string,
  logFile: string,
  firstPid: number,
  runAs: { uid?: number; gid?: number },
  takesWrites: () => Promise<boolean>,
): Promise<CrashableStore> {
  let pid = firstPid;
  const commandLine = await commandLineOf(pid);
  const isRunning = async () => (await commandLineOf(pid)) !== undefined;
  const launch = async () => {
    await using output = await open(logFile, 'a');
    const [program = '', ...args] = commandLine?.split(' ') ?? [];
    const child = spawn(program, args, {
      // Only root may say as whom; everybody else's servers are their own.
      ...(process.getuid?.() === 0 && runAs),
      cwd: '/',
      env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
      detached: true,
      stdio: ['ignore', output.fd, output.fd],
    });
    child.unref();
    pid = child.pid ?? 0;
  };
  return {
    url,
    isRunning,
    async crash(signal) {
      if (await isRunning()) process.kill(pid, signal);
      await eventually(async () => !(await isRunning()), readyWithinMs);
    },
    async freeze(signal) {
      process.kill(pid, signal);
      for (const child of await childrenOf(pid)) {
        try {
          process.kill(child, signal);
        } catch {
          // It has ended since.
        }
      }
    },
    async restart() {
      const isReady = async () => {
        if (!(await isRunning())) await launch();
        return takesWrites().catch(() => false);
      };
      await eventually(isReady, readyWithinMs, () => `${commandLine} does not come back`);
    },
    async ownCrashes() {
      const lines = (await readFile(logFile, 'utf8')).split('\n');
      return lines.filter((line) => line.includes('was terminated by signal'));
    },
  };
}

async function childrenOf(pid: number): Promise<number[]> {
  const { stdout } = await promisify(execFile)('pgrep', ['-P', String(pid)]).catch((error) => {
    // So it says that there are none.
    if (error.code === 1) return { stdout: '' };
    throw error;
  });
  return stdout.split('\n').filter(Boolean).map(Number);
}

async function pidIn(file: string): Promise<number> {
  return Number.parseInt(await readFile(file, 'utf8'), 10);
}
