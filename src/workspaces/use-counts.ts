import type { Logger } from 'pino';
import { type Limit, type Standing, windowSeconds } from '../rules/rate-limit-fields.js';
import type { Database } from '../storage/database.js';
import type { Statement } from '../storage/statement.js';

/** What is about to be used, and by whom. */
export interface Use {
  readonly limit: Limit;
  /** A key, a workspace or an address. */
  readonly subject: string;
  readonly amount: number;
}

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
    const attempt = (what: () => Promise<unknown>) => {
      what().catch((error: unknown) => log.debug({ err: error }, 'uses cannot be settled at the moment'));
    };
    const settle = () => attempt(() => this.settle(Date.now()));
    const forget = () => attempt(() => database.query(forgetUses, [Date.now()]));
    this.timers = [setInterval(settle, settleEveryMs).unref(), setInterval(forget, forgetEveryMs).unref()];
    forget();
  }

  /** Counts uses where all of them fit under their limits, and none where one does not. */
  use(...uses: readonly Use[]): Standing[] {
    const nowMs = Date.now();
    const found = uses.map((use) => ({ ...use, counted: this.countedFor(use, nowMs) }));
    const isOver = found.map(({ limit, amount, counted }) => usedOf(counted) + amount > limit.quota);
    if (!isOver.includes(true)) for (const { counted, amount } of found) counted.unsettled += amount;
    return found.map(({ limit, counted }, index) => ({
      limit,
      remaining: Math.max(limit.quota - usedOf(counted), 0),
      resetMs: counted.resetsAtMs - nowMs,
      isOver: isOver[index] ?? false,
    }));
  }

  /** Whether nothing more fits, and until when; undefined where something does. */
  over(limit: Limit, subject: string): Standing | undefined {
    const nowMs = Date.now();
    const counted = this.counts.get(keyOf({ limit, subject }));
    if (!counted || counted.resetsAtMs <= nowMs || usedOf(counted) < limit.quota) return undefined;
    return { limit, remaining: 0, resetMs: counted.resetsAtMs - nowMs, isOver: true };
  }

  /** How much has been used of what is limited, as far as this process knows. */
  used(limit: Limit, subject: string): number {
    const counted = this.counts.get(keyOf({ limit, subject }));
    return counted && counted.resetsAtMs > Date.now() ? usedOf(counted) : 0;
  }

  close(): void {
    for (const timer of this.timers) clearInterval(timer);
  }

  private countedFor(use: Use, nowMs: number): Counted {
    const key = keyOf(use);
    const known = this.counts.get(key);
    if (known && known.resetsAtMs > nowMs) return known;
    const counted = { settled: 0, unsettled: 0, resetsAtMs: nowMs + windowMs };
    this.counts.set(key, counted);
    return counted;
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

function keyOf({ limit, subject }: Pick<Use, 'limit' | 'subject'>): string {
  return `${limit.name}:${subject}`;
}

function usedOf({ settled, unsettled }: Counted): number {
  return settled + unsettled;
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
