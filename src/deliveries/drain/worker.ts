import type { Logger } from 'pino';
import type { Database } from '../../storage/database.js';
import { type Listener, listen } from '../../storage/listen.js';
import type { Alarms } from '../alarms/alarms.js';
import type { ConfirmationSender } from '../confirmation-sender.js';
import type { Drain } from './drain.js';
import { sweep } from './sweep.js';
import type { watchBacklog } from './watch-backlog.js';

const sweepEveryMs = 2_000;
const alarmGraceMs = 1_000;

/** The part of a process that sends: drains by alarms, by notifications from other processes, and by the sweep. */
export class Worker {
  readonly #database: Database;
  readonly #alarms: Alarms;
  readonly #drain: Drain;
  readonly #confirmations: ConfirmationSender;
  readonly #noteBacklog: ReturnType<typeof watchBacklog>;
  readonly #log: Logger;
  #isStopped = false;
  #running: Promise<void> = Promise.resolve();
  #sweeping: Promise<void> = Promise.resolve();
  #grace: NodeJS.Timeout | undefined;
  #sweepTimer: NodeJS.Timeout | undefined;
  #listener: Listener | undefined;

  constructor(
    database: Database,
    alarms: Alarms,
    drain: Drain,
    confirmations: ConfirmationSender,
    noteBacklog: ReturnType<typeof watchBacklog>,
    log: Logger,
  ) {
    this.#database = database;
    this.#alarms = alarms;
    this.#drain = drain;
    this.#confirmations = confirmations;
    this.#noteBacklog = noteBacklog;
    this.#log = log;
  }

  async start(): Promise<void> {
    // This process's own publishes wake the drain themselves.
    const own = this.#database.processIds;
    const channels = {
      deliveries_due: (_payload: string, processId: number) => (own.has(processId) ? undefined : this.wake()),
      // Best effort: what is not found now, the sweep finds.
      confirmations_due: () => void this.#confirmations.sendDue().catch(() => undefined),
    };
    this.#listener = await listen(this.#database.url, channels, () => this.wake(), this.#log);
    await this.#alarms.work(
      () => this.#runDrain(),
      () => void this.#drain.wake(),
    );
    this.#armSweep();
  }

  /** Has what is due sent now: by the running drain, or by a new one. */
  wake(): void {
    if (this.#isStopped || this.#drain.wake()) return;
    if (!this.#alarms.isUp()) {
      void this.#runDrain();
      return;
    }
    void this.#alarms.set([new Date()]);
    // An alarm that does not ring, for whatever reason, must not keep anybody waiting.
    this.#grace ??= setTimeout(() => void this.#runDrain(), alarmGraceMs);
  }

  /** Takes no more work, and waits for what is in flight to be on record. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#sweepTimer);
    clearTimeout(this.#grace);
    this.#drain.stop();
    await this.#listener?.close();
    // What was sent from birth may be in flight without a drain.
    void this.#runDrain();
    await Promise.all([this.#running, this.#sweeping, this.#confirmations.stop()]);
  }

  #runDrain(): Promise<void> {
    clearTimeout(this.#grace);
    this.#grace = undefined;
    const run = this.#drain.run().catch((error: unknown) => {
      this.#log.error({ err: error }, 'a drain broke off; the sweep starts another');
    });
    this.#running = Promise.all([this.#running, run]).then(() => undefined);
    return run;
  }

  #armSweep(): void {
    if (this.#isStopped) return;
    // Spread out, so that many workers do not sweep at the same moment.
    this.#sweepTimer = setTimeout(
      () => {
        this.#sweeping = this.#sweep().finally(() => this.#armSweep());
      },
      sweepEveryMs * (0.75 + Math.random() / 2),
    );
  }

  async #sweep(): Promise<void> {
    try {
      const { takenBack, dueMoments, oldest } = await sweep(this.#database, this.#drain.leases);
      if (takenBack > 0)
        this.#log.warn({ deliveries: takenBack }, 'took deliveries back from a worker that is gone');
      const now = new Date();
      this.#noteBacklog(oldest, now.getTime());
      if (takenBack > 0 || dueMoments.some((moment) => moment <= now)) this.wake();
      await this.#confirmations.sendDue();
      await this.#alarms.set(dueMoments.filter((moment) => moment > now));
    } catch (error) {
      this.#log.warn({ err: error }, 'a sweep failed; the next one is in a moment');
    }
  }
}
