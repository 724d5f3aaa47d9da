import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { MongoBackend } from '@agendajs/mongo-backend';
import { Agenda } from 'agenda';
import { MongoClient } from 'mongodb';
import { pino } from 'pino';
import { Pool } from 'undici';
import { startMongo } from '../src/storage/mongo-server.js';
import { monotonicMs } from './monotonic-ms.js';
import { answerCalls } from './own-process.js';
import { signedRequest } from './signed-request.js';

/** What the sender with one Agenda job a delivery can be asked. */
export interface AgendaSenderCalls {
  readonly [name: string]: (argument: never) => unknown;
  /** Starts a mongod of its own; gives back why none can be had, or nothing. */
  start(argument: undefined): Promise<string | undefined>;
  /** Saves so many jobs, each to send one delivery. */
  save(argument: { jobs: number; url: string }): Promise<void>;
  /** Has Agenda take the jobs for so long; gives back when it began. */
  work(argument: { seconds: number; concurrency: number }): Promise<{ startedAtMs: number }>;
}

interface DeliveryJob {
  readonly id: string;
  readonly url: string;
}

const job = 'deliver';
const savesAtOnce = 32;
const connections = 100;
// Tried from 1 to 100 ms, and limits from 20 to 500: this is where Agenda is fastest.
const processEveryMs = 20;
const settleMs = 1000;
const stops: (() => Promise<unknown>)[] = [];
let mongoUrl = '';

const calls: AgendaSenderCalls = {
  async start() {
    const dataDir = await mkdtemp(join(tmpdir(), 'tendril-bench-agenda-'));
    stops.push(() => rm(dataDir, { recursive: true, force: true }));
    const log = pino({ level: 'silent' });
    const mongo = await startMongo({ dataDir, binary: process.env.MONGOD_BINARY, log });
    if (mongo.kind === 'unavailable') return mongo.reason;
    mongoUrl = mongo.url;
    stops.push(() => mongo.stop());
    return undefined;
  },

  async save({ jobs, url }) {
    const agenda = openAgenda(savesAtOnce);
    await agenda.ready;
    let saved = 0;
    const one = async () => {
      while (saved < jobs) {
        saved += 1;
        await agenda.now<DeliveryJob>(job, { id: `evt_job_${saved}`, url });
      }
    };
    await Promise.all(Array.from({ length: savesAtOnce }, one));
  },

  async work({ seconds, concurrency }) {
    const agenda = openAgenda(concurrency);
    const pools = new Map<string, Pool>();
    agenda.define<DeliveryJob>(job, async ({ attrs: { data } }) => {
      const { origin } = new URL(data.url);
      const pool = pools.get(origin) ?? new Pool(origin, { connections, pipelining: 1 });
      pools.set(origin, pool);
      const { body } = await pool.request({ method: 'POST', path: '/', ...signedRequest(data.id) });
      await body.dump();
    });
    const startedAtMs = monotonicMs();
    await agenda.start();
    await pause(seconds * 1000);
    await agenda.stop();
    // Agenda does not wait for what it has asked of MongoDB, which is stopped next.
    await pause(settleMs);
    return { startedAtMs };
  },
};
answerCalls(calls, async () => {
  for (const stop of stops.reverse()) await stop();
});

function openAgenda(concurrency: number): Agenda {
  // Never closed: this process ends soon.
  const client = new MongoClient(mongoUrl);
  return new Agenda({
    backend: new MongoBackend({ mongo: client.db() }),
    processEvery: processEveryMs,
    maxConcurrency: concurrency,
    defaultConcurrency: concurrency,
    // Without a limit Agenda locks every job that is due, one by one, before it runs the first.
    lockLimit: concurrency,
    removeOnComplete: true,
  });
}
