import type { Logger } from 'pino';
import type { Database } from '../storage/database.js';
import { type Listener, listen } from '../storage/listen.js';
import type { Alarms } from './alarms.js';
import type { Drain } from './drain.js';
import { sweep } from './sweep.js';

/** The part of a process that sends. */
export interface Worker {
  /** Has what is due sent now: by the running drain, or by a new one. */
  wake(): void;
  /** Takes no more work, waits for what is in flight to be on record. */
  stop(): Promise<void>;
}

const sweepEveryMs = 2_000;
const alarmGraceMs = 1_000;

/** Starts sending: drains by alarms, by notifications from other processes, and by the sweep. */
export async function startWorker(database: Database, alarms: Alarms, drain: Drain, log: Logger): Promise<Worker> {
  let isStopped = false;
  let running = Promise.resolve();
  let grace: NodeJS.Timeout | undefined;

  function run(): Promise<void> {
    clearTimeout(grace);
    grace = undefined;
    running = drain.run().catch((error: unknown) => log.error({ err: error }, 'a drain broke off; the sweep starts another'));
    return running;
  }

  function wake(): void {
    if (isStopped || drain.wake()) return;
    if (!alarms.isUp()) {
      void run();
      return;
    }
    void alarms.set([new Date()]);
    // An alarm that does not ring, for whatever reason, must not keep anybody waiting.
    grace ??= setTimeout(() => void run(), alarmGraceMs);
  }

  async function sweepOnce(): Promise<void> {
    try {
      const { takenBack, dueMoments } = await sweep(database);
      if (takenBack > 0) log.warn({ deliveries: takenBack }, 'took deliveries back from a worker that is gone');
      const nowMs = Date.now();
      if (dueMoments.some((moment) => moment.getTime() <= nowMs) || takenBack > 0) wake();
      await alarms.set(dueMoments.filter((moment) => moment.getTime() > nowMs));
    } catch (error) {
      log.warn({ err: error }, 'a sweep failed; the next one is in a moment');
    }
  }

  let sweeping: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  function armSweep(): void {
    // Spread out, so that many workers do not sweep at the same moment.
    timer = setTimeout(() => {
      sweeping = sweepOnce().then(() => {
        if (!isStopped) armSweep();
      });
    }, sweepEveryMs * (0.75 + Math.random() / 2));
  }

  const ownConnections = new Set<number>();
  database.pool.on('connect', (client) => ownConnections.add((client as unknown as { processID: number }).processID));
  const listener: Listener = await listen(
    database.url,
    {
      // This process's own publishes have woken the drain already.
      deliveries_due: (_payload, processId) => {
        if (!ownConnections.has(processId)) wake();
      },
    },
    wake,
    log,
  );
  await alarms.work(run, () => void drain.wake());
  armSweep();
  wake();

  return {
    wake,
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      clearTimeout(grace);
      drain.stop();
      await listener.close();
      await Promise.all([running, sweeping]);
    },
  };
}
