import { firstWindow, nextWindow } from '../../rules/concurrency-window.js';
import type { Outcome } from '../../rules/outcome.js';

// Each claim names them all, so they are kept few.
const maxKnown = 500;

/** How many requests each endpoint may have in flight in this process, and how many it has. */
export class EndpointWindows {
  readonly #inFlight = new Map<string, number>();
  readonly #windows = new Map<string, number>();
  /** Those that may have more deliveries due than have been claimed. */
  readonly #behind = new Set<string>();

  /** How much room each endpoint has of which something is known; every other has `firstWindow`. */
  rooms(): Map<string, number> {
    return new Map([...this.#windows.keys()].map((id) => [id, this.roomOf(id)]));
  }

  roomOf(id: string): number {
    return Math.max(0, (this.#windows.get(id) ?? firstWindow) - (this.#inFlight.get(id) ?? 0));
  }

  /** Whether a new delivery may be sent at once: there is room, and none before it waits. One that may not has to be claimed. */
  isOpen(id: string): boolean {
    if (this.roomOf(id) === 0) this.#behind.add(id);
    return !this.#behind.has(id);
  }

  /** Learns from a claim who may have more that is due, and, where it was not cut short, who has not. */
  noteClaim(
    rooms: ReadonlyMap<string, number>,
    claimed: readonly { subscriptionId: string }[],
    isCutShort: boolean,
  ): void {
    const counts = new Map<string, number>();
    for (const { subscriptionId: id } of claimed) counts.set(id, (counts.get(id) ?? 0) + 1);
    const isUsedUp = (id: string) => (counts.get(id) ?? 0) >= (rooms.get(id) ?? firstWindow);
    if (!isCutShort) for (const id of this.#behind) if (!isUsedUp(id)) this.#behind.delete(id);
    // One without any room may have more that waits, too.
    for (const id of [...counts.keys(), ...rooms.keys()]) if (isUsedUp(id)) this.#behind.add(id);
  }

  isBehind(id: string): boolean {
    return this.#behind.has(id);
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
