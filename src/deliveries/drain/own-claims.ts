/** What the worker that sweeps knows of its own leases. */
export interface OwnLeases {
  readonly worker: number;
  /** The uuids of the deliveries that it has claimed and is not done with. */
  readonly inFlight: readonly string[];
  /** For how long it has been waiting for the oldest answer about a claim; what it claimed since then it may not know of yet. */
  readonly unsureMs: number;
}

/** The claims of one worker: those that it is not done with, and those that it has asked for and has no answer about. */
export class OwnClaims {
  readonly #inFlight = new Set<string>();
  // Oldest first, as a Map keeps them.
  readonly #askedAtMs = new Map<string, number>();

  /** A claim is being asked for, under this id; `nowMs` is of a clock that is never set. */
  ask(id: string, nowMs: number): string {
    this.#askedAtMs.set(id, nowMs);
    return id;
  }

  /** What came of what was asked for under this id is known, or never will be. */
  settle(id: string): void {
    this.#askedAtMs.delete(id);
  }

  /** It was claimed, and is not done with until it is released. */
  hold(claimed: readonly { readonly uuid: string; readonly attemptId: string }[]): void {
    for (const { uuid, attemptId } of claimed) {
      this.#inFlight.add(uuid);
      this.settle(attemptId);
    }
  }

  release(done: readonly { readonly uuid: string }[]): void {
    for (const { uuid } of done) this.#inFlight.delete(uuid);
  }

  leasesOf(worker: number, nowMs: number): OwnLeases {
    const [oldestMs = nowMs] = this.#askedAtMs.values();
    return { worker, inFlight: [...this.#inFlight], unsureMs: nowMs - oldestMs };
  }
}
