// What follows has type-graphql's decorators.
import 'reflect-metadata';
import { pino } from 'pino';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { claimDue } from '../../src/deliveries/drain/claim-due.js';
import { OwnClaims } from '../../src/deliveries/drain/own-claims.js';
import { sweep } from '../../src/deliveries/drain/sweep.js';
import { holdWorkerLock, type WorkerLock } from '../../src/deliveries/drain/worker-lock.js';
import { type Database, openDatabase } from '../../src/storage/database.js';
import { zeroUuid } from '../../src/storage/typeid.js';
import { publishForOne, subscribe } from '../support/main-operations.js';
import { freshEnv, startTendril } from '../support/tendril.js';

// A machine that stood still for twenty seconds: a worker's claim was committed long ago when its sweep comes by, and the answer
// lies in a buffer. The sweep took the delivery back, and it was sent twice.
const stoodStillMs = 20_000;
const log = pino({ level: 'silent' });
let database: Database;
let lock: WorkerLock;
let worker: number;

beforeEach(async () => {
  const env = await freshEnv();
  const api = await startTendril({ ...env, ROLE: 'api' });
  await subscribe(api, { endpointUrl: 'http://127.0.0.1:1024/', eventTypes: ['payout.paid'] });
  await publishForOne(api, 'payout.paid');
  database = await openDatabase(env.DATABASE_URL ?? '', [], log);
  lock = await holdWorkerLock(database.url, log);
  onTestFinished(async () => {
    await lock.close();
    await database.close();
  });
  worker = lock.worker;
});

/** Claims the one delivery that is due, as the worker's drain does, and has the machine stand still before that is heard. */
async function claimUnheard(agoMs = stoodStillMs) {
  const request = { worker, limit: 10, roomEach: 10, rooms: new Map(), aheadMs: 0 };
  const claimed = await claimDue(database, request, zeroUuid);
  expect(claimed).toHaveLength(1);
  const move = `UPDATE delivery SET attempt_started_at = attempt_started_at - interval '${agoMs} milliseconds'`;
  await database.query({ text: move }, []);
  return claimed;
}

async function takenBack(claims: OwnClaims, nowMs: number): Promise<number> {
  return (await sweep(database, () => claims.leasesOf(worker, nowMs))).takenBack;
}

test('what was claimed and is not heard of yet is not taken back, however long that takes', async () => {
  const claims = new OwnClaims();
  claims.ask('claim', 1_000);
  const claimed = await claimUnheard();
  expect(await takenBack(claims, 1_000 + stoodStillMs)).toBe(0);
  claims.hold(claimed);
  claims.settle('claim');
  expect(await takenBack(claims, 1_000 + stoodStillMs)).toBe(0);
});

test('what was claimed while the answer was lost is taken back, though answers about later claims are awaited', async () => {
  const claims = new OwnClaims();
  claims.ask('claim', 1_000);
  await claimUnheard();
  claims.settle('claim');
  claims.ask('claim', 999 + stoodStillMs);
  claims.ask('a place', 1_000 + stoodStillMs);
  expect(await takenBack(claims, 1_000 + stoodStillMs)).toBe(1);
});

// It had lost its lock with its connection, and took back every request of its own that took longer than two seconds.
test('what a worker has under way it does not take back itself where it has lost its lock, and others do', async () => {
  const claims = new OwnClaims();
  claims.hold(await claimUnheard());
  await lock.close();
  expect(await takenBack(claims, stoodStillMs)).toBe(0);
  const others = () => ({ worker: worker + 1, inFlight: [], unsureMs: 0 });
  expect((await sweep(database, others)).takenBack).toBe(1);
});

// The time since it began was too long for the duration of an attempt, and every sweep failed from then on.
test('what was claimed before a server stopped for a month is taken back', async () => {
  await claimUnheard(30 * 86_400_000);
  const others = () => ({ worker: worker + 1, inFlight: [], unsureMs: 0 });
  await lock.close();
  expect((await sweep(database, others)).takenBack).toBe(1);
});
