import { readSnapshot, type Snapshot, sees } from '../../rules/snapshot.js';
import type { UpdateCursor } from '../../rules/update-cursor.js';
import type { WorkspaceDatabase } from '../../storage/workspace-database.js';
import type { Delivery } from '../delivery.entity.js';
import { type CatchUp, findPresentSnapshot, loadChangedSince, placeBehind } from '../load-deliveries.js';
import { Signal } from '../signal.js';

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
  #buffered: Delivery[] = [];
  /** So far everything was told or does not fit, once what is being told now has been. */
  #position: UpdateCursor | undefined;
  #catchUp: CatchUp | undefined;
  /** Whatever it sees is told by the last catching up: what is told live besides is the same, or older. */
  #caughtUp: Snapshot | undefined;
  /** Whether another catching up has to follow. */
  #mustCatchUp: boolean;
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
    this.#position = after;
    this.#mustCatchUp = after !== undefined;
  }

  /** Takes new states of one transaction, in their order. */
  take(deliveries: readonly Delivery[]): void {
    const last = deliveries.at(-1);
    if (!last || this.#hasCaughtUpWith(last)) return;
    // Changes are told in the order of their commits: whatever comes from here on is younger than the catching up.
    this.#caughtUp = undefined;
    const fitting = deliveries.filter(this.#filter.fits);
    if (fitting.length === 0) {
      if (this.#hasNothing()) this.#position = last.position;
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
    this.#mustCatchUp = true;
    this.#buffered = [];
    this.#signal.fire();
  }

  end(): void {
    this.#isEnded = true;
    this.#signal.fire();
  }

  /** The updates, as many as have come, until the end. */
  async *updates(): AsyncGenerator<readonly Delivery[]> {
    this.#position ??= placeBehind(await findPresentSnapshot(this.#database), this.#workspaceId);
    while (!this.#isEnded) {
      const batch: readonly Delivery[] =
        this.#catchUp || this.#mustCatchUp ? await this.#readPage() : this.#takeBuffered();
      const wanted = await this.#wanted(batch);
      if (wanted.length > 0) yield wanted;
      if (this.#hasNothing()) await this.#signal.wait();
    }
  }

  async #wanted(batch: readonly Delivery[]): Promise<readonly Delivery[]> {
    const fitting = batch.filter(this.#filter.fits);
    return this.#filter.choose && fitting.length > 0 ? this.#filter.choose(fitting) : fitting;
  }

  async #readPage(): Promise<readonly Delivery[]> {
    const catchUp = this.#catchUp ?? (await this.#beginCatchUp());
    const deliveries = await loadChangedSince(this.#database, catchUp, pageSize);
    const last = deliveries.at(-1);
    if (last && deliveries.length === pageSize) {
      this.#catchUp = { ...catchUp, page: last.position };
    } else {
      this.#catchUp = undefined;
      this.#position = placeBehind(catchUp.until, this.#workspaceId);
    }
    return deliveries;
  }

  async #beginCatchUp(): Promise<CatchUp> {
    const start = placeBehind('', this.#workspaceId);
    const since = this.#position ?? start;
    // One that was broken off is brought to its end first: what is committed late meanwhile waits, so that each goes on from the last.
    if (since.until !== undefined) {
      return { since: { ...start, seen: since.seen }, until: since.until, page: since };
    }
    // What is missed from here on may be younger than the snapshot.
    this.#mustCatchUp = false;
    const until = await findPresentSnapshot(this.#database);
    this.#caughtUp = readSnapshot(until);
    this.#buffered = this.#buffered.filter((delivery) => !this.#hasCaughtUpWith(delivery));
    return { since, until, page: start };
  }

  #hasCaughtUpWith({ position: { xid } }: Delivery): boolean {
    return this.#caughtUp !== undefined && sees(this.#caughtUp, BigInt(xid));
  }

  #takeBuffered(): readonly Delivery[] {
    const taken = this.#buffered.splice(0, pageSize);
    this.#position = taken.at(-1)?.position ?? this.#position;
    return taken;
  }

  #hasNothing(): boolean {
    return this.#buffered.length === 0 && !this.#catchUp && !this.#mustCatchUp && !this.#isEnded;
  }
}
