import { Client } from 'pg';
import { fromTypeId } from '../../src/storage/typeid.js';
import type { Env } from './tendril.js';

/** Has a subscription look as after nine failures, the first of them six days ago: one more, and it is disabled. */
export async function makeNearlyFailing(env: Env, subscriptionId: string): Promise<void> {
  const client = new Client({ connectionString: env.DATABASE_URL });
  await client.connect();
  await client.query(
    `INSERT INTO subscription_counter (workspace_id, subscription_id, failing_since, failures_in_a_row)
     SELECT workspace_id, id, now() - interval '6 days', 9 FROM webhook_subscription WHERE id = $1
     ON CONFLICT (subscription_id) DO UPDATE SET failing_since = excluded.failing_since, failures_in_a_row = 9`,
    [fromTypeId('wsub', subscriptionId)],
  );
  await client.end();
}
