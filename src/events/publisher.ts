import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import { batchLength } from '../rules/batch-length.js';
import type { Database } from '../storage/database.js';
import type { Caller } from '../workspaces/authenticate.js';
import type { Admission } from './admission.js';
import { checkEvent } from './check-event.js';
import { createSubscriptionMatcher } from './match-subscriptions.js';
import type { PublishEventInput } from './publish.types.js';
import { type Published, publishBatch, type WaitingEvent } from './publish-batch.js';

/** Stores events; the answer is given once they are committed. */
export interface Publisher {
  /** `paths` say where each input stands in the arguments, for the faults. */
  publish(
    publisher: Pick<Caller, 'workspaceId' | 'apiKeyId'>,
    inputs: readonly PublishEventInput[],
    paths: readonly (readonly string[])[],
  ): Promise<Published[]>;
}

/** What publishing hands over to; which drain that is, a process learns only after its publisher was made. */
interface Sending {
  readonly admission: Admission;
  readonly wakeDrain: () => void;
}

// Few enough to be sent to one endpoint at once.
const maxBatchEvents = 250;
const maxBatchCharacters = 8 * 1024 * 1024;

/**
 * Gathers what is published while a batch is being committed into the next one. One batch is under way at a time, so that
 * within a process ids come to light in their order.
 */
export function createPublisher(database: Database, sending: () => Sending): Publisher {
  const matcher = createSubscriptionMatcher(database);
  const waiting: WaitingEvent[] = [];
  let isRunning = false;

  async function run(): Promise<void> {
    while (waiting.length > 0) {
      const { admission, wakeDrain } = sending();
      await admission.room(Math.min(waiting.length, maxBatchEvents));
      const batch = waiting.splice(0, batchSize(waiting));
      try {
        const { rest, late, isAnyDue } = await publishBatch({ database, matcher, admission }, batch);
        if (isAnyDue) wakeDrain();
        waiting.unshift(...rest);
        waiting.push(...late);
        // Where all of a part was refused, nothing was stored that others could be served meanwhile.
        if (rest.length + late.length > 0) await turnOfTheLoop();
      } catch (error) {
        for (const one of batch) one.fail(error);
      }
    }
    isRunning = false;
  }

  return {
    publish({ workspaceId, apiKeyId }, inputs, paths) {
      const results = inputs.map((input, index) => {
        const path = paths[index] ?? [];
        const event = checkEvent(input, path);
        if ('errors' in event) return Promise.resolve<Published>({ kind: 'refused', errors: event.errors });
        return new Promise<Published>((settle, fail) =>
          waiting.push({ workspaceId, apiKeyId, event, path, settle, fail }),
        );
      });
      if (!isRunning && waiting.length > 0) {
        isRunning = true;
        // Whoever publishes in the same turn of the event loop comes along.
        setImmediate(() => void run());
      }
      return Promise.all(results);
    },
  };
}

/** How many of those that wait go into one statement: 250, or fewer large ones. */
function batchSize(waiting: readonly WaitingEvent[]): number {
  const sizes = waiting.slice(0, maxBatchEvents).map(({ event }) => event.payload.length);
  return batchLength(sizes, maxBatchCharacters);
}
