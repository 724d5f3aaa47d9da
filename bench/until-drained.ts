import type { OwnProcess } from './own-process.js';
import type { ReceiverCalls } from './receiver.js';

const lookEveryMs = 50;
const stuckAfterMs = 60_000;

/** Waits until so many deliveries have come, or none any more for a minute; gives how many have. */
export async function untilDrained(receiver: OwnProcess<ReceiverCalls>, size: number): Promise<number> {
  let [count, grewAtMs] = [0, Date.now()];
  while (count < size && Date.now() - grewAtMs < stuckAfterMs) {
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
    const now = await receiver.call('count', undefined);
    if (now > count) [count, grewAtMs] = [now, Date.now()];
  }
  return count;
}
