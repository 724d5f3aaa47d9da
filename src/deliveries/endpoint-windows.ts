import { firstWindow, nextWindow } from '../rules/concurrency-window.js';
import type { Outcome } from '../rules/outcome.js';

/** How many requests each endpoint may have in flight in this process, and how many it has. */
export class EndpointWindows {
  readonly #inFlight = new Map<string, number>();
  readonly #windows = new Map<string, number>();

  /** How much room an endpoint has: those that have requests in flight, or are slow. Every other has `firstWindow`. */
  rooms(): Map<string, number> {
    const rooms = new Map<string, number>();
    for (const [id, window] of this.#windows) {
      const inFlight = this.#inFlight.get(id) ?? 0;
      if (inFlight > 0 || window < firstWindow) rooms.set(id, Math.max(0, window - inFlight));
    }
    return rooms;
  }

  enter(id: string): void {
    this.#inFlight.set(id, (this.#inFlight.get(id) ?? 0) + 1);
    if (!this.#windows.has(id)) this.#windows.set(id, firstWindow);
  }

  /** `outcome` is undefined where the attempt broke off without one. */
  leave(id: string, outcome: Outcome | undefined): void {
    const left = (this.#inFlight.get(id) ?? 1) - 1;
    if (left > 0) this.#inFlight.set(id, left);
    else this.#inFlight.delete(id);
    if (outcome) this.#windows.set(id, nextWindow(this.#windows.get(id) ?? firstWindow, outcome));
  }

  /** Forgets what it knows of endpoints that have nothing in flight. */
  forgetIdle(): void {
    for (const id of this.#windows.keys()) if (!this.#inFlight.has(id)) this.#windows.delete(id);
  }
}
