const size = 1024;
/** How many of them endpoints may hold together whose last attempt timed out: the others are for those that answer. */
export const slowShare = size / 2;
// Claiming one by one as slots come free would cost a statement each; a few dozen at a time costs next to nothing.
const refill = size / 16;

/** How many deliveries a drain may have in flight, how many it has, and when it is worth while to claim more. */
export class Slots {
  #inUse = 0;
  /** Those that came free since the last claim where something waits for them. */
  #freed = 0;

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

  /** Whether enough has come free for another claim: with few in flight, as many as still are. */
  get hasRefill(): boolean {
    return this.#freed > 0 && this.#freed >= Math.min(refill, this.#inUse);
  }

  take(): void {
    this.#inUse += 1;
  }

  /** `isWanted`: something waits for it. */
  free(isWanted: boolean): void {
    this.#inUse -= 1;
    if (isWanted) this.#freed += 1;
  }

  /** Is told that a claim takes what came free. */
  noteClaim(): void {
    this.#freed = 0;
  }
}
