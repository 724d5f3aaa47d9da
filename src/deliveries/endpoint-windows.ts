import { firstWindow, nextWindow } from '../rules/concurrency-window.js';
import type { Outcome } from '../rules/outcome.js';

// Each claim names them all, so they are kept few.
const maxKnown = 500;

/** How many requests each endpoint may have in flight in this process, and how many it has. */
export class EndpointWindows {
  readonly #inFlight = new Map<string, number>();
  readonly #windows = new Map<string, number>();

  /** How much room each endpoint has of which something is known; every other has `firstWindow`. */
  rooms(): Map<string, number> {
    return new Map(
      [...this.#windows].map(([id, window]) => [id, Math.max(0, window - (this.#inFlight.get(id) ?? 0))]),
    );
  }

  enter(id: string): void {
    this.#inFlight.set(id, (this.#inFlight.get(id) ?? 0) + 1);
    const window = this.#windows.get(id) ?? firstWindow;
    // A Map keeps the order of insertion: whoever was sent to last goes to the end, and the first idle one is the stalest.
    this.#windows.delete(id);
    this.#windows.set(id, window);
    if (this.#windows.size > maxKnown) this.#forgetStalest();
  }

  /** `outcome` is undefined where the attempt broke off without one. */
  leave(id: string, outcome: Outcome | undefined): void {
    const left = (this.#inFlight.get(id) ?? 1) - 1;
    if (left > 0) this.#inFlight.set(id, left);
    else this.#inFlight.delete(id);
    if (outcome) this.#windows.set(id, nextWindow(this.#windows.get(id) ?? firstWindow, outcome));
  }

  #forgetStalest(): void {
    for (const id of this.#windows.keys()) {
      if (this.#inFlight.has(id)) continue;
      this.#windows.delete(id);
      return;
    }
  }
}
