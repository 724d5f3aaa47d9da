import { runBareLoop } from './bare-loop.js';
import type { Benchmark } from './benchmark.js';
import type { Figure } from './figure.js';
import { type LiveStream, openLiveStream } from './live-stream.js';
import { monotonicMs } from './monotonic-ms.js';
import { heardType } from './prepare-tendril.js';
import type { Stage, TendrilOnStage } from './stage.js';
import { untilAllReceived } from './until-all-received.js';

/** How an end-to-end benchmark publishes, and what it is to reach. */
export interface EndToEnd {
  readonly name: string;
  readonly what: string;
  readonly connections: number;
  readonly batch: number;
  /** Of the bare loop. */
  readonly atLeast: number;
  readonly reportsCpu: boolean;
  /** Makes what it publishes to; undefined: the one endpoint that is there. */
  readonly prepare?: (stage: Stage) => Promise<Prepared>;
}

/** A Tendril, and the types of what is published to it, in turn; there is one delivery for each event. */
export interface Prepared {
  readonly tendril: TendrilOnStage;
  readonly eventTypes: readonly string[];
}

const warmUpSeconds = 2;
const bareLoopSeconds = 2.5;
const streamWithinMs = 5_000;

/**
 * Publishes for the run's seconds from connections that each wait for their answer, waits for the last delivery, and counts at
 * the receiver from the first publish to the last delivery. The bare loop runs right before and right after it.
 */
export function endToEnd(plan: EndToEnd): Benchmark {
  return {
    name: plan.name,
    async run(stage) {
      const prepared = (await plan.prepare?.(stage)) ?? {
        tendril: await stage.tendril(),
        eventTypes: [heardType],
      };
      const { tendril } = prepared;
      const live = openLiveStream(tendril, 'id status');
      try {
        await publishAndReceive(stage, prepared, plan, warmUpSeconds);
        const before = await runBareLoop(stage, bareLoopSeconds);
        const measured = await publishAndReceive(stage, prepared, plan, stage.seconds, live);
        const after = await runBareLoop(stage, bareLoopSeconds);
        stage.rates.set(plan.name, measured.rate);
        return figuresOf(plan, measured, [before, after]);
      } finally {
        await live.close();
      }
    },
  };
}

interface Measured {
  /** Deliveries a second. */
  readonly rate: number;
  readonly publishRate: number;
  readonly lost: number;
  readonly doubled: number;
  readonly untold: number;
  readonly cpuMsEach: number;
}

async function publishAndReceive(
  stage: Stage,
  { tendril, eventTypes }: Prepared,
  { connections, batch }: EndToEnd,
  seconds: number,
  live?: LiveStream,
): Promise<Measured> {
  const { url, key } = tendril;
  await stage.receiver.call('empty', undefined);
  const toldBefore = live?.delivered() ?? 0;
  const cpuBefore = await tendril.cpuMs();
  const loop = { url, key, connections, seconds, batch, eventTypes };
  const { ids, startedAtMs, endedAtMs } = await stage.publisher.call('closedLoop', loop);
  const received = await untilAllReceived(stage.receiver, ids);
  const cpuAfter = await tendril.cpuMs();
  const cpuMs = cpuBefore === undefined || cpuAfter === undefined ? Number.NaN : cpuAfter - cpuBefore;
  return {
    rate: (received.ids.length / (received.lastAtMs - startedAtMs)) * 1000,
    publishRate: (ids.length / (endedAtMs - startedAtMs)) * 1000,
    lost: received.lost,
    doubled: received.doubled,
    untold: live ? await untold(live, toldBefore + ids.length) : 0,
    cpuMsEach: cpuMs / received.ids.length,
  };
}

/** How many DELIVERED updates have not come over the live stream a few seconds later. */
async function untold(live: LiveStream, expected: number): Promise<number> {
  const deadlineMs = monotonicMs() + streamWithinMs;
  while (live.delivered() < expected && monotonicMs() < deadlineMs) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return Math.max(0, expected - live.delivered());
}

function figuresOf(plan: EndToEnd, measured: Measured, bare: readonly [number, number]): Figure[] {
  const benchmark = plan.name;
  const bareRate = (bare[0] + bare[1]) / 2;
  const rates = `${Math.round(measured.rate)} of ${Math.round(bareRate)} (${bare.map(Math.round).join(' before, ')} after)`;
  const cpu: Figure = {
    benchmark,
    what: 'CPU time a delivery, all of Tendril’s processes',
    value: measured.cpuMsEach,
    unit: 'ms',
    ...(Number.isNaN(measured.cpuMsEach) && { note: 'this system has no /proc to read it from' }),
  };
  return [
    { benchmark, what: `${plan.what}: deliveries`, value: measured.rate, unit: 'a second' },
    { benchmark, what: `${plan.what}: publishes alone`, value: measured.publishRate, unit: 'a second' },
    {
      benchmark,
      what: plan.what,
      value: measured.rate / bareRate,
      unit: 'of the bare loop',
      target: { atLeast: plan.atLeast },
      note: rates,
    },
    ...(plan.reportsCpu ? [cpu] : []),
    {
      benchmark,
      what: 'acknowledged and not received',
      value: measured.lost,
      unit: 'events',
      target: { atMost: 0 },
    },
    {
      benchmark,
      what: 'received more than once',
      value: measured.doubled,
      unit: 'events',
      target: { atMost: 0 },
    },
    {
      benchmark,
      what: 'DELIVERED and not told live',
      value: measured.untold,
      unit: 'events',
      target: { atMost: 0 },
    },
  ];
}
