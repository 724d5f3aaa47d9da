// What those who have shown a good key can hold of all places; the others compete for the rest, and never for these.
const knownShare = 0.75;

/** So many places for connections. Those that have shown no good key give way first, the oldest before the others. */
export class Places<Connection> {
  readonly #strangers = new Set<Connection>();
  readonly #known = new Set<Connection>();

  constructor(readonly most: number) {}

  get size(): number {
    return this.#strangers.size + this.#known.size;
  }

  /** Takes a new connection in; gives the one that has to go for it, which may be itself. */
  add(connection: Connection): Connection | undefined {
    this.#strangers.add(connection);
    if (this.size <= this.most) return undefined;
    const [oldest] = this.#strangers;
    return oldest;
  }

  /** Notes that a connection has just shown a good key. Where too many have, the one that did longest ago is a stranger again. */
  know(connection: Connection): void {
    if (!this.#strangers.delete(connection) && !this.#known.delete(connection)) return;
    this.#known.add(connection);
    if (this.#known.size <= Math.max(1, Math.floor(this.most * knownShare))) return;
    const [longestAgo] = this.#known;
    if (longestAgo === undefined) return;
    this.#known.delete(longestAgo);
    this.#strangers.add(longestAgo);
  }

  remove(connection: Connection): void {
    this.#strangers.delete(connection);
    this.#known.delete(connection);
  }
}
