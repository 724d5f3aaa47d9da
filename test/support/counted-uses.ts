import { Client } from 'pg';
import { eventually } from './eventually.js';
import type { Env } from './tendril.js';

/** Waits until the processes on a database have settled so many uses of a limit between them. */
export async function untilCounted(env: Env, limit: string, uses: number): Promise<void> {
  await withClient(env, (client) =>
    eventually(async () => {
      const { rows } = await client.query<{ points: number }>(
        "SELECT points FROM rate_limit WHERE key LIKE $1 || ':%'",
        [limit],
      );
      return rows[0]?.points === uses;
    }),
  );
}

/** Gives a connection to a Tendril's database, and closes it again. */
export async function withClient<T>(env: Env, use: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: env.DATABASE_URL });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}
