/**
 * Which lists a path has gone through already, and from which part of it on: a part such as 0 may mean a place or a field, so `a.0.0.0`
 * leads down the same lists on ever more ways.
 */
export class GoneThrough {
  readonly #indexes = new Map<readonly unknown[], Set<number>>();

  /** Whether this list was told before with this part; notes it. */
  isRepeated(list: readonly unknown[], index: number): boolean {
    const indexes = this.#indexes.get(list) ?? new Set();
    const isKnown = indexes.has(index);
    this.#indexes.set(list, indexes.add(index));
    return isKnown;
  }
}
