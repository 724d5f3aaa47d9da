const withinMs = 5_000;
const gridMs = 20;

/** When retries are due that a drain has brought about, as far as it may still run then; later ones are left to their alarms. */
export class NearRetries {
  readonly #momentsMs = new Set<number>();

  /** Those that lie close together count as one. */
  expect(atMs: number, nowMs: number): void {
    if (atMs < nowMs + withinMs) this.#momentsMs.add(Math.ceil(atMs / gridMs) * gridMs);
  }

  /** In how many milliseconds the next one is due. */
  nextInMs(nowMs: number): number {
    return Math.min(...this.#momentsMs) - nowMs;
  }

  /** Whether any has become due since this was last asked. */
  takeDue(nowMs: number): boolean {
    const due = [...this.#momentsMs].filter((atMs) => atMs <= nowMs);
    for (const atMs of due) this.#momentsMs.delete(atMs);
    return due.length > 0;
  }
}
