import { MongoClient, ObjectId } from 'mongodb';
import { Client } from 'pg';
import { inject } from 'vitest';
import type { JobStore } from '../../src/deliveries/alarms/alarms.js';
import { newDatabase, newMongoUrl, startReplicaSet } from './stores.js';
import { openTcpProxy, type TcpProxy } from './tcp-proxy.js';

/** A job store of one test's own, reached through a proxy, and a look into it that goes past the proxy. */
export interface JobStoreUnderTest {
  readonly store: JobStore;
  readonly proxy: TcpProxy;
  /** What is in Agenda's collection or table; none where there is no such table. */
  jobs(): Promise<{ name: string; data: unknown; isLocked: boolean }[]>;
  /** Puts a job there that a worker locked and never finished. */
  plantLockedJob(moment: Date): Promise<void>;
  drop(): Promise<void>;
  /** Whether a second job of one name and moment would be refused. */
  hasUniqueIndex(): Promise<boolean>;
  close(): Promise<void>;
}

/** The job stores that Tendril runs on, each with a way to open a fresh one; `open` is undefined where there is no mongod. */
export function jobStoreKinds(): { kind: string; open: (() => Promise<JobStoreUnderTest>) | undefined }[] {
  const hasMongo = inject('mongoUrl') !== undefined;
  let replicaSet: ReturnType<typeof startReplicaSet> | undefined;
  const onReplicaSet = async () => {
    replicaSet ??= startReplicaSet();
    return mongoJobStore((await replicaSet)?.databaseUrl(`test_${new ObjectId().toHexString()}`));
  };
  return [
    { kind: 'MongoDB alone', open: hasMongo ? () => mongoJobStore(newMongoUrl()) : undefined },
    { kind: 'MongoDB as a replica set', open: hasMongo ? onReplicaSet : undefined },
    { kind: 'PostgreSQL', open: postgresJobStore },
  ];
}

async function mongoJobStore(url: string | undefined): Promise<JobStoreUnderTest> {
  if (url === undefined) throw new Error('there is no mongod');
  const { proxy, proxied } = await behindProxy(url);
  // A replica set names its members by their own addresses, which would lead past the proxy.
  proxied.search = '?directConnection=true';
  const client = new MongoClient(url);
  const jobs = client.db().collection('agendaJobs');
  return {
    store: { kind: 'mongodb', url: proxied.href },
    proxy,
    async jobs() {
      const documents = await jobs.find().sort({ nextRunAt: 1 }).toArray();
      return documents.map(({ name, data, lockedAt }) => ({ name, data, isLocked: lockedAt != null }));
    },
    async plantLockedJob(moment) {
      const data = { moment: moment.toISOString() };
      const times = { nextRunAt: moment, lockedAt: new Date() };
      await jobs.insertOne({ name: 'deliver', type: 'normal', priority: 0, data, ...times });
    },
    async drop() {
      await jobs.drop();
    },
    async hasUniqueIndex() {
      const indexes = await jobs.listIndexes().toArray();
      return indexes.some(({ key, unique }) => unique === true && 'data.moment' in key);
    },
    async close() {
      await proxy.close();
      await client.close();
    },
  };
}

async function postgresJobStore(): Promise<JobStoreUnderTest> {
  const url = await newDatabase();
  const { proxy, proxied } = await behindProxy(url);
  const client = new Client({ connectionString: url });
  await client.connect();
  const exists = async (relation: string) => {
    const { rows } = await client.query('SELECT to_regclass($1) AS oid', [relation]);
    return rows[0].oid !== null;
  };
  return {
    store: { kind: 'postgresql', url: proxied.href },
    proxy,
    async jobs() {
      if (!(await exists('agenda_jobs'))) return [];
      const { rows } = await client.query(
        'SELECT name, data, locked_at IS NOT NULL AS "isLocked" FROM agenda_jobs ORDER BY next_run_at',
      );
      return rows;
    },
    async plantLockedJob(moment) {
      await client.query(
        "INSERT INTO agenda_jobs (name, data, next_run_at, locked_at) VALUES ('deliver', $1, $2, now())",
        [{ moment: moment.toISOString() }, moment],
      );
    },
    async drop() {
      await client.query('DROP TABLE agenda_jobs');
    },
    async hasUniqueIndex() {
      const { rows } = await client.query(
        "SELECT 1 FROM pg_indexes WHERE tablename = 'agenda_jobs' AND indexdef ~ 'UNIQUE.*moment'",
      );
      return rows.length === 1;
    },
    async close() {
      await proxy.close();
      await client.end();
    },
  };
}

async function behindProxy(url: string): Promise<{ proxy: TcpProxy; proxied: URL }> {
  const proxied = new URL(url);
  const proxy = await openTcpProxy(Number(proxied.port));
  proxied.host = `127.0.0.1:${proxy.port}`;
  return { proxy, proxied };
}
