import type { Benchmark } from './benchmark.js';
import { unheardType } from './prepare-tendril.js';

const connections = 32;
const warmUpSeconds = 1;

/** publishEvent, where nobody wants the event, beside a mutation that does nothing: what is left is the price of storing one. */
export const publishCost: Benchmark = {
  name: 'publish',
  async run(stage) {
    const { url, key } = await stage.tendril();
    const seconds = stage.seconds / 2;
    const target = { url, key, connections };
    await stage.publisher.call('doNothing', { ...target, seconds: warmUpSeconds });
    const nothing = await stage.publisher.call('doNothing', { ...target, seconds });
    const loop = { ...target, batch: 1, eventTypes: [unheardType] };
    await stage.publisher.call('closedLoop', { ...loop, seconds: warmUpSeconds });
    const report = await stage.publisher.call('closedLoop', { ...loop, seconds });
    const publishes = (report.ids.length / (report.endedAtMs - report.startedAtMs)) * 1000;
    const benchmark = 'publish';
    return [
      { benchmark, what: 'mutations that do nothing', value: nothing, unit: 'a second' },
      { benchmark, what: 'publishEvent, nobody subscribed', value: publishes, unit: 'a second' },
      {
        benchmark,
        what: 'publishEvent beside a mutation that does nothing',
        value: publishes / nothing,
        unit: 'times',
      },
    ];
  },
};
