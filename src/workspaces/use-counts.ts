import type { Logger } from 'pino';
import { type Limit, type Standing, windowSeconds } from '../rules/rate-limit-fields.js';
import type { Database, Statement } from '../storage/database.js';

interface Counted {
  /** By all processes, when it was last settled. */
  settled: number;
  /** By this process, since then. */
  unsettled: number;
  resetsAtMs: number;
}

const settleEveryMs = 1_000;
const forgetEveryMs = 60_000;
const maxSettledAtOnce = 10_000;
const windowMs = windowSeconds * 1_000;

/**
 * Uses counted in this process at once, and settled with the other processes each second, in one statement for all of them.
 * While PostgreSQL is away each process counts for itself.
 */
export class UseCounts {
  private readonly counts = new Map<string, Counted>();
  private readonly database: Database;
  private readonly timers: readonly NodeJS.Timeout[];
  private isSettling = false;

  constructor(database: Database, log: Logger) {
    this.database = database;
    const every = (ms: number, what: () => Promise<unknown>) =>
      setInterval(() => {
        what().catch((error: unknown) => log.debug({ err: error }, 'uses cannot be settled at the moment'));
      }, ms).unref();
    this.timers = [
      every(settleEveryMs, () => this.settle(Date.now())),
      every(forgetEveryMs, () => database.query(forgetUses, [Date.now()])),
    ];
  }

  /** Counts so many uses where they fit under the limit, and none where they do not. */
  use(limit: Limit, subject: string, amount: number): Standing {
    const nowMs = Date.now();
    const key = keyOf(limit, subject);
    const fresh = { settled: 0, unsettled: 0, resetsAtMs: nowMs + windowMs };
    const counted = this.countedUnder(key, nowMs) ?? fresh;
    const isOver = counted.settled + counted.unsettled + amount > limit.quota;
    if (!isOver) counted.unsettled += amount;
    this.counts.set(key, counted);
    return { ...standingOf(limit, counted, nowMs), isOver };
  }

  /** How a subject stands before another single use. */
  standing(limit: Limit, subject: string): Standing {
    const nowMs = Date.now();
    return standingOf(limit, this.countedUnder(keyOf(limit, subject), nowMs), nowMs);
  }

  close(): void {
    for (const timer of this.timers) clearInterval(timer);
  }

  private countedUnder(key: string, nowMs: number): Counted | undefined {
    const counted = this.counts.get(key);
    return counted && counted.resetsAtMs > nowMs ? counted : undefined;
  }

  private async settle(nowMs: number): Promise<void> {
    for (const [key, { resetsAtMs }] of this.counts) if (resetsAtMs <= nowMs) this.counts.delete(key);
    const due = [...this.counts].filter(([, { unsettled }]) => unsettled > 0).slice(0, maxSettledAtOnce);
    if (due.length === 0 || this.isSettling) return;
    this.isSettling = true;
    try {
      const sent = new Map(due.map(([key, counted]) => [key, { counted, amount: counted.unsettled }]));
      const amounts = [...sent.values()].map(({ amount }) => amount);
      const values = [[...sent.keys()], amounts, nowMs + windowMs, nowMs];
      for (const { key, points, expire } of await this.database.query<Row>(settleUses, values)) {
        const { counted, amount } = sent.get(key) as { counted: Counted; amount: number };
        counted.unsettled -= amount;
        counted.settled = points;
        counted.resetsAtMs = Number(expire);
      }
    } finally {
      this.isSettling = false;
    }
  }
}

function keyOf({ name }: Limit, subject: string): string {
  return `${name}:${subject}`;
}

function standingOf(limit: Limit, counted: Counted | undefined, nowMs: number): Standing {
  const remaining = Math.max(limit.quota - (counted ? counted.settled + counted.unsettled : 0), 0);
  return { limit, remaining, resetMs: counted ? counted.resetsAtMs - nowMs : 0, isOver: remaining === 0 };
}

interface Row {
  readonly key: string;
  readonly points: number;
  readonly expire: string;
}

// In the order of the keys, so that two processes never wait for each other.
const settleUses: Statement = {
  name: 'settle-uses',
  text: `INSERT INTO rate_limit AS counted (key, points, expire)
    SELECT used.key, used.points, $3::bigint FROM unnest($1::text[], $2::double precision[]) AS used (key, points) ORDER BY used.key
    ON CONFLICT (key) DO UPDATE SET
      points = CASE WHEN counted.expire <= $4::bigint THEN excluded.points ELSE counted.points + excluded.points END,
      expire = CASE WHEN counted.expire <= $4::bigint THEN excluded.expire ELSE counted.expire END
    RETURNING key, points, expire`,
};

const forgetUses: Statement = {
  name: 'forget-uses',
  text: `DELETE FROM rate_limit
    WHERE key IN (SELECT key FROM rate_limit WHERE expire < $1::bigint FOR UPDATE SKIP LOCKED)`,
};
