import pg from 'pg';
import { payloadText } from './payload.js';

/**
 * Stores events with a due delivery to each subscription that wants a type of this group, as if they had been
 * published: by SQL, in one transaction, and without a word to Tendril, whose sweep finds them.
 */
export async function fillBacklog(postgresUrl: string, group: string, events: number): Promise<void> {
  const client = new pg.Client(postgresUrl);
  await client.connect();
  try {
    await client.query('BEGIN');
    // Neither triggers nor a million notifications.
    await client.query('SET LOCAL session_replication_role = replica');
    await client.query(fill, [group, payloadText, events]);
    await client.query('COMMIT');
  } finally {
    await client.end();
  }
}

// A delivery's id has its event's first eleven bytes; the last five count the event's deliveries.
const fill = `WITH wanted AS (
    SELECT workspace_id, id, row_number() OVER (ORDER BY id) - 1 AS ordinal
    FROM webhook_subscription WHERE event_types[1] LIKE $1 || '.%'
  ), stored AS (
    INSERT INTO event (workspace_id, id, type, payload, created_at)
    SELECT (SELECT workspace_id FROM wanted LIMIT 1), (left(uuidv7()::text, 26) || '0000000000')::uuid, $1 || '.all', $2, now()
    FROM generate_series(1, $3::integer)
    RETURNING workspace_id, id
  )
  INSERT INTO delivery (workspace_id, id, event_id, subscription_id, event_type, status, next_attempt_at, created_at, updated_at)
  SELECT s.workspace_id, (left(s.id::text, 26) || lpad(to_hex(w.ordinal), 10, '0'))::uuid, s.id, w.id, $1 || '.all', 'PENDING', now(), now(), now()
  FROM stored s CROSS JOIN wanted w`;
