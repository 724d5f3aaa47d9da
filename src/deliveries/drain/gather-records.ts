import type { Logger } from 'pino';
import { batchLength } from '../../rules/batch-length.js';
import type { Database } from '../../storage/database.js';
import type { Alarms } from '../alarms/alarms.js';
import { disableFailing, disableGone } from './disable-subscription.js';
import { type EndedAttempt, recordAttempts } from './record-attempts.js';

/** Takes ended attempts and writes them in batches. */
export interface Recorder {
  /** Resolves once the attempt is on record; never rejects. */
  record(ended: EndedAttempt): Promise<void>;
}

const gatherMs = 3;
const maxBatch = 500;
// Of responses. The driver copies what it writes some times over: 500 bodies of 64 KiB would cost the process 200 MB.
const maxBatchBytes = 1024 * 1024;
const retryEveryMs = 500;
// Longer makes no sense: by then the lease has run out and the attempt is taken for interrupted.
const giveUpAfterMs = 60_000;

interface Waiting {
  readonly ended: EndedAttempt;
  readonly done: () => void;
}

/** Gathers what ends within a few milliseconds into one statement; one statement is under way at a time. */
export function createRecorder(database: Database, alarms: Alarms, log: Logger): Recorder {
  const waiting: Waiting[] = [];
  let running = false;

  async function run(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.splice(
        0,
        batchLength(waiting.slice(0, maxBatch).map(responseSize), maxBatchBytes),
      );
      await write(batch.map(({ ended }) => ended));
      for (const { done } of batch) done();
    }
    running = false;
  }

  async function write(batch: readonly EndedAttempt[]): Promise<void> {
    const givenUpAtMs = Date.now() + giveUpAfterMs;
    for (let tries = 1; ; tries++) {
      try {
        // First, since a crash in between must not leave a 410 on record and its subscription as it was.
        await disableGone(database, batch);
        const streaks = await recordAttempts(database, batch);
        await disableFailing(database, streaks, Date.now());
        break;
      } catch (error) {
        if (tries === 1)
          log.warn({ err: error, attempts: batch.length }, 'attempts cannot be recorded yet; trying again');
        if (Date.now() > givenUpAtMs) {
          log.error(
            { attempts: batch.length },
            'attempts could not be recorded; their deliveries will be attempted again',
          );
          break;
        }
        await new Promise((resolve) => setTimeout(resolve, retryEveryMs));
      }
    }
    // Best effort: what is missed here, the sweep makes up for.
    void alarms.set(
      batch.flatMap(({ verdict }) =>
        verdict.status === 'RETRYING' ? [new Date(verdict.nextAttemptAtMs)] : [],
      ),
    );
  }

  return {
    record: (ended) =>
      new Promise((done) => {
        waiting.push({ ended, done });
        if (running) return;
        running = true;
        setTimeout(() => void run(), gatherMs);
      }),
  };
}

function responseSize({ ended: { result } }: Waiting): number {
  return result.response ? result.response.headers.length + result.response.body.length : 0;
}
