import { percentile } from '../../bench/percentile.js';
import type { Entry, EntryOf } from './history.js';
import { type Arrival, entriesOf, type Finding, pairOf, type RunRecord } from './record.js';

const leaseMs = 60_000;
// Every worker sweeps every two seconds, give or take; a busy machine takes a little longer.
const sweepMs = 5_000;
const slowerByMs = 200;
// What a process takes to start on two cores that have nothing else to do, rounded up.
const usualStartMs = 2_000;
const settlesMs = 1_000;
const goesOnWithinMs = 10_000;
// What is published so long after a kill still feels it.
const publishedWithinMs = 3_000;
const stopsWithinMs = 20_000;
// What holds up a stop where nothing is under way is a connection that nobody gave back.
const stopsIdleWithinMs = 5_000;
// Endpoints that always answer, so that what a delivery waits for is the server.
const reliable = ['steady', 'late'];

/** Nothing is SENDING for longer than a lease and a sweep. */
export function checkSending({ entries }: RunRecord): Finding {
  const samples = entriesOf(entries, 'sampled');
  const oldestMs = Math.max(0, ...samples.map(({ oldestSendingMs }) => oldestSendingMs));
  const isTooOld = oldestMs > leaseMs + sweepMs;
  return {
    check: `nothing is SENDING for longer than lease and sweep, ${(leaseMs + sweepMs) / 1000} s`,
    measured: `at most ${(oldestMs / 1000).toFixed(1)} s in ${samples.length} samples`,
    violations: isTooOld ? [`a delivery was SENDING for ${Math.round(oldestMs)} ms`] : [],
  };
}

/**
 * Publishes go on while MongoDB is away, as fast as otherwise. Not counted is what this machine itself stood still, and what it
 * takes to start a server; a machine that is busy with other things is allowed as much more as its processes take longer to start.
 */
export function checkPublishing({ entries, acknowledged, faults }: RunRecord): Finding {
  const away = faults.filter(({ fault }) => fault === 'crash-mongod');
  const awaySpans = away.map(({ fromMs, mendingMs }) => ({ fromMs, toMs: mendingMs }));
  const otherSpans = [
    ...away.map(({ mendingMs, toMs }) => ({ fromMs: mendingMs, toMs: toMs + settlesMs })),
    ...faults
      .filter(({ fault }) => fault !== 'crash-mongod')
      .map(({ fromMs, toMs }) => ({ fromMs, toMs: toMs + settlesMs })),
  ];
  const undisturbed = acknowledged.filter((one) => !isWithin(one, otherSpans));
  const tookMs = (ones: readonly EntryOf<'acknowledged'>[]) => ones.map((one) => one.atMs - one.startedMs);
  const whileAway = tookMs(undisturbed.filter((one) => isWithin(one, awaySpans)));
  const otherwise = tookMs(undisturbed.filter((one) => !isWithin(one, awaySpans)));
  const stalledMs = entriesOf(entries, 'stalled')
    .filter(({ atMs, ms }) => isWithin({ startedMs: atMs - ms, atMs }, awaySpans))
    .reduce((worst, { ms }) => Math.max(worst, ms), 0);
  const [awayMs, calmMs] = [percentile(whileAway, 99), percentile(otherwise, 99)];
  const unanswered = entriesOf(entries, 'unanswered').filter(
    (one) => isWithin(one, awaySpans) && !isWithin(one, otherSpans),
  );
  const slowness = Math.max(1, slowestStart(entries) / usualStartMs);
  const isSlow = whileAway.length > 0 && awayMs > calmMs + slowerByMs * slowness + stalledMs;
  return {
    check: `publishes go on while MongoDB is away, p99 at most ${slowerByMs} ms more`,
    measured: `p99 ${awayMs} ms of ${whileAway.length}, otherwise ${calmMs} ms of ${otherwise.length}, machine stalled ${stalledMs} ms and ${slowness.toFixed(1)} times as slow as one at rest`,
    violations: [
      ...unanswered.map(({ why }) => `a publish was not answered: ${why}`),
      ...(isSlow ? [`p99 was ${awayMs} ms, and otherwise ${calmMs} ms`] : []),
      ...(away.length > 0 && whileAway.length === 0 ? ['nothing was published meanwhile'] : []),
    ],
  };
}

