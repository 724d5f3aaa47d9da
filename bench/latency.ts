import type { Benchmark } from './benchmark.js';
import type { Figure } from './figure.js';
import { openLiveStream } from './live-stream.js';
import { percentile } from './percentile.js';
import { heardType } from './prepare-tendril.js';
import type { Stage } from './stage.js';
import { steadyMoments } from './steady-moments.js';
import { untilAllReceived } from './until-all-received.js';

// V8 compiles as it runs: the first thousands of deliveries of a process take two to three times as long as those behind them.
const warmUp = { aSecond: 500, seconds: 12 };
// A drain stays for less than this after its last claim: what comes after such a gap finds none running.
const coldGapMs = 5_500;
const warmGapMs = 400;

interface Flow {
  readonly what: string;
  /** p95, in milliseconds. */
  readonly atMost?: number;
  momentsMs(seconds: number): number[];
}

const flows: readonly Flow[] = [
  { what: 'idle, one publish', atMost: 25, momentsMs: idleMoments },
  { what: '200 a second', atMost: 25, momentsMs: (seconds) => steadyMoments(200, seconds) },
  { what: '500 a second', atMost: 50, momentsMs: (seconds) => steadyMoments(500, seconds) },
  { what: '1,000 a second', momentsMs: (seconds) => steadyMoments(1000, seconds) },
];

/** From the moment a publish goes out to the moment its delivery is received, at rates that do not wait for answers. */
export const latency: Benchmark = {
  name: 'latency',
  async run(stage) {
    const tendril = await stage.tendril();
    const live = openLiveStream(tendril, 'id status');
    try {
      await delaysOf(stage, steadyMoments(warmUp.aSecond, warmUp.seconds));
      const figures: Figure[] = [];
      for (const flow of flows)
        figures.push(...figuresOf(flow, await delaysOf(stage, flow.momentsMs(stage.seconds))));
      return figures;
    } finally {
      await live.close();
    }
  },
};

interface Delays {
  /** In milliseconds, in the order of publishing; without the lost ones. */
  readonly delaysMs: readonly number[];
  readonly lost: number;
  readonly doubled: number;
  /** How long after the last publish the last delivery came. */
  readonly behindMs: number;
}

async function delaysOf(stage: Stage, momentsMs: readonly number[]): Promise<Delays> {
  const { url, key } = await stage.tendril();
  await stage.receiver.call('empty', undefined);
  const published = await stage.publisher.call('atMoments', { url, key, eventTypes: [heardType], momentsMs });
  const received = await untilAllReceived(stage.receiver, published.ids);
  const arrivals = new Map(received.ids.map((id, index) => [id, received.firstAtMs[index] ?? Number.NaN]));
  const delaysMs = published.ids.flatMap((id, index) => {
    const arrivedAtMs = arrivals.get(id);
    return arrivedAtMs === undefined ? [] : [arrivedAtMs - (published.sentAtMs[index] ?? Number.NaN)];
  });
  const { lost, doubled, lastAtMs } = received;
  return { delaysMs, lost, doubled, behindMs: lastAtMs - (published.sentAtMs.at(-1) ?? Number.NaN) };
}

function figuresOf({ what, atMost }: Flow, { delaysMs, lost, doubled, behindMs }: Delays): Figure[] {
  const benchmark = 'latency';
  const at = (percent: number) => ({
    benchmark,
    what: `${what}: p${percent}`,
    value: percentile(delaysMs, percent),
    unit: 'ms' as const,
  });
  const note = `${delaysMs.length} events; the last came ${behindMs.toFixed(0)} ms after the last publish; longest ${Math.max(...delaysMs).toFixed(0)} ms`;
  const astray: Figure = {
    benchmark,
    what: `${what}: lost or doubled`,
    value: lost + doubled,
    unit: 'events',
    target: { atMost: 0 },
  };
  return [
    at(50),
    { ...at(95), ...(atMost !== undefined && { target: { atMost } }), note },
    at(99),
    ...(lost + doubled > 0 ? [astray] : []),
  ];
}

/**
 * Every sixth gap is long enough for the drain to end: the publish after it pays for a new one. It goes on ten times as long as the other
 * flows, for 62 publishes by default: of 15 p95 would be the slowest.
 */
function idleMoments(seconds: number): number[] {
  const moments: number[] = [];
  for (let atMs = coldGapMs; atMs < seconds * 10_000; ) {
    moments.push(atMs);
    atMs += moments.length % 6 === 0 ? coldGapMs : warmGapMs;
  }
  return moments;
}
