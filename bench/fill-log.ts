import { Pool } from 'pg';
import { bornIndexes } from '../src/storage/day-indexes.js';
import { attachment, textOfDay } from '../src/storage/partitions.js';
import { newUuid, toTypeId } from '../src/storage/typeid.js';
import { phrases } from './phrases.js';

const dayMs = 86_400_000;
const subscriptionCount = 120;
const deliveriesPerEvent = 2;
const connections = 3;
const nouns = ['invoice', 'payout', 'customer', 'order', 'refund', 'dispute', 'shipment', 'user'];
const verbs = ['created', 'updated', 'paid', 'failed', 'deleted'];
const forFilling = '-c synchronous_commit=off -c maintenance_work_mem=256MB -c work_mem=128MB';

/** How large a log is to be. */
export interface LogSize {
  /** Of all workspaces together. */
  readonly deliveries: number;
  /** Over how many days, today included, they are spread evenly. */
  readonly days: number;
}

/** A log that was filled, and what is known of it. */
export interface FilledLog {
  readonly nowMs: number;
  readonly days: number;
  /** Ids of the subscription with most deliveries, of the one with fewest, and of an event. */
  readonly busiest: string;
  readonly idlest: string;
  readonly event: string;
}

/** Fills the log of a fresh Tendril by SQL: 85 % of it in the workspace `default`, the rest in three others. */
export async function fillLog(url: string, { deliveries, days }: LogSize, nowMs: number): Promise<FilledLog> {
  const pool = new Pool({ connectionString: url, max: connections, options: forFilling });
  try {
    await prepare(pool);
    const today = Math.floor(nowMs / dayMs);
    const events = Math.ceil(deliveries / deliveriesPerEvent / days);
    const waiting = Array.from({ length: days }, (_, age) => age);
    const fill = async () => {
      for (let age = waiting.shift(); age !== undefined; age = waiting.shift()) {
        const day = today - age;
        await fillDay(pool, { day, age, endMs: age === 0 ? nowMs : (day + 1) * dayMs, events });
      }
    };
    await Promise.all(Array.from({ length: connections }, fill));
    await pool.query('VACUUM ANALYZE event, delivery, attempt');
    const { rows } = await pool.query<{ busiest: string; idlest: string; event: string }>(known);
    const { busiest = '', idlest = '', event = '' } = rows[0] ?? {};
    return {
      nowMs,
      days,
      busiest: toTypeId('wsub', busiest),
      idlest: toTypeId('wsub', idlest),
      event: toTypeId('evt', event),
    };
  } finally {
    await pool.end();
  }
}

/** Adds a day to a log that was filled before. */
export async function fillOldDay(url: string, deliveries: number, atMs: number): Promise<void> {
  const pool = new Pool({ connectionString: url, max: 1, options: forFilling });
  const day = Math.floor(atMs / dayMs);
  const events = Math.ceil(deliveries / deliveriesPerEvent);
  const age = Math.floor(Date.now() / dayMs) - day;
  await fillDay(pool, { day, age, endMs: (day + 1) * dayMs, events });
  await pool.end();
}

// Their share falls with their number.
const known =
  `SELECT (SELECT id FROM bench_subscription JOIN own USING (workspace_id) ORDER BY n LIMIT 1) AS busiest,
    (SELECT id FROM bench_subscription JOIN own USING (workspace_id) ORDER BY n DESC LIMIT 1) AS idlest,
    (SELECT e.id FROM event e JOIN own USING (workspace_id) ORDER BY e.id LIMIT 1) AS event
  FROM (SELECT 1) one`.replaceAll(
    'own USING',
    `(SELECT id AS workspace_id FROM workspace WHERE name = 'default') own USING`,
  );

