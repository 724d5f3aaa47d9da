import type { Db } from 'mongodb';
import type { Pool } from 'pg';

/** The only name an alarm's job has. */
export const ALARM_JOB = 'deliver';

/** What Agenda lacks of the store it keeps its jobs in: the unique index, many jobs in one round trip, news of them. */
export interface AlarmStore {
  /** What Agenda's own repository is to work on. */
  readonly connection: { kind: 'MongoDB'; db: Db } | { kind: 'PostgreSQL'; pool: Pool };
  /** Makes the jobs' table and its unique index where they are missing; cheap, and proves that the store answers. */
  prepare(): Promise<void>;
  /** Adds a job for each whole second that has none yet, in one round trip; a second that has one is no error. */
  add(moments: readonly Date[]): Promise<void>;
  /** Removes jobs that nobody holds and that were due before `moment`, or that ended and were left behind. */
  removeUntaken(moment: Date): Promise<number>;
  /** Calls `onAlarm` soon after any process added an alarm that may be due, where the store can tell. */
  listen(onAlarm: () => void): void;
  /** Closes every connection; nothing else may be called afterwards. */
  close(): Promise<void>;
}

/** Told by a store that its server seems to have gone or to have come back, before anyone asked it. */
export type ReachableListener = (reachable: boolean) => void;
