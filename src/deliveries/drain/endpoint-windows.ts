import type { SendResult } from '../../dialer/http-client.js';
import { firstWindow, nextWindow } from '../../rules/concurrency-window.js';
import type { ClaimRequest } from './claim-due.js';
import { slowShare } from './slots.js';

// Each claim names them all, so they are kept few.
const maxKnown = 500;
// Those that time out are remembered beyond that, since each that is forgotten may hold a whole first window again.
const maxSlow = 1000;

type Rooms = Pick<ClaimRequest, 'rooms' | 'roomEach'>;

/** What a window learns from. */
export type AttemptResult = Pick<SendResult, 'outcome' | 'durationMs'>;

/** How many requests each endpoint may have in flight in this process, and how many it has. */
export class EndpointWindows {
  readonly #inFlight = new Map<string, number>();
  readonly #windows = new Map<string, number>();
  /** Those that may have more deliveries due than have been claimed. */
  readonly #behind = new Set<string>();
  /** Those that have timed out and not answered since, the ones that have done so longest first. */
  readonly #slow = new Set<string>();
  #slowInFlight = 0;

  /**
   * How much room each endpoint has of which something is known, `most` at most, like the `firstWindow` of every other. What is left for the slow ones
   * goes to those first whose turn was least lately.
   */
  rooms(most: number): Rooms {
    let slowRoom = this.#slowRoom;
    const rooms = new Map<string, number>();
    for (const id of this.#windows.keys()) {
      const isSlow = this.#slow.has(id);
      const room = Math.min(this.roomOf(id), most, isSlow ? slowRoom : most);
      if (isSlow) slowRoom -= room;
      rooms.set(id, room);
    }
    return { rooms, roomEach: Math.min(firstWindow, most) };
  }

  roomOf(id: string): number {
    const room = Math.max(0, (this.#windows.get(id) ?? firstWindow) - (this.#inFlight.get(id) ?? 0));
    return this.#slow.has(id) ? Math.min(room, this.#slowRoom) : room;
  }

  /** Whether a new delivery may be sent at once: there is room, and none before it waits. One that may not has to be claimed. */
  isOpen(id: string): boolean {
    if (this.roomOf(id) === 0) this.#behind.add(id);
    return !this.#behind.has(id);
  }

  /** Learns from a claim who may have more that is due, and, where it saw all that wait, who has not. */
  noteClaim(
    { rooms, roomEach }: Rooms,
    claimed: readonly { subscriptionId: string }[],
    sawAll: boolean,
  ): void {
    const counts = new Map<string, number>();
    for (const { subscriptionId: id } of claimed) counts.set(id, (counts.get(id) ?? 0) + 1);
    const isUsedUp = (id: string) => (counts.get(id) ?? 0) >= (rooms.get(id) ?? roomEach);
    if (sawAll) for (const id of this.#behind) if (!isUsedUp(id)) this.#behind.delete(id);
    // One without any room may have more that waits, too.
    for (const id of [...counts.keys(), ...rooms.keys()]) if (isUsedUp(id)) this.#behind.add(id);
  }

  /** Slow ones that a claim found nothing for have had their turn: else they would for ever keep that room from those behind them. */
  passTurn({ rooms }: Rooms, claimed: readonly { subscriptionId: string }[]): void {
    const served = new Set(claimed.map(({ subscriptionId }) => subscriptionId));
    for (const [id, room] of rooms) if (room > 0 && this.#slow.has(id) && !served.has(id)) this.#putLast(id);
  }

  /** How many may have more that waits. */
  get behind(): number {
    return this.#behind.size;
  }

  isBehind(id: string): boolean {
    return this.#behind.has(id);
  }

  enter(id: string): void {
    this.#inFlight.set(id, (this.#inFlight.get(id) ?? 0) + 1);
    if (this.#slow.has(id)) this.#slowInFlight += 1;
    this.#putLast(id);
    if (this.#windows.size - this.#slow.size > maxKnown) this.#forgetStalest();
  }

  /** `result` is undefined where the attempt broke off without one. */
  leave(id: string, result: AttemptResult | undefined): void {
    if (this.#slow.has(id)) this.#slowInFlight -= 1;
    const left = (this.#inFlight.get(id) ?? 1) - 1;
    if (left > 0) this.#inFlight.set(id, left);
    else this.#inFlight.delete(id);
    if (!result) return;
    const { outcome, durationMs } = result;
    this.#windows.set(id, nextWindow(this.#windows.get(id) ?? firstWindow, outcome, durationMs));
    if (outcome.kind === 'timedOut') this.#noteSlow(id);
    else if (outcome.kind === 'responded') this.#forgetSlow(id);
  }

  get #slowRoom(): number {
    return Math.max(0, slowShare - this.#slowInFlight);
  }

  // A Map keeps the order of insertion: whoever was sent to last goes to the end, and the first idle one is the stalest.
  #putLast(id: string): void {
    const window = this.#windows.get(id) ?? firstWindow;
    this.#windows.delete(id);
    this.#windows.set(id, window);
  }

  #noteSlow(id: string): void {
    if (this.#slow.has(id)) return;
    this.#slow.add(id);
    this.#slowInFlight += this.#inFlight.get(id) ?? 0;
    const [longest] = this.#slow;
    if (this.#slow.size > maxSlow && longest !== undefined) this.#forgetSlow(longest);
  }

  #forgetSlow(id: string): void {
    if (this.#slow.delete(id)) this.#slowInFlight -= this.#inFlight.get(id) ?? 0;
  }

  #forgetStalest(): void {
    for (const id of this.#windows.keys()) {
      if (this.#inFlight.has(id) || this.#slow.has(id)) continue;
      this.#windows.delete(id);
      return;
    }
  }
}
