/** Wakes whoever waits for it. */
export class Signal {
  #wake: () => void = () => undefined;

  /** Lets the one who waits go on; nothing where nobody waits. */
  fire(): void {
    this.#wake();
  }

  /** Waits until it is fired, or until so many milliseconds have passed; without them for as long as it takes. */
  wait(atMostMs?: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = atMostMs === undefined ? undefined : setTimeout(resolve, Math.max(1, atMostMs));
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
