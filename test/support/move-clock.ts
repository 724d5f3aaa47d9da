import { Client } from 'pg';
import { fromTypeId } from '../../src/storage/typeid.js';
import type { Env } from './tendril.js';

/**
 * Moves the clock on for a subscription: all that is known of its attempts, and the next ones' moments, lie so much further back; and tells the
 * workers.
 */
export async function moveClock(env: Env, subscriptionId: string, hours: number): Promise<void> {
  const client = new Client({ connectionString: env.DATABASE_URL });
  await client.connect();
  const values = [fromTypeId('wsub', subscriptionId), `${hours} hours`];
  for (const statement of [
    'UPDATE attempt SET started_at = started_at - $2::interval WHERE subscription_id = $1',
    'UPDATE subscription_counter SET failing_since = failing_since - $2::interval WHERE subscription_id = $1',
    "UPDATE delivery SET next_attempt_at = next_attempt_at - $2::interval WHERE subscription_id = $1 AND status = 'RETRYING'",
  ])
    await client.query(statement, values);
  await client.query("SELECT pg_notify('deliveries_due', '')");
  await client.end();
}