function isWithin(
  { startedMs, atMs }: { startedMs: number; atMs: number },
  spans: readonly { fromMs: number; toMs: number }[],
): boolean {
  return spans.some(({ fromMs, toMs }) => atMs >= fromMs && startedMs <= toMs);
}

/** After a worker is killed, what was under way or waited is delivered soon; a machine that is slow to start one is slow at that too. */
export function checkKills({ entries, faults, acknowledged, arrivals }: RunRecord): Finding {
  const kills = faults.filter(({ fault }) => fault === 'kill-worker' || fault === 'kill-workers');
  const starts = entriesOf(entries, 'started').filter(({ process }) => process.startsWith('worker'));
  const delays = kills.flatMap(({ fault, fromMs: killMs }) => {
    const restart = starts.find(({ atMs }) => atMs > killMs);
    // Where every worker was killed, nobody can deliver before one has been started again.
    const ableMs = fault === 'kill-workers' && restart ? restart.atMs : killMs;
    return acknowledged
      .filter(({ atMs }) => atMs < killMs + publishedWithinMs)
      .flatMap(({ eventId, atMs }) => {
        const came = reliable.map((endpoint) => arrivals.get(pairOf(endpoint, eventId)) ?? []);
        return came.flatMap((ones) => delayAfter(killMs, Math.max(ableMs, atMs), ones));
      });
  });
  const p95 = Math.round(percentile(delays, 95));
  const slowestStartMs = slowestStart(entries);
  return {
    check: `after SIGKILL deliveries go on within ${goesOnWithinMs / 1000} s at p95`,
    measured:
      delays.length === 0
        ? 'nothing was under way at a kill'
        : `${kills.length} kills, p95 ${p95} ms of ${delays.length} deliveries, a process starts in ${slowestStartMs} ms`,
    violations: p95 > goesOnWithinMs + slowestStartMs ? [`p95 was ${p95} ms`] : [],
  };
}

/** The longest that the machine kept this process itself waiting. */
export function longestStall(entries: readonly Entry[]): number {
  return Math.max(0, ...entriesOf(entries, 'stalled').map(({ ms }) => ms));
}

function slowestStart(entries: readonly Entry[]): number {
  return Math.max(0, ...entriesOf(entries, 'started').map(({ tookMs }) => tookMs));
}

/** How long after `fromMs` a delivery came that was not taken yet at a kill; none where there was no need. */
function delayAfter(killMs: number, fromMs: number, came: readonly Arrival[]): number[] {
  const isDone = came.some(({ answeredMs }) => answeredMs !== undefined && answeredMs < killMs);
  const next = came.find(({ atMs }) => atMs >= killMs);
  return isDone || next === undefined ? [] : [Math.max(0, next.atMs - fromMs)];
}

/** A process that is asked to end does so in time with 0, at once where nothing is under way, and none ends by itself. */
export function checkProcesses({ entries }: RunRecord): Finding {
  const ended = entriesOf(entries, 'ended');
  const stopped = ended.filter(({ asked }) => asked === 'SIGTERM');
  const settledMs = entriesOf(entries, 'settled')[0]?.atMs ?? Number.POSITIVE_INFINITY;
  const idleStopMs = stopsIdleWithinMs + slowestStart(entries) + longestStall(entries);
  return {
    check: `SIGTERM ends a process with 0 within ${stopsWithinMs / 1000} s, in the end within ${stopsIdleWithinMs / 1000} s, and none ends by itself`,
    measured: `${stopped.length} stopped${stopped.map(({ tookMs }) => `, in ${tookMs} ms`).join('')}`,
    violations: [
      ...stopped
        .filter(
          ({ atMs, how, tookMs }) => how !== 0 || tookMs > (atMs > settledMs ? idleStopMs : stopsWithinMs),
        )
        .map(({ process, how, tookMs }) => `${process} ended with ${how} after ${tookMs} ms`),
      ...ended
        .filter(({ asked }) => asked === null)
        .map(({ process, how }) => `${process} ended by itself: ${how}`),
    ],
  };
}
