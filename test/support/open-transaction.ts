import { Client } from 'pg';
import { onTestFinished } from 'vitest';
import type { Env } from './tendril.js';

/** Has a transaction write in another database of the same PostgreSQL, and not end before the test. */
export async function holdTransactionOpen({ DATABASE_URL = '' }: Env): Promise<void> {
  const url = new URL(DATABASE_URL);
  url.pathname = 'postgres';
  const client = new Client({ connectionString: url.href });
  await client.connect();
  onTestFinished(() => client.end());
  await client.query('BEGIN');
  await client.query('SELECT pg_current_xact_id()');
}
