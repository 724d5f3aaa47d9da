import { monotonicMs } from './monotonic-ms.js';
import type { OwnProcess } from './own-process.js';
import type { Received, ReceiverCalls } from './receiver.js';

/** What the receiver has got, and how many acknowledged events are not among it. */
export type ReceivedOf = Received & { readonly lost: number };

const withinMs = 60_000;
const lookEveryMs = 20;
// What comes twice comes late: a repetition gets so long to show itself.
const repetitionsWithinMs = 300;

/** Waits until every acknowledged event has come, a minute at most, and a moment longer for repetitions. */
export async function untilAllReceived(
  receiver: OwnProcess<ReceiverCalls>,
  acknowledged: readonly string[],
): Promise<ReceivedOf> {
  const deadlineMs = monotonicMs() + withinMs;
  while ((await receiver.call('count', undefined)) < acknowledged.length && monotonicMs() < deadlineMs) {
    await pause(lookEveryMs);
  }
  await pause(repetitionsWithinMs);
  const received = await receiver.call('received', undefined);
  const ids = new Set(received.ids);
  return { ...received, lost: acknowledged.filter((id) => !ids.has(id)).length };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