async function prepare(pool: Pool): Promise<void> {
  const others = [newUuid(), newUuid(), newUuid()];
  await pool.query(`INSERT INTO workspace (id, name) SELECT id, 'another' FROM unnest($1::uuid[]) id`, [
    others,
  ]);
  const { rows } = await pool.query<{ id: string }>(`SELECT id FROM workspace WHERE name = 'default'`);
  const workspaces = [rows[0]?.id ?? '', ...others];
  await pool.query(
    `CREATE UNLOGGED TABLE bench_phrase AS SELECT number::integer, text FROM unnest($1::text[]) WITH ORDINALITY t (text, number)`,
    [phrases(20_000)],
  );
  await pool.query(
    `INSERT INTO event_type (id, workspace_id, name, description) SELECT gen_random_uuid(), $1, name, ''
     FROM unnest($2::text[]) name ON CONFLICT DO NOTHING`,
    [workspaces[0], ['audit.exported', ...nouns.flatMap((noun) => verbs.map((verb) => `${noun}.${verb}`))]],
  );
  await pool.query('CREATE UNLOGGED TABLE bench_subscription (workspace_id uuid, n integer, id uuid)');
  for (const [index, workspace] of workspaces.entries()) {
    const count = index === 0 ? subscriptionCount : 10;
    await pool.query(
      'INSERT INTO bench_subscription SELECT $1::uuid, n - 1, id FROM unnest($2::uuid[]) WITH ORDINALITY t (id, n)',
      [workspace, Array.from({ length: count }, newUuid)],
    );
  }
  await pool.query(
    `INSERT INTO webhook_subscription (id, workspace_id, endpoint_url, event_types, status, profile, signature_scheme, timeout_seconds)
     SELECT id, workspace_id, 'https://hooks.customer-' || n || '.example/tendril', '{*}', 'ACTIVE', 'STANDARD', 'HMAC_SHA256', 15
     FROM bench_subscription`,
  );
}

interface Day {
  readonly day: number;
  /** 0 is today. */
  readonly age: number;
  readonly endMs: number;
  readonly events: number;
}

async function fillDay(pool: Pool, { day, age, endMs, events }: Day): Promise<void> {
  const date = textOfDay(day);
  for (const parent of ['event', 'delivery', 'attempt']) {
    await pool.query(`DROP TABLE IF EXISTS ${parent}_${date}`);
    // Indexes are made when the table becomes a partition, which is faster than row by row.
    await pool.query(`CREATE TABLE ${parent}_${date} (LIKE ${parent} INCLUDING ALL EXCLUDING INDEXES)`);
  }
  const startMs = day * dayMs;
  await pool.query(insertEvents(date, age), [startMs, endMs - startMs, events]);
  await pool.query(insertDeliveries(date, age));
  await pool.query(insertAttempts(date));
  for (const parent of ['event', 'delivery', 'attempt']) {
    const name = `${parent}_${date}`;
    await pool.query(`${bornIndexes(name, parent)} SELECT raise_wall('${name}')`);
    await pool.query(attachment(name, parent, day));
  }
}

// The first eleven bytes of an id are those of its event, so the number of the event stands among them.
const insertEvents = (date: string, age: number) => `
  WITH workspaces AS (SELECT array_agg(DISTINCT workspace_id ORDER BY workspace_id) AS ids FROM bench_subscription),
  made AS MATERIALIZED (
    SELECT n, $1::bigint + $2::bigint * n / $3::bigint AS ms, random() AS share, md5(n::text || $1::text) AS hash,
      1 + floor(20000 * random())::integer AS first, 1 + floor(20000 * random())::integer AS second,
      floor(40 * random() ^ 2)::integer AS type, random() AS chance, floor(random() * 1000000)::integer AS amount
    FROM generate_series(0, $3::bigint - 1) n
  )
  INSERT INTO event_${date} (workspace_id, id, type, payload, idempotency_key, created_at)
  SELECT w.workspace_id,
    (lpad(to_hex(ms), 12, '0') || '7' || lpad(to_hex(n >> 36 & 4095), 3, '0') || '8' || lpad(to_hex(n & 68719476735), 9, '0') || right(hash, 6))::uuid,
    CASE WHEN chance < 0.000002 THEN 'audit.exported' ELSE (ARRAY['${nouns.join("','")}'])[1 + type % 8]
      || '.' || (ARRAY['${verbs.join("','")}'])[1 + type / 8] END,
    replace(json_build_object('id', 'obj_' || left(hash, 24), 'amount', amount, 'currency', CASE WHEN share < 0.5 THEN 'eur' ELSE 'usd' END,
      'customer', json_build_object('id', 'cus_' || right(hash, 14), 'name', split_part(a.text, ' ', 1) || ' ' || split_part(b.text, ' ', 2)),
      'reference', 'R-' || n || '-${age}', 'lines', ARRAY[a.text, b.text],
      'note', CASE WHEN n = $3::bigint / 3 AND ${age} % 5 = 1 THEN 'quetzalcoatl' WHEN n % 300 = 7 AND ${age} = 25 THEN 'zanzibar' ELSE 'none' END)::text, '" : ', '":'),
    'order-' || n || '-${age}-' || left(hash, 8), to_timestamp(ms / 1000.0)
  FROM made CROSS JOIN workspaces CROSS JOIN LATERAL (
    SELECT CASE WHEN share < 0.85 THEN ids[1] WHEN share < 0.95 THEN ids[2] WHEN share < 0.99 THEN ids[3] ELSE ids[4] END AS workspace_id
  ) w
  JOIN bench_phrase a ON a.number = first JOIN bench_phrase b ON b.number = second`;

