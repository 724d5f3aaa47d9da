import type { Benchmark } from './benchmark.js';
import type { Figure } from './figure.js';

const concurrency = 100;
// More than Agenda has been seen to take in a second, so that it does not run dry.
const jobsASecond = 1200;

/** Agenda as it is commonly used: one job for each delivery, saved beforehand, each doing the same signed POST. */
export const jobPerDelivery: Benchmark = {
  name: 'job-per-delivery',
  async run(stage) {
    await stage.stopTendril();
    const benchmark = 'job-per-delivery';
    const what = 'one Agenda job a delivery, on MongoDB';
    const unavailable = await stage.agendaSender.call('start', undefined);
    if (unavailable !== undefined) {
      return [
        { benchmark, what, value: Number.NaN, unit: 'a second', note: `no MongoDB server: ${unavailable}` },
      ];
    }
    const url = await stage.receiver.call('url', undefined);
    await stage.receiver.call('empty', undefined);
    await stage.agendaSender.call('save', { jobs: Math.ceil(jobsASecond * stage.seconds), url });
    const { startedAtMs } = await stage.agendaSender.call('work', { seconds: stage.seconds, concurrency });
    const { ids, lastAtMs } = await stage.receiver.call('received', undefined);
    const rate = (ids.length / (lastAtMs - startedAtMs)) * 1000;
    const beside = (name: string, target?: { atLeast: number }): Figure[] => {
      const ours = stage.rates.get(name);
      if (ours === undefined) return [];
      return [
        {
          benchmark,
          what: `${name} beside it`,
          value: ours / rate,
          unit: 'times',
          ...(target && { target }),
        },
      ];
    };
    return [
      { benchmark, what, value: rate, unit: 'a second', note: `${ids.length} jobs` },
      ...beside('batches', { atLeast: 5 }),
      ...beside('singles'),
    ];
  },
};
