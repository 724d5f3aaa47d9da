import { Client } from 'pg';
import { fromTypeId, newUuid } from '../../src/storage/typeid.js';
import type { Env } from './tendril.js';

/** Has a subscription look as after nine failures, the first of them six days ago: one more, and it is disabled. */
export async function makeNearlyFailing(env: Env, subscriptionId: string): Promise<void> {
  const client = new Client({ connectionString: env.DATABASE_URL });
  await client.connect();
  const id = fromTypeId('wsub', subscriptionId);
  await client.query(
    `INSERT INTO subscription_counter (workspace_id, subscription_id, failing_since, failures_in_a_row)
     SELECT workspace_id, id, now() - interval '6 days', 9 FROM webhook_subscription WHERE id = $1
     ON CONFLICT (subscription_id) DO UPDATE SET failing_since = excluded.failing_since, failures_in_a_row = 9`,
    [id],
  );
  await client.query(
    `INSERT INTO attempt (workspace_id, id, delivery_id, subscription_id, number, trigger, outcome, started_at, duration_ms,
       request_url, request_headers)
     SELECT s.workspace_id, a.id, a.id, s.id, 1, 'SCHEDULE', 'TIMED_OUT', now() - interval '4 days', 1, s.endpoint_url, '[]'
     FROM webhook_subscription s, unnest($2::uuid[]) AS a (id) WHERE s.id = $1`,
    [id, Array.from({ length: 9 }, newUuid)],
  );
  await client.end();
}
