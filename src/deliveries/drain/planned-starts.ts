import type { ClaimedDelivery } from './claim-due.js';
import type { EndpointWindows } from './endpoint-windows.js';

// A claim goes so far ahead of the moments when attempts are to begin.
const aheadMs = 1000;
// More are claimed so long before the last planned start, so that a busy machine is not late for the next one.
const claimAgainMs = 500;
const lookOnceMoreMs = 1000;
const noRoomMs = 100;
const gridMs = 20;
/** How many may be held. */
export const mostHeld = 1024;

/** As much of a delivery as tells whose it is and whether its start is planned. */
export type Startable = Pick<ClaimedDelivery, 'subscriptionId' | 'start'>;

/** When more of a subscription is to be claimed. */
interface NextClaim {
  readonly atMs: number;
  /** Whether a claim that finds nothing then is the last one. */
  readonly isLast: boolean;
}

/**
 * The attempts of subscriptions that have a rate: each claimed delivery is held until its attempt is to begin, and more are
 * claimed before they run out. All moments are on the clock of performance.now().
 */
export class PlannedStarts {
  readonly #held = new Map<ClaimedDelivery, NodeJS.Timeout>();
  readonly #nextClaims = new Map<string, NextClaim>();

  get held(): number {
    return this.#held.size;
  }

  /** How far ahead may be claimed: where too much is held already, only what is to begin at once. */
  get aheadMs(): number {
    return this.#isFull ? 0 : aheadMs;
  }

  /** In how many milliseconds more is to be claimed. */
  nextClaimInMs(nowMs: number): number {
    return Math.min(...[...this.#nextClaims.values()].map(({ atMs }) => atMs)) - nowMs;
  }

  /** Calls `begin` at the moment given, unless the delivery is taken back before. */
  hold(delivery: ClaimedDelivery, atMs: number, begin: () => void): void {
    const timer = setTimeout(
      () => {
        this.#held.delete(delivery);
        begin();
      },
      Math.max(0, atMs - performance.now()),
    );
    this.#held.set(delivery, timer);
  }

  /** Takes back all that is held. */
  takeHeld(): ClaimedDelivery[] {
    const taken = [...this.#held.keys()];
    for (const timer of this.#held.values()) clearTimeout(timer);
    this.#held.clear();
    return taken;
  }

  /** Learns from a claim when to claim more of each subscription; `asked` are those that it was made for, if not for all. */
  noteClaim(claimed: readonly ClaimedDelivery[], asked: readonly string[], nowMs: number): void {
    const ends = new Map<string, number>();
    for (const { subscriptionId: id, start } of claimed)
      if (start) ends.set(id, Math.max(ends.get(id) ?? 0, start.atMs + start.intervalMs));
    for (const [id, endMs] of ends) this.#claimAgain(id, Math.max(nowMs + 1, endMs - claimAgainMs), false);
    // Another worker may have planned what comes next, or the rate is lower than it was: that is no end yet.
    for (const id of asked.filter((one) => !ends.has(one)))
      if (this.#nextClaims.get(id)?.isLast) this.#nextClaims.delete(id);
      else this.#claimAgain(id, nowMs + lookOnceMoreMs, true);
  }

  /** The subscriptions of which more is to be claimed now; what there is no room for is put off. */
  dueClaims(windows: EndpointWindows, nowMs: number): string[] {
    const due = [...this.#nextClaims].filter(([, { atMs }]) => atMs <= nowMs);
    return due.flatMap(([id, { isLast }]) => {
      if (windows.roomOf(id) > 0 && !this.#isFull) return [id];
      this.#claimAgain(id, nowMs + noRoomMs, isLast);
      return [];
    });
  }

  get #isFull(): boolean {
    return this.#held.size >= mostHeld;
  }

  // What lies close together is claimed together.
  #claimAgain(id: string, atMs: number, isLast: boolean): void {
    this.#nextClaims.set(id, { atMs: Math.ceil(atMs / gridMs) * gridMs, isLast });
  }
}
