import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import { MongoJobRepository } from '@agendajs/mongo-backend';
import { getCreateIndexesSQL, getCreateTableSQL, PostgresJobRepository } from '@agendajs/postgres-backend';
import { Agenda, InMemoryNotificationChannel, type Job, type JobRepository, toJobId } from 'agenda';
import type { Logger } from 'pino';
import { type AlarmAdder, alarmAdder } from './add-alarms.js';
import { alarmMoment, runningSecondMs } from './alarm-moments.js';
import { ALARM_JOB, type AlarmStore, type ReachableListener } from './alarm-store.types.js';
import { guardJobs } from './guard-jobs.js';
import { InFlight } from './in-flight.js';
import { openMongoAlarmStore } from './mongo-alarm-store.js';
import { openPostgresAlarmStore } from './postgres-alarm-store.js';
import { type StoreHealth, watchHealth, within } from './store-health.js';

/** Where Agenda keeps its jobs. */
export type JobStore = { kind: 'mongodb'; url: string } | { kind: 'postgresql'; url: string };

/** Agenda jobs that say when to drain, and nothing else. */
export interface Alarms {
  readonly store: 'MongoDB' | 'PostgreSQL';
  /**
   * Sets one alarm for each distinct due moment, rounded up to a second; what is due already is alarmed at once. Best
   * effort: never throws, gives up after a second, and does nothing while the store is away.
   */
  set(dueAt: readonly Date[]): Promise<void>;
  /**
   * Starts taking alarms in this process. `drain` runs inside the job, one at a time. `wake`, where given, is called
   * while a drain runs when something was set due by any process, and must make that drain look again before it ends.
   */
  work(drain: () => Promise<void>, wake?: () => void): Promise<void>;
  /** Whether the job store answered lately. */
  isUp(): boolean;
  /** Takes no more alarms, waits for the running drain, and closes the connections. */
  stop(): Promise<void>;
}

const TOUCH_EVERY_MS = 20_000;
const CLOSE_WITHIN_MS = 1000;
// A timer may fire a millisecond early; an alarm must be due by then.
const AFTER_THE_SECOND_MS = 5;

/** Opens the job store; one that is away is no error, and is used as soon as it answers. */
export async function openAlarms(jobStore: JobStore, log: Logger): Promise<Alarms> {
  let alarms: AgendaAlarms | undefined;
  const store = openStore(jobStore, (isReachable) => {
    if (!isReachable) health.assumeDown();
    else if (!health.isUp()) void health.check();
  });
  const health = watchHealth(store.prepare, (isUp, reason) => {
    const fields = { jobStore: store.connection.kind, reason };
    if (!isUp) log.warn(fields, 'The job store does not answer; deliveries go on without alarms');
    else if (alarms !== undefined) log.info(fields, 'The job store answers');
    if (isUp) alarms?.lookForDue();
  });
  await health.check();
  alarms = new AgendaAlarms(store, health, log);
  return alarms;
}

function openStore(jobStore: JobStore, onReachable: ReachableListener): AlarmStore {
  if (jobStore.kind === 'mongodb') return openMongoAlarmStore(jobStore.url, onReachable);
  const createTableSql = [getCreateTableSQL('agenda_jobs'), ...getCreateIndexesSQL('agenda_jobs')];
  return openPostgresAlarmStore(jobStore.url, createTableSql, onReachable);
}

class AgendaAlarms implements Alarms {
  readonly store: 'MongoDB' | 'PostgreSQL';
  readonly #alarmStore: AlarmStore;
  readonly #health: StoreHealth;
  readonly #log: Logger;
  readonly #adder: AlarmAdder;
  // Wakes the processor of this process alone; Agenda's channels between processes do not survive a dropped collection
  // (MongoDB) or leak connections when the server restarts (PostgreSQL), so `AlarmStore.listen` stands in for them.
  readonly #channel = new InMemoryNotificationChannel();
  readonly #calls: InFlight;
  #agenda: Agenda | undefined;
  #tick: NodeJS.Timeout | undefined;
  #drain = () => Promise.resolve();
  #wake: (() => void) | undefined;
  #running: Promise<void> | undefined;
  // From the start of a drain until its job is removed; a moment that is set in between meets its unique key.
  #isHolding = false;
  #mustSetAgain = false;
  #stopping: Promise<void> | undefined;

  constructor(store: AlarmStore, health: StoreHealth, log: Logger) {
    this.store = store.connection.kind;
    this.#alarmStore = store;
    this.#health = health;
    this.#log = log;
    this.#adder = alarmAdder(store, health, log);
    this.#calls = new InFlight(() => void health.check());
  }

  async set(dueAt: readonly Date[]): Promise<void> {
    const nowMs = Date.now();
    const moments = new Set(dueAt.map((date) => alarmMoment(date.getTime(), nowMs)));
    const isDue = [...moments].some((moment) => moment <= nowMs);
    if (isDue) this.#tellRunningDrain();
    const isAdded = await this.#adder.add(moments, nowMs);
    if (isAdded && isDue) this.lookForDue();
  }

