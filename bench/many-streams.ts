import { addEndpoints } from './add-endpoints.js';
import type { Benchmark } from './benchmark.js';
import type { Figure } from './figure.js';
import { memoryFigure } from './peak-memory.js';
import { percentile } from './percentile.js';
import { steadyMoments } from './steady-moments.js';
import type { StreamReport } from './stream-holder.js';
import { type ReceivedOf, untilAllReceived } from './until-all-received.js';

const benchmark = 'many-streams';
const streams = 1000;
// Each is told three times: PENDING, SENDING, DELIVERED.
const rate = 500 / 3;
const warmUpSeconds = 2;
const tellWithinMs = 5_000;

/** A thousand streams, each of one subscription, while one more reader of everything does not read at all. */
export const manyStreams: Benchmark = {
  name: benchmark,
  async run(stage) {
    const tendril = await stage.freshTendril();
    const { url, key } = tendril;
    const urls = await stage.receiver.call('urls', { count: streams });
    const endpoints = await addEndpoints(tendril, 'stream', urls);
    const subscriptionIds = endpoints.map(({ subscriptionId }) => subscriptionId);
    const eventTypes = endpoints.map(({ eventType }) => eventType);
    await stage.streamHolder.call('open', { url, key, subscriptionIds });
    const publish = async (seconds: number) => {
      const momentsMs = steadyMoments(rate, seconds);
      await stage.receiver.call('empty', undefined);
      const { ids } = await stage.publisher.call('atMoments', { url, key, eventTypes, momentsMs });
      return { ids, received: await untilAllReceived(stage.receiver, ids) };
    };
    await publish(warmUpSeconds);
    const { ids, received } = await publish(stage.seconds);
    await new Promise((resolve) => setTimeout(resolve, tellWithinMs));
    const report = await stage.streamHolder.call('report', undefined);
    return figuresOf(ids, received, report, await tendril.peakMemoryMb());
  },
};

function figuresOf(
  ids: readonly string[],
  received: ReceivedOf,
  { told, foreign }: StreamReport,
  peakMb: number | undefined,
): Figure[] {
  const toldAtMs = new Map(told);
  const delaysMs = received.ids.flatMap((id, index) => {
    const atMs = toldAtMs.get(id);
    return atMs === undefined ? [] : [atMs - (received.firstAtMs[index] ?? Number.NaN)];
  });
  const untold = ids.filter((id) => !toldAtMs.has(id)).length;
  const what = 'answered → told, 500 changes a second, 1,000 streams';
  return [
    { benchmark, what: `${what}: p50`, value: percentile(delaysMs, 50), unit: 'ms' },
    { benchmark, what: `${what}: p95`, value: percentile(delaysMs, 95), unit: 'ms', target: { atMost: 250 } },
    {
      benchmark,
      what: 'DELIVERED and not told to its stream',
      value: untold,
      unit: 'events',
      target: { atMost: 0 },
    },
    { benchmark, what: 'told to another stream', value: foreign, unit: 'events', target: { atMost: 0 } },
    memoryFigure(benchmark, peakMb),
  ];
}
