import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, describe, expect, inject, test } from 'vitest';
import { openAlarms } from '../../src/deliveries/alarms/alarms.js';
import { type StartedMongo, startMongo } from '../../src/storage/mongo-server.js';
import { openTcpProxy } from '../support/tcp-proxy.js';

const SOON = { timeout: 15_000, interval: 10 };
const log = pino({ level: 'silent' });
const cleanups: (() => Promise<unknown>)[] = [];

afterAll(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
});

describe.skipIf(inject('mongoUrl') === undefined)('a mongod that is killed and started again', () => {
  test.each([
    { kind: 'alone', replicaSet: false },
    { kind: 'as a replica set', replicaSet: true },
  ])(
    '$kind keeps the alarms that were set, and takes new ones from every process',
    async ({ replicaSet }) => {
      const dataDir = await mkdtemp(join(tmpdir(), `tendril-test-${process.pid}-`));
      cleanups.push(() => rm(dataDir, { recursive: true, force: true }));
      const first = await start(dataDir, replicaSet);
      // It comes back on another port, which must not show.
      const proxy = await openTcpProxy(portOf(first));
      const url = `mongodb://127.0.0.1:${proxy.port}/tendril?directConnection=true`;
      const [worker, setter] = await Promise.all([1, 2].map(() => openAlarms({ kind: 'mongodb', url }, log)));
      if (worker === undefined || setter === undefined) throw new Error('unreachable');
      cleanups.push(() => Promise.all([worker.stop(), setter.stop(), proxy.close()]));

      let drains = 0;
      await setter.set([new Date()]);
      await kill(dataDir);
      await expect.poll(() => setter.isUp(), SOON).toBe(false);
      await worker.work(async () => {
        drains += 1;
      });
      await setter.set([new Date()]);
      expect(drains).toBe(0);

      const second = await start(dataDir, replicaSet);
      await proxy.mend(portOf(second));
      await expect.poll(() => worker.isUp() && setter.isUp(), SOON).toBe(true);
      // The alarm from before: it was journaled when `set` was done.
      await expect.poll(() => drains, SOON).toBe(1);
      const before = drains;
      await setter.set([new Date()]);
      await expect.poll(() => drains, SOON).toBeGreaterThan(before);
    },
  );
});

async function start(dataDir: string, replicaSet: boolean): Promise<StartedMongo> {
  const cacheDir = process.env.XDG_CACHE_HOME && join(process.env.XDG_CACHE_HOME, 'tendril');
  const mongo = await startMongo({ dataDir, binary: process.env.MONGOD_BINARY, cacheDir, replicaSet, log });
  if (mongo.kind === 'unavailable') throw new Error(mongo.reason);
  cleanups.push(() => mongo.stop());
  return mongo;
}

async function kill(dataDir: string): Promise<void> {
  process.kill(Number(await readFile(join(dataDir, 'mongo', 'mongod.lock'), 'utf8')), 'SIGKILL');
}

function portOf(mongo: StartedMongo): number {
  return Number(new URL(mongo.url).port);
}
