import { Client, Pool } from 'pg';
import { keepAsking } from '../../storage/hold-connection.js';
import { ALARM_JOB, type AlarmStore, type ReachableListener } from './alarm-store.types.js';

const CHANNEL = 'tendril_alarm';
const MOMENT_INDEX = 'agenda_jobs_one_alarm_a_moment_idx';
const RELISTEN_AFTER_MS = 500;
const CONNECT_WITHIN_MS = 2000;
const LISTEN = { text: `LISTEN ${CHANNEL}`, query_timeout: CONNECT_WITHIN_MS };

/** Opens Agenda's table in PostgreSQL, made by `createTableSql` where it is missing; does not wait for the server, which may be away. */
export function openPostgresAlarmStore(
  url: string,
  createTableSql: readonly string[],
  onReachable: ReachableListener,
): AlarmStore {
  const pool = new Pool({
    connectionString: url,
    application_name: 'tendril alarms',
    connectionTimeoutMillis: CONNECT_WITHIN_MS,
    query_timeout: 5000,
    max: 4,
    // An alarm that a crash takes along is set again by the sweep, so none waits for the disk.
    onConnect: async (client) => {
      await client.query('SET synchronous_commit = off');
    },
  });
  // Without a listener a server that goes away would end the process.
  pool.on('error', () => undefined);
  let stopListening = () => Promise.resolve();

  return {
    connection: { kind: 'PostgreSQL', pool },
    async prepare() {
      const { rows } = await pool.query('SELECT to_regclass($1) AS index', [MOMENT_INDEX]);
      if (rows[0].index === null) await createTable(pool, createTableSql);
    },
    async add(moments) {
      await pool.query(ADD_ALARMS, [ALARM_JOB, moments, moments.map((moment) => moment.toISOString())]);
    },
    async removeUntaken(moment) {
      const { rowCount } = await pool.query(REMOVE_UNTAKEN, [ALARM_JOB, moment]);
      return rowCount ?? 0;
    },
    listen(onAlarm) {
      stopListening = listenTo(url, onAlarm, onReachable);
    },
    async close() {
      await stopListening();
      await pool.end();
    },
  };
}

// One NOTIFY for the statement, never one a row: it takes a lock over the whole database at commit.
const ADD_ALARMS = `
  WITH added AS (
    INSERT INTO agenda_jobs (name, type, priority, next_run_at, data)
    SELECT $1, 'normal', 0, alarm.moment, jsonb_build_object('moment', alarm.written)
    FROM unnest($2::timestamptz[], $3::text[]) AS alarm (moment, written)
    ON CONFLICT DO NOTHING
    RETURNING next_run_at
  )
  SELECT CASE WHEN min(next_run_at) <= clock_timestamp() THEN pg_notify('${CHANNEL}', '')::text END FROM added`;

const REMOVE_UNTAKEN = `
  DELETE FROM agenda_jobs
  WHERE name = $1 AND locked_at IS NULL AND (next_run_at < $2 OR next_run_at IS NULL)`;

async function createTable(pool: Pool, createTableSql: readonly string[]): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    // IF NOT EXISTS races between processes that start together.
    await client.query(`SELECT pg_advisory_xact_lock(hashtext('${MOMENT_INDEX}'))`);
    for (const statement of createTableSql) await client.query(statement);
    await client.query(
      `CREATE UNIQUE INDEX IF NOT EXISTS ${MOMENT_INDEX} ON agenda_jobs (name, (data->>'moment'))`,
    );
    await client.query('COMMIT');
    client.release();
  } catch (error) {
    client.release(true);
    throw error;
  }
}

function listenTo(url: string, onAlarm: () => void, onReachable: ReachableListener): () => Promise<void> {
  let client: Client | undefined;
  let retry: NodeJS.Timeout | undefined;
  let isOver = false;
  const start = async () => {
    const listener = new Client({ connectionString: url, connectionTimeoutMillis: CONNECT_WITHIN_MS });
    client = listener;
    listener.on('notification', onAlarm);
    listener.on('error', () => undefined);
    try {
      await listener.connect();
      await listener.query(LISTEN);
      keepAsking(listener);
      // From here on only: a connection that never came up has its own way back below.
      listener.once('end', () => void restart());
      onReachable(true);
    } catch {
      listener.end().catch(() => undefined);
      onReachable(false);
      if (!isOver) retry = setTimeout(() => void start(), RELISTEN_AFTER_MS);
    }
  };
  const restart = async () => {
    if (!isOver) await start();
  };
  void start();
  return async () => {
    isOver = true;
    clearTimeout(retry);
    await client?.end().catch(() => undefined);
  };
}
