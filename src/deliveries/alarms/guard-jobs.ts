import type { InFlight } from './in-flight.js';

const LOCK_LIFETIME_MS = 75_000;

/** The part of Agenda's job repository that its processor works with; spelled out, as Agenda has one importer. */
interface JobLocks<Job, Options, Which> {
  getNextJobToRun(
    name: string,
    nextScanAt: Date,
    lockDeadline: Date,
    now: Date | undefined,
    options: Options,
  ): Promise<Job | undefined>;
  saveJobState(job: Job, options: Options): Promise<void>;
  unlockJob(job: Job): Promise<void>;
  removeJobs(which: Which): Promise<number>;
}

/** What the owner of the repository has to say and wants to know. */
export interface JobGuard {
  readonly calls: InFlight;
  mayTake(): boolean;
  /** Called when a job is gone, or could not be removed, and Agenda may lock the next. */
  onEnded(): void;
}

/** Makes Agenda's repository lock only jobs that are due, none while it must not, and fail where nobody listens never. */
export function guardJobs<Job, Options, Which, Repository extends JobLocks<Job, Options, Which>>(
  repository: Repository & JobLocks<Job, Options, Which>,
  guard: JobGuard,
): Repository {
  const original = {
    getNextJobToRun: repository.getNextJobToRun.bind(repository),
    saveJobState: repository.saveJobState.bind(repository),
    unlockJob: repository.unlockJob.bind(repository),
    removeJobs: repository.removeJobs.bind(repository),
  };
  // Agenda does not wait for it, so it must not fail.
  const unlockJob = (job: Job) => guard.calls.track(original.unlockJob(job)).catch(() => undefined);

  return Object.assign(repository, {
    unlockJob,
    async getNextJobToRun(name: string, _nextScanAt: Date, _deadline: Date, _now: unknown, options: Options) {
      if (!guard.mayTake()) return undefined;
      const now = new Date();
      const deadline = new Date(now.getTime() - LOCK_LIFETIME_MS);
      // Agenda would lock what is due within `processEvery` too, and sit on it while nothing else may be locked.
      const job = await guard.calls.track(original.getNextJobToRun(name, now, deadline, now, options));
      if (job === undefined || guard.mayTake()) return job;
      await unlockJob(job);
      return undefined;
    },
    saveJobState: (job: Job, options: Options) => guard.calls.track(original.saveJobState(job, options)),
    async removeJobs(which: Which) {
      try {
        return await guard.calls.track(original.removeJobs(which));
      } finally {
        // By then Agenda has let go of the job.
        setImmediate(guard.onEnded);
      }
    },
  });
}
