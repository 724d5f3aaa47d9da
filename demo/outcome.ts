import type { Update } from './story.js';

const endsUnsent: readonly Update['status'][] = ['FAILED', 'SKIPPED', 'CANCELED'];

/** What has become of the deliveries. */
export class Outcome {
  readonly #statuses = new Map<string, Update['status']>();
  readonly #settled = Promise.withResolvers<void>();
  #expected = Number.POSITIVE_INFINITY;

  /** Resolves once as many deliveries as are expected have come to their end. */
  get settled(): Promise<void> {
    return this.#settled.promise;
  }

  get expected(): number {
    return this.#expected;
  }

  get delivered(): number {
    return this.#count((status) => status === 'DELIVERED');
  }

  take({ id, status }: Pick<Update, 'id' | 'status'>): void {
    this.#statuses.set(id, status);
    this.#check();
  }

  expect(deliveries: number): void {
    this.#expected = deliveries;
    this.#check();
  }

  #check(): void {
    const ended = this.delivered + this.#count((status) => endsUnsent.includes(status));
    if (ended >= this.#expected) this.#settled.resolve();
  }

  #count(isCounted: (status: Update['status']) => boolean): number {
    return [...this.#statuses.values()].filter(isCounted).length;
  }
}
