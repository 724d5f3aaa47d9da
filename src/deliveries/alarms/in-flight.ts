import { within } from './store-health.js';

/** Calls to a store that have not been answered yet, so that its connections are not closed under them. */
export class InFlight {
  readonly #calls = new Set<Promise<unknown>>();
  readonly #onFailure: () => void;

  constructor(onFailure: () => void) {
    this.#onFailure = onFailure;
  }

  get isEmpty(): boolean {
    return this.#calls.size === 0;
  }

  /** Passes on what `call` comes to. */
  async track<T>(call: Promise<T>): Promise<T> {
    this.#calls.add(call);
    try {
      return await call;
    } catch (error) {
      this.#onFailure();
      throw error;
    } finally {
      this.#calls.delete(call);
    }
  }

  /** Whether the calls of this moment were all answered within `limitMs`. */
  async settle(limitMs: number): Promise<boolean> {
    try {
      await within(limitMs, Promise.allSettled(this.#calls));
      return true;
    } catch {
      return false;
    }
  }
}
