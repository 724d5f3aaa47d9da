import { largestWindow } from '../../rules/concurrency-window.js';
import { Signal } from '../signal.js';

const size = 1024;
/** How many of them endpoints may hold together that have timed out and not answered since: the others are for those that answer. */
export const slowShare = size / 2;
// A claim of 64 rows takes PostgreSQL half as much time again a row as one of 250, and to claim while half of the largest window
// is still in flight keeps it from running dry.
const refill = size / 8;
// With more in flight, a batch of 250 finds no room at an endpoint with the largest window. With fewer there is less to send than is being
// stored, and the process and PostgreSQL wait for each other.
const crowd = largestWindow - 256;
const standstillMs = 50;
const patienceMsAnEvent = 1;

/** How many deliveries a drain may have in flight, how many it has, and when it is worth while to claim more. */
export class Slots {
  #inUse = 0;
  /** Those of them whose attempt has not ended: what has is only to be recorded. */
  #sending = 0;
  /** How many attempts have ended since the last claim where something waits for their place. */
  #ended = 0;
  #freed = 0;
  readonly #hasCleared = new Signal();

  get inUse(): number {
    return this.#inUse;
  }

  get left(): number {
    return size - this.#inUse;
  }

  /** Whether there is room for a claim that is worth its statement. */
  get hasRoom(): boolean {
    return this.left >= refill;
  }

  /** Whether enough have ended for another claim: with few in flight, as many as still are. */
  get hasRefill(): boolean {
    return this.#ended > 0 && this.#ended >= Math.min(refill, this.#sending);
  }

  /**
   * Waits for room for what so many new events lead to, as long as it keeps coming: what is sent from birth costs much less than what
   * has to be claimed. With a backlog it waits until twice as many are done with, so that the backlog shrinks.
   */
  async roomFor(events: number): Promise<void> {
    const untilMs = performance.now() + events * patienceMsAnEvent;
    const enoughFreed = this.#freed + 2 * events;
    while (this.#inUse > crowd && this.#freed < enoughFreed) {
      const freed = this.#freed;
      const leftMs = untilMs - performance.now();
      if (leftMs <= 0) return;
      await this.#hasCleared.wait(Math.min(leftMs, standstillMs));
      if (this.#freed === freed) return;
    }
  }

  take(): void {
    this.#inUse += 1;
    this.#sending += 1;
  }

  /**
   * Its attempt has ended: the endpoint has room, and the next claim need not wait until that is on record.
   * @param isWanted something waits for that room
   */
  end(isWanted: boolean): void {
    this.#sending -= 1;
    if (isWanted) this.#ended += 1;
  }

  /** After its end. */
  free(): void {
    this.#inUse -= 1;
    this.#freed += 1;
    if (this.#inUse <= crowd) this.#hasCleared.fire();
  }

  /** Is told that a claim takes what came free. */
  noteClaim(): void {
    this.#ended = 0;
  }
}
