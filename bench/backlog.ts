import { addEndpoints } from './add-endpoints.js';
import type { Benchmark } from './benchmark.js';
import type { Figure } from './figure.js';
import { fillBacklog } from './fill-backlog.js';
import { memoryFigure } from './peak-memory.js';
import { untilDrained } from './until-drained.js';

const endpoints = 100;
const parts = 5;
// A drain that stands still for so long will not end.
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
    const left = events * endpoints - (await untilDrained(stage.receiver, events * endpoints));
    const rates = await stage.receiver.call('rates', { parts });
    return figuresOf(events * endpoints, left, rates, await tendril.peakMemoryMb());
  },
};

function figuresOf(size: number, left: number, rates: number[], peakMb: number | undefined): Figure[] {
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
    memoryFigure(benchmark, peakMb),
    { benchmark, what: 'due and not received', value: left, unit: 'events', target: { atMost: 0 } },
  ];
}
