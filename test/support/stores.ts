import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { Client } from 'pg';
import { pino } from 'pino';
import { afterAll, inject } from 'vitest';
import { type StartedMongo, startMongo } from '../../src/storage/mongo-server.js';

const cleanups: (() => Promise<unknown>)[] = [];

// Registered when a test file imports this one, and run after that file's own hooks, which stop what uses the stores.
afterAll(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
});

/** A fresh PostgreSQL database with the tables of this version, dropped after the test file; gives its address. */
export async function newDatabase(): Promise<string> {
  const name = freshName();
  const url = new URL(inject('databasesUrl'));
  await asSuperuser(`CREATE DATABASE ${name} TEMPLATE ${inject('postgresTemplate')} OWNER ${url.username}`);
  cleanups.push(() => asSuperuser(`DROP DATABASE ${name} WITH (FORCE)`));
  url.pathname = name;
  return url.href;
}

/** An empty database whose owner is an ordinary user, who may make no roles; gives its address for that user. */
export async function newOwnedDatabase(): Promise<string> {
  const name = freshName();
  const url = new URL(inject('postgresUrl'));
  Object.assign(url, { username: name, password: name, pathname: name });
  await asSuperuser(`CREATE ROLE ${name} LOGIN PASSWORD '${name}' NOSUPERUSER NOCREATEROLE NOBYPASSRLS`);
  await asSuperuser(`CREATE DATABASE ${name} OWNER ${name}`);
  cleanups.push(async () => {
    await asSuperuser(`DROP DATABASE ${name} WITH (FORCE)`);
    await asSuperuser(`DROP ROLE ${name}`);
  });
  return url.href;
}

/** The address of a MongoDB database of this test file's own, dropped after it; undefined where there is no mongod. */
export function newMongoUrl(): string | undefined {
  const server = inject('mongoUrl');
  if (server === undefined) return undefined;
  const url = `${server}${freshName()}`;
  cleanups.push(async () => {
    const client = new MongoClient(url);
    await client.db().dropDatabase();
    await client.close();
  });
  return url;
}

/** Starts a mongod as a replica set of one for this test file, stopped after it; undefined where there is no mongod. */
export async function startReplicaSet(): Promise<StartedMongo | undefined> {
  if (inject('mongoUrl') === undefined) return undefined;
  const dataDir = await mkdtemp(join(tmpdir(), `tendril-test-${process.pid}-`));
  const cacheDir = process.env.XDG_CACHE_HOME && join(process.env.XDG_CACHE_HOME, 'tendril');
  const binary = process.env.MONGOD_BINARY;
  const log = pino({ level: 'warn' });
  const mongo = await startMongo({ dataDir, binary, cacheDir, replicaSet: true, log });
  if (mongo.kind === 'unavailable') throw new Error(mongo.reason);
  cleanups.push(async () => {
    await mongo.stop();
    await rm(dataDir, { recursive: true, force: true });
  });
  return mongo;
}

function freshName(): string {
  return `test_${randomBytes(6).toString('hex')}`;
}

async function asSuperuser(statement: string): Promise<void> {
  const client = new Client({ connectionString: inject('postgresUrl') });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
