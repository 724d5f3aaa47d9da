import type { Benchmark } from './benchmark.js';
import type { Figure } from './figure.js';
import { openLiveStream } from './live-stream.js';
import { monotonicMs } from './monotonic-ms.js';
import { percentile } from './percentile.js';
import { heardType } from './prepare-tendril.js';
import { steadyMoments } from './steady-moments.js';
import { untilAllReceived } from './until-all-received.js';

const rate = 200;
const warmUpSeconds = 2;
const tellWithinMs = 5_000;

/** From the receiver's answer to the DELIVERED update in the hands of a WebSocket client. */
export const liveDelay: Benchmark = {
  name: 'live',
  async run(stage) {
    const tendril = await stage.tendril();
    const toldAtMs = new Map<string, number>();
    const live = openLiveStream(tendril, 'status event { id }', ({ status, event }) => {
      if (status === 'DELIVERED' && event) toldAtMs.set(event.id, monotonicMs());
    });
    try {
      const steady = (seconds: number) =>
        stage.publisher.call('atMoments', {
          url: tendril.url,
          key: tendril.key,
          eventTypes: [heardType],
          momentsMs: steadyMoments(rate, seconds),
        });
      await untilAllReceived(stage.receiver, (await steady(warmUpSeconds)).ids);
      await stage.receiver.call('empty', undefined);
      const { ids } = await steady(stage.seconds);
      const received = await untilAllReceived(stage.receiver, ids);
      await untilTold(toldAtMs, ids);
      const delaysMs = received.ids.flatMap((id, index) => {
        const atMs = toldAtMs.get(id);
        return atMs === undefined ? [] : [atMs - (received.firstAtMs[index] ?? Number.NaN)];
      });
      return figuresOf(delaysMs, ids.length - delaysMs.length);
    } finally {
      await live.close();
    }
  },
};

async function untilTold(toldAtMs: ReadonlyMap<string, number>, ids: readonly string[]): Promise<void> {
  const deadlineMs = monotonicMs() + tellWithinMs;
  while (!ids.every((id) => toldAtMs.has(id)) && monotonicMs() < deadlineMs) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function figuresOf(delaysMs: readonly number[], untold: number): Figure[] {
  const benchmark = 'live';
  const what = `answered → told live, ${rate} a second`;
  return [
    { benchmark, what: `${what}: p50`, value: percentile(delaysMs, 50), unit: 'ms' },
    { benchmark, what: `${what}: p99`, value: percentile(delaysMs, 99), unit: 'ms' },
    { benchmark, what: 'DELIVERED and not told live', value: untold, unit: 'events', target: { atMost: 0 } },
  ];
}
