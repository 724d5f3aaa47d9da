import { chmod, mkdtemp, readdir, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { pino } from 'pino';
import type { TestProject } from 'vitest/node';
import { openDatabase } from '../../src/storage/database.js';
import { startMongo } from '../../src/storage/mongo-server.js';
import { startPostgres } from '../../src/storage/postgres-server.js';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The run's PostgreSQL, as its superuser. */
    postgresUrl: string;
    /** The same server, as the user that the tests' databases belong to. */
    databasesUrl: string;
    /** The database that `newDatabase` clones. */
    postgresTemplate: string;
    /** The run's mongod without a database's name; undefined where none can be had. */
    mongoUrl: string | undefined;
  }
}

const FOLDER_PREFIX = 'tendril-test-';
const TEMPLATE = 'tendril_template';
const MEMORY = '/dev/shm';
// Several times what a run has written at once.
const ROOMY_BYTES = 4 * 2 ** 30;

/** Starts one PostgreSQL and one mongod for the whole run, the way `npm start` does, and tells aloud what the tests run on. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  if (process.env.TMPDIR === undefined && (await hasMuchMemory())) process.env.TMPDIR = MEMORY;
  await removeFoldersOfKilledRuns();
  const folder = await mkdtemp(join(tmpdir(), `${FOLDER_PREFIX}${process.pid}-`));
  await chmod(folder, 0o711); // as root, PostgreSQL runs as another user, who must pass through
  const log = pino({ level: 'warn' });
  const [postgres, mongo] = await Promise.all([
    startPostgres({ dataDir: folder, log }),
    startMongo({ dataDir: folder, binary: process.env.MONGOD_BINARY, cacheDir: cacheDir(), log }),
  ]);
  async function teardown(): Promise<void> {
    await Promise.all([postgres.stop(), mongo.kind === 'started' && mongo.stop()]);
    await rm(folder, { recursive: true, force: true });
  }
  const databasesUrl = process.env.ORDINARY_OWNER === 'true' ? ordinaryOwnerOf(postgres.url) : postgres.url;
  try {
    await makeTemplate(postgres.url, new URL(databasesUrl));
    tellJobStores(mongo.kind === 'started' ? undefined : mongo.reason);
  } catch (error) {
    await teardown();
    throw error;
  }
  project.provide('postgresUrl', postgres.url);
  project.provide('databasesUrl', databasesUrl);
  project.provide('postgresTemplate', TEMPLATE);
  project.provide('mongoUrl', mongo.kind === 'started' ? mongo.databaseUrl('') : undefined);
  return teardown;
}

/**
 * Whether the run's temporary folders can lie in memory: hundreds of databases are made and dropped, and PostgreSQL flushes every one of their
 * thousand files.
 */
async function hasMuchMemory(): Promise<boolean> {
  const { bavail, bsize } = await statfs(MEMORY).catch(() => ({ bavail: 0, bsize: 0 }));
  return Math.min(bavail * bsize, process.availableMemory() / 2) > ROOMY_BYTES;
}

/** Where fetched mongods are kept; undefined: where the server keeps them when nothing is configured. */
function cacheDir(): string | undefined {
  const base = process.env.XDG_CACHE_HOME;
  return base ? join(base, 'tendril') : undefined;
}

/**
 * The user that production is given: the superuser is above row-level security, and has every right. What tests ask by themselves sees all
 * workspaces; the server's own connections state their options, and the processes that tests start are given no PGOPTIONS.
 */
function ordinaryOwnerOf(postgresUrl: string): string {
  process.env.PGOPTIONS = '-c tendril.workspace_id=*';
  const url = new URL(postgresUrl);
  Object.assign(url, { username: 'ordinary_owner', password: 'ordinary_owner' });
  return url.href;
}

async function makeTemplate(postgresUrl: string, url: URL): Promise<void> {
  const { username, password } = url;
  const client = new Client({ connectionString: postgresUrl });
  await client.connect();
  if (url.href !== postgresUrl) await client.query(`CREATE ROLE ${username} LOGIN PASSWORD '${password}'`);
  await client.query(`CREATE DATABASE ${TEMPLATE} OWNER ${username}`);
  await client.end();
  url.pathname = TEMPLATE;
  const database = await openDatabase(url.href, [], pino({ level: 'warn' }));
  await database.close();
}

function tellJobStores(whyNoMongo: string | undefined): void {
  if (whyNoMongo === undefined) {
    console.log('Job stores in this run: MongoDB (alone, and as a replica set of one) and PostgreSQL.');
    return;
  }
  if (process.env.CI === 'true') throw new Error(`The tests need MongoDB when CI=true: ${whyNoMongo}.`);
  console.log(`Job stores in this run: PostgreSQL alone. THE TESTS ON MONGODB ARE SKIPPED: ${whyNoMongo}.`);
}

/** A PostgreSQL whose folder is gone ends by itself within a minute. */
async function removeFoldersOfKilledRuns(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = name.startsWith(FOLDER_PREFIX) && Number.parseInt(name.slice(FOLDER_PREFIX.length), 10);
    if (pid && !isAlive(pid)) await rm(join(tmpdir(), name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
