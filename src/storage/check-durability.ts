import { MongoClient } from 'mongodb';
import type { Logger } from 'pino';
import type { Database } from './database.js';

const largestDifferenceMs = 1_000;
const readings = 3;

const weaknesses: readonly { setting: string; means: string }[] = [
  { setting: 'fsync', means: 'a crash of its machine can lose or spoil everything that is stored' },
  {
    setting: 'full_page_writes',
    means: 'a crash of its machine can leave half-written pages, unless its file system never does',
  },
  {
    setting: 'synchronous_commit',
    means: 'what was acknowledged in the last moments before a crash can be lost',
  },
];

/**
 * Looks at what PostgreSQL keeps of what is acknowledged, as the pool's sessions see it, at its clock, and at what MONGODB_URL wants of
 * MongoDB; warns in a line for each fault.
 */
export async function checkDurability(
  { query }: Pick<Database, 'query'>,
  mongodbUrl: string | undefined,
  log: Logger,
  clock: () => number = Date.now,
): Promise<void> {
  for (const { setting, means } of weaknesses) {
    const [row] = await query<{ value: string }>({ text: 'SELECT current_setting($1) AS value' }, [setting]);
    if (row?.value === 'off') log.warn(`PostgreSQL runs with ${setting} = off: ${means}`);
  }
  const aheadMs = await clockAheadMs(query, clock);
  if (Math.abs(aheadMs) > largestDifferenceMs)
    log.warn(
      { aheadMs },
      "PostgreSQL's clock and this process's differ: deliveries may go out so much early or late, and what several processes publish is listed out of order; synchronise the machines' clocks",
    );
  if (mongodbUrl !== undefined) warnOfWeakConcern(mongodbUrl, log);
}

/** What is written there has its write concern stated; whoever asks for less should know that it is not what they get. */
function warnOfWeakConcern(url: string, log: Logger): void {
  const { w = 'majority', journal = true } = new MongoClient(url).options.writeConcern ?? {};
  if (w !== 'majority' || !journal)
    log.warn(
      { w, journal },
      'MONGODB_URL asks for a write concern that can lose alarms: w=majority and journal=true are used in its place',
    );
}

/** How far PostgreSQL's clock is ahead of this process's at least: the time that asking took is taken off. */
async function clockAheadMs(query: Database['query'], clock: () => number): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let reading = 0; reading < readings; reading += 1) {
    const askedMs = clock();
    const [row] = await query<{ ms: number }>(
      { text: 'SELECT extract(epoch FROM clock_timestamp())::float8 * 1000 AS ms' },
      [],
    );
    const answeredMs = clock();
    // It was read at some moment in between: inside that time, the clocks may agree.
    const ahead = Math.max(0, (row?.ms ?? 0) - answeredMs) + Math.min(0, (row?.ms ?? 0) - askedMs);
    if (Math.abs(ahead) < Math.abs(least)) least = ahead;
  }
  return Math.round(least);
}
