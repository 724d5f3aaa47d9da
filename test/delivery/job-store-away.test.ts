import { type Collection, MongoClient } from 'mongodb';
import { Client } from 'pg';
import { pino } from 'pino';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { type StartedMongo, startMongo } from '../../src/storage/mongo-server.js';
import { auditDeliveries } from '../support/delivery-audit.js';
import { eventually } from '../support/eventually.js';
import { publishMany, subscribe } from '../support/main-operations.js';
import { type Answer, startReceiver } from '../support/receiver.js';
import { openTcpProxy } from '../support/tcp-proxy.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { freshEnv, startTendril, startTendrilProcess, type Tendril } from '../support/tendril.js';

const type = 'payout.paid';
const log = pino({ level: 'silent' });
// Each event of these is retried once, so that alarms for later matter too.
const failsFirst = (): Answer => {
  const seen = new Set<string>();
  return ({ headers }, _earlier, response) => {
    const id = String(headers['webhook-id']);
    response.writeHead(seen.has(id) ? 204 : 503).end();
    seen.add(id);
  };
};
const retryPolicy = { scheduleSeconds: [1, 1] };

describe.skipIf(inject('mongoUrl') === undefined)('with jobs on MongoDB', () => {
  test("Agenda's collection dropped again and again in mid-run loses nothing", async () => {
    const env = await freshEnv();
    const tendril = await startTendril(env);
    const receiver = await startReceiver(failsFirst());
    const { id } = await subscribe(tendril, { endpointUrl: receiver.url, eventTypes: [type], retryPolicy });
    const jobs = jobsOf(env.MONGODB_URL ?? '');

    const eventIds: string[] = [];
    for (let times = 1; times <= 4; times++) {
      eventIds.push(...(await publishMany(tendril, type, 100)));
      await receiver.waitFor(times * 75);
      await jobs.drop();
    }
    expect(await auditDeliveries(tendril, receiver, id, eventIds)).toMatchObject({ interrupted: 0 });
    expect(receiver.received).toHaveLength(800);
    await eventually(
      async () => (await jobs.indexExists('tendrilOneAlarmAMoment').catch(() => false)) === true,
    );
  });

  test('while MongoDB is away publishing and delivery go on, and when it is back so do its jobs', async () => {
    const dataDir = await temporaryFolder();
    const first = await startOwnMongo(dataDir);
    // It comes back on another port, which must not show.
    const proxy = await openTcpProxy(portOf(first));
    onTestFinished(() => proxy.close());
    const env = await freshEnv({
      MONGODB_URL: `mongodb://127.0.0.1:${proxy.port}/tendril?directConnection=true`,
    });
    const [tendril, worker] = await Promise.all([
      startTendrilProcess(env),
      startTendrilProcess({ ...env, ROLE: 'worker' }),
    ]);
    const receiver = await startReceiver(failsFirst());
    const { id } = await subscribe(tendril, { endpointUrl: receiver.url, eventTypes: [type], retryPolicy });
    expect(await readiness(tendril)).toEqual([200, []]);
    const eventIds = await publishMany(tendril, type, 100);
    await receiver.waitFor(50);

    await Promise.all([first.stop(), proxy.cut()]);
    eventIds.push(...(await publishMany(tendril, type, 100)));
    for (const one of [tendril, worker])
      await eventually(async () => (await readiness(one))[1][0] === 'MongoDB');
    expect(await readiness(tendril)).toEqual([200, ['MongoDB']]);
    eventIds.push(...(await publishMany(tendril, type, 100)));
    await auditDeliveries(tendril, receiver, id, eventIds);

    const second = await startOwnMongo(dataDir);
    await proxy.mend(portOf(second));
    for (const one of [tendril, worker]) await eventually(async () => (await readiness(one))[1].length === 0);
    eventIds.push(...(await publishMany(tendril, type, 100)));
    const jobs = jobsOf(second.url);
    await eventually(async () => (await jobs.countDocuments()) > 0);
    expect(await auditDeliveries(tendril, receiver, id, eventIds)).toMatchObject({ interrupted: 0 });
    expect(receiver.received).toHaveLength(800);
    expect([tendril.process.exitCode, worker.process.exitCode]).toEqual([null, null]);
  });
});

test('with DATABASE_URL alone, jobs are kept in PostgreSQL, and all is delivered', async () => {
  const { MONGODB_URL: _unset, ...env } = await freshEnv();
  const tendril = await startTendrilProcess(env);
  expect(tendril.log.join('\n')).toContain('keeps its jobs in PostgreSQL');
  await startTendrilProcess({ ...env, ROLE: 'worker' });
  const receiver = await startReceiver(failsFirst());
  const { id } = await subscribe(tendril, { endpointUrl: receiver.url, eventTypes: [type], retryPolicy });
  const eventIds = await publishMany(tendril, type, 300);
  await receiver.waitFor(100);
  const client = new Client({ connectionString: env.DATABASE_URL });
  await client.connect();
  onTestFinished(() => client.end());
  await client.query('DROP TABLE agenda_jobs');
  expect(await auditDeliveries(tendril, receiver, id, eventIds)).toMatchObject({ interrupted: 0 });
  expect(receiver.received).toHaveLength(600);
});

test('with MONGOD_BINARY=off and nothing else, jobs are kept in the embedded PostgreSQL, and all is delivered', async () => {
  const tendril = await startTendrilProcess({
    DATA_DIR: await temporaryFolder(),
    MONGOD_BINARY: 'off',
    BOOTSTRAP_API_KEY: 'tdl_test_of_embedded_stores_without_a_mongod',
    PORT: '0',
  });
  expect(tendril.log.join('\n')).toContain('keeps its jobs in PostgreSQL');
  const receiver = await startReceiver(failsFirst());
  const { id } = await subscribe(tendril, { endpointUrl: receiver.url, eventTypes: [type], retryPolicy });
  const eventIds = await publishMany(tendril, type, 100);
  expect(await auditDeliveries(tendril, receiver, id, eventIds)).toEqual({ repeated: 100, interrupted: 0 });
  expect(await tendril.end('SIGTERM')).toBe(0);
});

async function startOwnMongo(dataDir: string): Promise<StartedMongo> {
  const cacheDir = process.env.XDG_CACHE_HOME && `${process.env.XDG_CACHE_HOME}/tendril`;
  const mongo = await startMongo({ dataDir, binary: process.env.MONGOD_BINARY, cacheDir, log });
  if (mongo.kind === 'unavailable') throw new Error(mongo.reason);
  onTestFinished(() => mongo.stop());
  return mongo;
}

function jobsOf(url: string): Collection {
  const client = new MongoClient(url);
  onTestFinished(() => client.close());
  return client.db().collection('agendaJobs');
}

function portOf(mongo: StartedMongo): number {
  return Number(new URL(mongo.url).port);
}

/** The status of /health/ready, and what it says is missing. */
async function readiness({ url }: Tendril): Promise<[number, string[]]> {
  const response = await fetch(`${url}/health/ready`);
  return [response.status, ((await response.json()) as { missing: string[] }).missing];
}