  async work(drain: () => Promise<void>, wake?: () => void): Promise<void> {
    this.#drain = drain;
    this.#wake = wake;
    const repository = guardJobs(repositoryOf(this.#alarmStore), {
      calls: this.#calls,
      mayTake: () => this.#stopping === undefined && this.isUp(),
      onEnded: () => this.#afterJob(),
    });
    this.#agenda = new Agenda({
      backend: {
        name: this.store,
        repository,
        ownsConnection: false,
        connect: () => (repository instanceof MongoJobRepository ? repository.connect() : Promise.resolve()),
        disconnect: () => Promise.resolve(),
      },
      notificationChannel: this.#channel,
      processEvery: 1000,
      maxConcurrency: 1,
      defaultConcurrency: 1,
      lockLimit: 1,
      removeOnComplete: true,
    });
    // What failed is known to #calls; without a listener it would end the process.
    this.#agenda.on('error', (error: Error) => this.#log.debug({ err: error }, 'Agenda reported an error'));
    this.#agenda.define(ALARM_JOB, (job) => this.#run(job), {
      // Agenda looks after a running job by a timer of half this time, and leaves the timer behind when the job ends;
      // so it is short. How long a lock lives in the store is said in guardJobs.
      lockLifetime: 5000,
    });
    await this.#agenda.start();
    this.#alarmStore.listen(() => (this.#running === undefined ? this.lookForDue() : this.#wake?.()));
    this.#armTick();
  }

  isUp(): boolean {
    return this.#health.isUp();
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  /** Makes the processor of this process look for a due job now. */
  lookForDue(): void {
    if (this.#channel.state !== 'connected') return;
    const nobody = { jobId: toJobId(''), nextRunAt: null, priority: 0 };
    void this.#channel.publish({ ...nobody, jobName: ALARM_JOB, timestamp: new Date() });
  }

  #tellRunningDrain(): void {
    if (this.#running !== undefined && this.#wake !== undefined) this.#wake();
    else if (this.#isHolding) this.#mustSetAgain = true;
  }

  async #run(job: Job): Promise<void> {
    // One drain at a time, whatever Agenda makes of a store that is slow.
    if (this.#running !== undefined) return this.#tellRunningDrain();
    // Agenda would take a job for dead whose lock ran out and start another beside it. The lock is no fence, the
    // leases in PostgreSQL are; so a drain is never given up.
    job.isExpired = () => Promise.resolve(false);
    this.#isHolding = true;
    const touching = setInterval(() => void job.touch().catch(() => undefined), TOUCH_EVERY_MS);
    // One drain does for every alarm that was due before its second.
    void this.#calls
      .track(this.#alarmStore.removeUntaken(new Date(runningSecondMs(Date.now()))))
      .catch(() => undefined);
    this.#running = this.#drainOnce();
    await this.#running;
    this.#running = undefined;
    clearInterval(touching);
  }

  // A job that failed would stay in the store, so it never does; whatever the drain left undone, the sweep finds.
  async #drainOnce(): Promise<void> {
    try {
      await this.#drain();
    } catch (error) {
      this.#log.error({ err: error }, 'A drain failed');
    }
  }

  // Also when the store went away and the job could not be removed: its lock runs out, and then it runs once more.
  #afterJob(): void {
    this.#isHolding = false;
    this.#adder.forget(runningSecondMs(Date.now()));
    if (this.#mustSetAgain) void this.set([new Date()]);
    this.#mustSetAgain = false;
    this.lookForDue();
  }

  /** Alarms lie on whole seconds, so that is when to look; Agenda's own interval drifts. */
  #armTick(): void {
    this.#tick = setTimeout(
      () => {
        this.#armTick();
        if (this.#running === undefined) this.lookForDue();
        else if (this.#wake !== undefined) void this.#absorb().catch(() => undefined);
      },
      1000 - (Date.now() % 1000) + AFTER_THE_SECOND_MS,
    );
  }

  /** Takes the alarms that no worker came for within a second: all are draining, and this drain looks again instead. */
  async #absorb(): Promise<void> {
    if (!this.isUp()) return;
    const untaken = new Date(runningSecondMs(Date.now()) - 1000);
    if ((await this.#calls.track(this.#alarmStore.removeUntaken(untaken))) > 0) this.#tellRunningDrain();
  }

  async #stop(): Promise<void> {
    clearTimeout(this.#tick);
    await this.#quiet();
    // Not agenda.drain(): with removeOnComplete it waits for ever (6.2.6).
    await this.#agenda?.stop().catch(() => undefined);
    this.#health.stop();
    await within(CLOSE_WITHIN_MS, this.#alarmStore.close()).catch(() => undefined);
  }

  /** Waits for the drain however long it takes, and for what is asked of the store a second at most. */
  async #quiet(): Promise<void> {
    await this.#running;
    // Agenda's next step for the job is taken by then.
    await turnOfTheLoop();
    if (this.#calls.isEmpty && this.#running === undefined) return;
    const isSettled = await this.#calls.settle(CLOSE_WITHIN_MS);
    if (isSettled || this.#running !== undefined) await this.#quiet();
  }
}

function repositoryOf({ connection }: AlarmStore): JobRepository {
  return connection.kind === 'MongoDB'
    ? new MongoJobRepository({ mongo: connection.db, ensureIndex: false })
    : new PostgresJobRepository({ pool: connection.pool, ensureSchema: false });
}
