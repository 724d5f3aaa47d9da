import type { FinalAttempt } from './final-state.js';
import { type Arrival, entriesOf, type Finding, pairOf, type RunRecord } from './record.js';
import type { Fault } from './schedule.js';

/** A span in which what an endpoint took may have been forgotten. */
interface Window {
  readonly fromMs: number;
  readonly toMs: number;
}

// What was answered shortly before may not have been recorded yet: a busy machine takes a moment for that.
const beforeMs = 2_000;
// A request that the server gave up on waits for a receiver that is behind: it may be read, and taken, so much later.
const readsLateMs = 10_000;
// A worker's claims are taken back two seconds after PostgreSQL is back, if it has not taken its lock by then.
const afterMs: Readonly<Partial<Record<Fault, number>>> = {
  'kill-api': 1_000,
  'kill-worker': 1_000,
  'kill-workers': 1_000,
  'pause-worker': 6_000,
  'crash-postgres': 6_000,
  'freeze-postgres': 6_000,
  'fill-disk': 6_000,
};

/**
 * A delivery that an endpoint has taken comes again only where a fault fell upon it, once for each fault; where the server took
 * the attempt for failed; or because it was resent.
 */
export function checkDuplicates(record: RunRecord): Finding {
  const { arrivals, deliveries, entries } = record;
  const windows = windowsOf(record);
  const resent = Map.groupBy(entriesOf(entries, 'resent'), (one) => pairOf(one.endpoint, one.eventId));
  const violations: string[] = [];
  let duplicates = 0;
  for (const [pair, came] of arrivals) {
    const taken = came.filter(({ answeredMs }) => answeredMs !== undefined);
    const resends = resent.get(pair)?.length ?? 0;
    duplicates += Math.max(0, taken.length - 1 - resends);
    const failed = (deliveries.get(pair) ?? []).flatMap(({ attempts }) => attempts.filter(hasFailed));
    const late = failed.map(({ startedMs, endedMs }) => ({ fromMs: startedMs, toMs: endedMs + readsLateMs }));
    const excused = excusedOf(taken, [...windows, ...late]);
    if (taken.length - resends - excused > 1)
      violations.push(`${pair}: taken ${taken.length} times; ${excused} excused, ${resends} resent`);
  }
  return {
    check: 'duplicates are no more than the faults allow',
    measured: `${duplicates} duplicates, ${windows.length} faults that allow some`,
    violations,
  };
}

/** How many of these have an excuse of their own. */
function excusedOf(taken: readonly Arrival[], windows: readonly Window[]): number {
  const excuses = [...windows];
  return taken.filter(({ atMs, answeredMs = atMs }) => {
    const index = excuses.findIndex(({ fromMs, toMs }) => atMs <= toMs && answeredMs >= fromMs);
    if (index !== -1) excuses.splice(index, 1);
    return index !== -1;
  }).length;
}

function windowsOf({ faults }: RunRecord): Window[] {
  return faults.flatMap(({ fault, hitsSender, fromMs, toMs }) => {
    const after = afterMs[fault];
    if (after === undefined || !hitsSender) return [];
    const isMoment = fault.startsWith('kill');
    return [{ fromMs: fromMs - beforeMs, toMs: (isMoment ? fromMs : toMs) + after }];
  });
}

function hasFailed({ outcome }: FinalAttempt): boolean {
  return outcome === 'TIMED_OUT' || outcome === 'CONNECTION_FAILED';
}
