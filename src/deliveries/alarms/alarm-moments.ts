const FORGET_AFTER_MS = 5000;
const REMEMBER_AT_MOST = 10_000;

/** The whole second (ms since 1970) that the alarm for a due moment is named after: rounded up, or the running second for what is due already. */
export function alarmMoment(dueAtMs: number, nowMs: number): number {
  // The running second and not the next: the next may hold the alarm of a retry that is not due yet, and what is due would wait for it.
  return dueAtMs <= nowMs ? runningSecondMs(nowMs) : Math.ceil(dueAtMs / 1000) * 1000;
}

/** The start of the second that is running. */
export function runningSecondMs(nowMs: number): number {
  return Math.floor(nowMs / 1000) * 1000;
}

/** Moments that were set a few seconds ago; asking for one again needs no round trip. */
export class RecentMoments {
  // Oldest first: a Map keeps the order of insertion.
  readonly #setAtMs = new Map<number, number>();

  /** Remembers the moments and returns those that were not remembered yet, each once. */
  takeNew(moments: Iterable<number>, nowMs: number): number[] {
    this.#forgetOld(nowMs);
    const fresh: number[] = [];
    for (const moment of moments) {
      if (this.#setAtMs.has(moment)) continue;
      this.#setAtMs.set(moment, nowMs);
      fresh.push(moment);
    }
    return fresh;
  }

  forget(moments: Iterable<number>): void {
    for (const moment of moments) this.#setAtMs.delete(moment);
  }

  // A collection that was dropped takes the alarms with it, so a moment is trusted only for seconds.
  #forgetOld(nowMs: number): void {
    for (const [moment, setAtMs] of this.#setAtMs) {
      const isTrusted = nowMs - setAtMs < FORGET_AFTER_MS && this.#setAtMs.size <= REMEMBER_AT_MOST;
      if (isTrusted) return;
      this.#setAtMs.delete(moment);
    }
  }
}
