import type { Logger } from 'pino';
import { RecentMoments } from './alarm-moments.js';
import type { AlarmStore } from './alarm-store.types.js';
import { type StoreHealth, within } from './store-health.js';

const ADD_WITHIN_MS = 1000;

/** Adds alarms to a store as far as it can: fails without waiting while the store is away, and asks nothing twice. */
export interface AlarmAdder {
  /** True when the store was asked and has them all now; `moments` are whole seconds in ms since 1970. */
  add(moments: Iterable<number>, nowMs: number): Promise<boolean>;
  /** Lets a moment be added again at once, because its job is gone. */
  forget(momentMs: number): void;
}

/** Makes the one adder of a process. */
export function alarmAdder(store: AlarmStore, health: StoreHealth, log: Logger): AlarmAdder {
  const recent = new RecentMoments();
  return {
    async add(moments, nowMs) {
      if (!health.isUp()) return false;
      const fresh = recent.takeNew(moments, nowMs);
      if (fresh.length === 0) return false;
      try {
        await within(ADD_WITHIN_MS, store.add(fresh.map((moment) => new Date(moment))));
        return true;
      } catch (error) {
        recent.forget(fresh);
        log.debug({ err: error }, 'Alarms could not be set');
        void health.check();
        return false;
      }
    },
    forget: (momentMs) => recent.forget([momentMs]),
  };
}
