import { addEndpoints } from './add-endpoints.js';
import type { Benchmark } from './benchmark.js';
import type { Figure } from './figure.js';
import { fillBacklog } from './fill-backlog.js';
import type { Stage } from './stage.js';

const endpoints = 100;
const parts = 5;
const lookEveryMs = 500;
// A drain that stands still for so long will not end.
const stuckAfterMs = 60_000;
const benchmark = 'backlog';

/** Due deliveries by the hundred thousand: how fast they are drained at the end beside the beginning, and in how much memory. */
export const backlog: Benchmark = {
  name: benchmark,
  async run(stage) {
    const tendril = await stage.freshTendril();
    const urls = await stage.receiver.call('urls', { count: endpoints });
    // The paths tell the deliveries of one event apart.
    await addEndpoints(
      tendril,
      benchmark,
      urls.map((url, index) => `${url}${index}`),
    );
    await stage.receiver.call('empty', undefined);
    const events = Math.round(stage.backlog / endpoints);
    await fillBacklog(tendril.postgresUrl, benchmark, events);
    const left = events * endpoints - (await untilDrained(stage, events * endpoints));
    const rates = await stage.receiver.call('rates', { parts });
    return figuresOf(events * endpoints, left, rates, await tendril.peakMemoryMb());
  },
};

/** Gives how many deliveries have come. */
async function untilDrained({ receiver }: Stage, size: number): Promise<number> {
  let [count, grewAtMs] = [0, Date.now()];
  while (count < size && Date.now() - grewAtMs < stuckAfterMs) {
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
    const now = await receiver.call('count', undefined);
    if (now > count) [count, grewAtMs] = [now, Date.now()];
  }
  return count;
}

function figuresOf(size: number, left: number, rates: number[], peakMb = Number.NaN): Figure[] {
  const [first = Number.NaN, last = Number.NaN] = [rates[0], rates.at(-1)];
  const shown = `each fifth of ${size.toLocaleString('en')}: ${rates.map((rate) => Math.round(rate)).join(', ')} a second`;
  return [
    { benchmark, what: 'first fifth', value: first, unit: 'a second' },
    { benchmark, what: 'last fifth', value: last, unit: 'a second' },
    {
      benchmark,
      what: 'last fifth beside the first',
      value: last / first,
      unit: 'times',
      target: { atLeast: 0.9 },
      note: shown,
    },
    {
      benchmark,
      what: 'memory of Tendril’s process, at most',
      value: peakMb,
      unit: 'MB',
      target: { atMost: 400 },
    },
    { benchmark, what: 'due and not received', value: left, unit: 'events', target: { atMost: 0 } },
  ];
}
