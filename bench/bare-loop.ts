import type { Benchmark } from './benchmark.js';
import type { Stage } from './stage.js';

const connections = 100;

/** Signs and POSTs 1 KB to the receiver for so long, with nothing stored, and gives requests a second as the receiver counts them. */
export async function runBareLoop({ receiver, bareSender }: Stage, seconds: number): Promise<number> {
  const url = await receiver.call('url', undefined);
  await receiver.call('empty', undefined);
  const { startedAtMs } = await bareSender.call('send', { url, seconds, connections });
  const { ids, lastAtMs } = await receiver.call('received', undefined);
  return (ids.length / (lastAtMs - startedAtMs)) * 1000;
}

/** What one connection pool, a signature and the receiver can do at most: the measure of the others. */
export const bareLoop: Benchmark = {
  name: 'bare-loop',
  async run(stage) {
    await runBareLoop(stage, 1);
    const rate = await runBareLoop(stage, stage.seconds / 2);
    return [{ benchmark: 'bare-loop', what: 'signed POSTs, nothing stored', value: rate, unit: 'a second' }];
  },
};
