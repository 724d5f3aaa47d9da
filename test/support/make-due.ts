import { Client } from 'pg';
import { fromTypeId } from '../../src/storage/typeid.js';
import type { Env } from './tendril.js';

/** Moves the clock on for a delivery: its next attempt is due now, and the workers are told. */
export async function makeDue(env: Env, deliveryId: string): Promise<void> {
  const client = new Client({ connectionString: env.DATABASE_URL });
  await client.connect();
  await client.query(
    "UPDATE delivery SET next_attempt_at = now() WHERE id = $1 AND status IN ('PENDING', 'RETRYING')",
    [fromTypeId('dlv', deliveryId)],
  );
  await client.query("SELECT pg_notify('deliveries_due', '')");
  await client.end();
}
