import type { Database } from '../storage/database.js';

/** Forgets confirmations that expired a month ago; until then their links are answered as expired, or as confirmed. */
export async function dropOldConfirmations(database: Database): Promise<void> {
  await database.query(
    { text: `DELETE FROM confirmation WHERE expires_at < now() - interval '30 days'` },
    [],
  );
}