const insertDeliveries = (date: string, age: number) => `
  WITH counts AS (SELECT workspace_id, count(*)::integer AS count FROM bench_subscription GROUP BY 1),
  picked AS MATERIALIZED (
    SELECT e.workspace_id, e.id, e.type, e.created_at, c.count, floor(c.count * random() ^ 3)::integer AS first,
      1 + floor((c.count - 1) * random() ^ 3)::integer AS step
    FROM event_${date} e JOIN counts c USING (workspace_id)
  ), made AS MATERIALIZED (
    SELECT p.workspace_id, (left(replace(p.id::text, '-', ''), 22) || right(md5(p.id::text || k), 10))::uuid AS id, p.id AS event_id,
      (first + step * k) % count AS n, p.type, p.created_at, random() AS chance, random() AS code
    FROM picked p CROSS JOIN generate_series(0, 1) k
  ), judged AS (
    SELECT m.*, CASE WHEN chance < 0.965 THEN 'DELIVERED' WHEN chance < 0.985 THEN 'FAILED' WHEN chance < 0.995 THEN 'SKIPPED'
      WHEN chance < 0.9952 THEN 'CANCELED' WHEN chance < 0.999 AND ${age} < 3 THEN 'RETRYING' WHEN chance > 0.99999 AND ${age} < 3 THEN 'PENDING'
      ELSE 'DELIVERED' END AS status FROM made m
  )
  INSERT INTO delivery_${date} (workspace_id, id, event_id, subscription_id, event_type, status, failure_reason, skip_reason, attempt_count,
    next_attempt_at, last_status_code, created_at, updated_at, completed_at)
  SELECT j.workspace_id, j.id, event_id, s.id, type, status, CASE status WHEN 'FAILED' THEN 'RETRIES_EXHAUSTED' END,
    CASE status WHEN 'SKIPPED' THEN 'SUBSCRIPTION_INACTIVE' END, CASE status WHEN 'SKIPPED' THEN 0 WHEN 'PENDING' THEN 0 ELSE 1 END,
    CASE WHEN status IN ('PENDING', 'RETRYING') THEN now() + interval '90 days' END,
    CASE WHEN status = 'DELIVERED' THEN (ARRAY[200, 202, 204])[1 + floor(3 * code)::integer]
      WHEN status IN ('FAILED', 'RETRYING') THEN CASE WHEN code < 0.0001 THEN 410 WHEN ${age} = 20 AND code < 0.2 THEN 502 ELSE (ARRAY[400, 404, 429, 500, 503])[1 + floor(5 * code)::integer] END END,
    created_at, created_at + interval '80 milliseconds', CASE WHEN status NOT IN ('PENDING', 'RETRYING') THEN created_at + interval '80 milliseconds' END
  FROM judged j JOIN bench_subscription s ON s.workspace_id = j.workspace_id AND s.n = j.n`;

const insertAttempts = (date: string) => `
  INSERT INTO attempt_${date} (workspace_id, id, delivery_id, subscription_id, number, trigger, outcome, started_at, duration_ms, request_url,
    request_headers, status_code, response_headers, response_body)
  SELECT workspace_id, id, id, subscription_id, 1, 'SCHEDULE', CASE status WHEN 'DELIVERED' THEN 'SUCCEEDED' ELSE 'REJECTED' END,
    created_at, floor(200 * random() ^ 3)::integer, 'https://hooks.customer.example/tendril',
    '[["content-type","application/json"],["webhook-id","evt_01k0000000000000000000000"],["webhook-timestamp","1700000000"]]',
    last_status_code, '[["content-length","0"]]', ''
  FROM delivery_${date} WHERE attempt_count > 0`;
