import type { UpdateCursor } from '../../rules/update-cursor.js';
import type { WorkspaceDatabase } from '../../storage/workspace-database.js';
import { Delivery } from '../delivery.entity.js';
import { findPresentPosition, loadChangedSince } from '../load-deliveries.js';
import { Signal } from './signal.js';

/** Which deliveries a stream wants. */
export interface UpdateFilter {
  /** Whether it can want a delivery at all: asked at once, so that a stream is not even woken for what is not its own. */
  readonly fits: (delivery: Delivery) => boolean;
  /** Which of those that fit it does want, where that has to be looked up; it decides for many at once. */
  readonly choose?: (fitting: readonly Delivery[]) => Promise<readonly Delivery[]>;
}

// A stream whose reader is slower than this keeps nothing more: it goes on from the database once the reader is back.
const maxBuffered = 1_000;
const pageSize = 500;

/**
 * The updates of one reader: what has changed since its cursor, from the database, and then what is told live. Where told
 * states were missed, or are more than the reader takes, it catches up from the database again; so its memory is bounded, and
 * the latest state of every delivery is never left out.
 */
export class DeliveryStream {
  readonly #database: WorkspaceDatabase;
  readonly #workspaceId: string;
  readonly #filter: UpdateFilter;
  readonly #after: UpdateCursor | undefined;
  #buffered: Delivery[] = [];
  /** So far everything was told or does not fit, once what is being told now has been. */
  #passed: UpdateCursor | undefined;
  /** Where to go on within a catching up. */
  #page: UpdateCursor | undefined;
  /** The oldest transaction that was under way when the catching up began. */
  #beganAtXmin = '0';
  #mustCatchUp: boolean;
  #misses = 0;
  /** The states that the last catching up has told; what was told live meanwhile may be older. */
  readonly #caughtUp = new Map<string, bigint>();
  #isEnded = false;
  readonly #signal = new Signal();

  constructor(
    database: WorkspaceDatabase,
    workspaceId: string,
    filter: UpdateFilter,
    after: UpdateCursor | undefined,
  ) {
    this.#database = database;
    this.#workspaceId = workspaceId;
    this.#filter = filter;
    this.#after = after;
    this.#mustCatchUp = after !== undefined;
  }

  /** Takes new states, in their order. */
  take(deliveries: readonly Delivery[]): void {
    const fitting = deliveries.filter(this.#filter.fits);
    if (fitting.length === 0) {
      if (this.#hasNothing()) this.#passed = deliveries.at(-1)?.position ?? this.#passed;
      return;
    }
    if (this.#buffered.length + fitting.length > maxBuffered) {
      this.miss();
      return;
    }
    this.#buffered.push(...fitting);
    this.#signal.fire();
  }

  /** Is told that states were missed. */
  miss(): void {
    this.#misses += 1;
    this.#mustCatchUp = true;
    this.#page = undefined;
    this.#buffered = [];
    this.#signal.fire();
  }

  end(): void {
    this.#isEnded = true;
    this.#signal.fire();
  }

  /** The updates, until the end. */
  async *updates(): AsyncGenerator<Delivery> {
    let position = this.#after ?? (await findPresentPosition(this.#database, this.#workspaceId));
    while (!this.#isEnded) {
      position = this.#takePassed() ?? position;
      const batch: readonly Delivery[] = this.#mustCatchUp
        ? await this.#catchUp(position)
        : this.#takeBuffered();
      if (batch.length > 0) yield* this.#wanted(batch);
      position = batch.at(-1)?.position ?? position;
      if (this.#hasNothing()) await this.#signalled();
    }
  }

  #takePassed(): UpdateCursor | undefined {
    const passed = this.#passed;
    this.#passed = undefined;
    return passed;
  }

  async *#wanted(batch: readonly Delivery[]): AsyncGenerator<Delivery> {
    const fitting = batch.filter(this.#filter.fits);
    const wanted = this.#filter.choose && fitting.length > 0 ? await this.#filter.choose(fitting) : fitting;
    for (const delivery of wanted) {
      if (this.#isEnded) return;
      yield delivery;
    }
  }

  async #catchUp(position: UpdateCursor): Promise<Delivery[]> {
    const misses = this.#misses;
    if (!this.#page) {
      this.#beganAtXmin = (await findPresentPosition(this.#database, this.#workspaceId)).xmin;
    }
    const deliveries = await loadChangedSince(this.#database, this.#page ?? position, pageSize);
    const last = deliveries.at(-1);
    const isWhole = deliveries.length < pageSize;
    // What was missed while the page was read may be younger than the page.
    if (misses === this.#misses) {
      if (isWhole) this.#mustCatchUp = false;
      // Only the first page reaches back to `xmin`; the next ones go strictly on. What commits late meanwhile is told live.
      this.#page = isWhole || !last ? undefined : { ...last.position, xmin: last.position.xid };
    }
    for (const {
      uuid,
      position: { xid },
    } of deliveries)
      this.#caughtUp.set(uuid, BigInt(xid));
    return deliveries.map((delivery) => reachingBackTo(delivery, this.#beganAtXmin));
  }

  #takeBuffered(): Delivery[] {
    const taken = this.#buffered.splice(0, pageSize);
    return taken.filter(({ uuid, position: { xid } }) => (this.#caughtUp.get(uuid) ?? -1n) < BigInt(xid));
  }

  #hasNothing(): boolean {
    return this.#buffered.length === 0 && !this.#mustCatchUp && !this.#isEnded;
  }

  #signalled(): Promise<void> {
    this.#caughtUp.clear();
    return this.#signal.wait();
  }
}

/**
 * The delivery with a cursor that reaches back so far at least: what commits late, between two pages, is told after them, and who
 * breaks off before that must find it behind the cursor.
 */
function reachingBackTo(delivery: Delivery, xmin: string): Delivery {
  const { position } = delivery;
  if (BigInt(position.xmin) <= BigInt(xmin)) return delivery;
  return new Delivery({ ...delivery, changedXid: position.xid, changedXmin: xmin });
}
