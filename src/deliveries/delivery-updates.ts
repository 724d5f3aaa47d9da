import type { Logger } from 'pino';
import type { Database, Statement } from '../storage/database.js';
import { type Listener, listen } from '../storage/listen.js';
import { zeroUuid } from '../storage/typeid.js';
import { Delivery, type DeliveryRow } from './delivery.entity.js';
import { loadChangedSince, loadDeliveries } from './load-deliveries.js';
import type { UpdateCursor } from './update-cursor.js';

/** Whether a delivery is wanted on a stream; decides for many at once, since it may have to look something up. */
export type UpdateFilter = (deliveries: readonly Delivery[]) => Promise<readonly Delivery[]>;

/** Every change of state of a workspace's deliveries, as it happens. */
export interface DeliveryUpdates {
  /** A stream from now on; with `after`, first what has changed since. It ends when it is returned, or at `close`. */
  subscribe(workspaceId: string, filter: UpdateFilter, after?: UpdateCursor): AsyncIterableIterator<Delivery>;
  close(): Promise<void>;
}

/** A notification, as the trigger in the first migration writes it. */
interface Told {
  readonly workspace: string;
  readonly xid: string;
  readonly xmin: string;
  readonly rows: readonly [
    id: string,
    status: DeliveryRow['status'],
    failureReason: DeliveryRow['failureReason'],
    skipReason: DeliveryRow['skipReason'],
    attemptCount: number,
    nextAttemptAtMs: number | null,
    updatedAtMs: number,
    completedAtMs: number | null,
    lastStatusCode: number | null,
    retryStep: number | null,
  ][];
}

/** What a stream is told: new states in their order, or that some were missed. */
interface StreamSink {
  take(deliveries: readonly Delivery[]): void;
  missed(): void;
}

// A stream whose reader is slower than this keeps nothing more: it goes on from the database once the reader is back.
const maxBuffered = 1_000;
const pageSize = 500;

/** Listens to the database once and feeds every stream of this process from it. */
export async function createDeliveryUpdates(database: Database, log: Logger): Promise<DeliveryUpdates> {
  const sinks = new Map<string, Set<StreamSink>>();
  const streams = new Set<AsyncIterableIterator<Delivery>>();
  let telling = Promise.resolve();

  async function tell(payload: string): Promise<void> {
    const told = JSON.parse(payload) as Told;
    const takers = sinks.get(told.workspace);
    if (!takers) return;
    const deliveries = await statesTold(database, told);
    for (const sink of sinks.get(told.workspace) ?? []) sink.take(deliveries);
  }

  const everyStreamMissed = () => {
    for (const set of sinks.values()) for (const sink of set) sink.missed();
  };

  const listener: Listener = await listen(
    database.url,
    {
      delivery_changed: (payload) => {
        // One after the other: the order of the notifications is the order of the commits.
        telling = telling
          .then(() => tell(payload))
          .catch((error: unknown) => {
            log.warn({ err: error }, 'an update could not be told; streams go on from the database');
            everyStreamMissed();
          });
      },
    },
    everyStreamMissed,
    log,
  );

  return {
    subscribe(workspaceId, filter, after) {
      const set = sinks.get(workspaceId) ?? new Set();
      sinks.set(workspaceId, set);
      const stream = openStream(database, workspaceId, filter, after, set, () => {
        streams.delete(stream);
        if (set.size === 0 && sinks.get(workspaceId) === set) sinks.delete(workspaceId);
      });
      streams.add(stream);
      return stream;
    },
    async close() {
      await listener.close();
      await Promise.all([...streams].map((stream) => stream.return?.()));
    },
  };
}

/** The deliveries of a notification in the states that it tells of; what never changes comes from the database. */
async function statesTold(database: Database, told: Told): Promise<Delivery[]> {
  const present = await loadDeliveries(database, told.rows.map(([uuid]) => ({ workspaceId: told.workspace, uuid })));
  const byUuid = new Map(present.map((delivery) => [delivery.uuid, delivery]));
  return told.rows.flatMap((row) => {
    const delivery = byUuid.get(row[0]);
    if (!delivery) return [];
    const [, status, failureReason, skipReason, attemptCount, nextAtMs, updatedAtMs, completedAtMs, lastStatusCode, retryStep] = row;
    return new Delivery({
      ...delivery,
      status,
      failureReason,
      skipReason,
      attemptCount,
      nextAttemptAt: nextAtMs === null ? null : new Date(nextAtMs),
      updatedAt: new Date(updatedAtMs),
      completedAt: completedAtMs === null ? null : new Date(completedAtMs),
      lastStatusCode,
      retryStep,
      changedXid: told.xid,
      changedXmin: told.xmin,
    });
  });
}

function openStream(
  database: Database,
  workspaceId: string,
  filter: UpdateFilter,
  after: UpdateCursor | undefined,
  siblings: Set<StreamSink>,
  onEnd: () => void,
): AsyncIterableIterator<Delivery> {
  let buffered: Delivery[] = [];
  // Where the reader stands, and where to go on within a catching up.
  let position = after;
  let page: UpdateCursor | undefined;
  let mustCatchUp = after !== undefined;
  // The states that the last catching up has told; what waits in the buffer meanwhile may be older.
  const caughtUp = new Map<string, bigint>();
  let isEnded = false;
  let signal: () => void = () => undefined;

  const sink: StreamSink = {
    take(deliveries) {
      if (buffered.length + deliveries.length > maxBuffered) {
        sink.missed();
        return;
      }
      buffered.push(...deliveries);
      signal();
    },
    missed() {
      mustCatchUp = true;
      page = undefined;
      buffered = [];
      signal();
    },
  };

  async function* run(): AsyncGenerator<Delivery> {
    try {
      position ??= await presentPosition(database, workspaceId);
      while (!isEnded) {
        const batch = mustCatchUp ? await catchUp() : takeBuffered();
        for (const delivery of batch.length > 0 ? await filter(batch) : []) {
          if (isEnded) return;
          yield delivery;
        }
        const last = batch.at(-1);
        if (last) position = positionOf(last, workspaceId);
        if (buffered.length > 0 || mustCatchUp || isEnded) continue;
        caughtUp.clear();
        await new Promise<void>((resolve) => {
          signal = resolve;
        });
      }
    } finally {
      end();
    }
  }

  async function catchUp(): Promise<Delivery[]> {
    if (!position) return [];
    const deliveries = await loadChangedSince(database, page ?? position, pageSize);
    const last = deliveries.at(-1);
    // Only the first page reaches back to `xmin`; the next ones go strictly on. What commits late meanwhile is told live.
    page = last && { ...positionOf(last, workspaceId), xmin: last.changedXid };
    if (deliveries.length < pageSize) {
      mustCatchUp = false;
      page = undefined;
    }
    for (const delivery of deliveries) caughtUp.set(delivery.uuid, BigInt(delivery.changedXid));
    return deliveries;
  }

  function takeBuffered(): Delivery[] {
    return buffered.splice(0, pageSize).filter(({ uuid, changedXid }) => (caughtUp.get(uuid) ?? -1n) < BigInt(changedXid));
  }

  function end(): void {
    isEnded = true;
    siblings.delete(sink);
    onEnd();
    signal();
  }

  siblings.add(sink);
  const generator = run();
  return {
    next: () => generator.next(),
    // A generator that waits for its next value would not notice `return` before that value comes.
    async return() {
      end();
      return generator.return(undefined);
    },
    throw: (error) => generator.throw(error),
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

async function presentPosition(database: Database, workspaceId: string): Promise<UpdateCursor> {
  const [row] = await database.query<{ xmin: string }>(present, []);
  return { xmin: row?.xmin ?? '0', xid: '0', uuid: zeroUuid, workspaceId };
}

const present: Statement = {
  name: 'present-position',
  text: 'SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS xmin',
};

function positionOf(delivery: Delivery, workspaceId: string): UpdateCursor {
  return { xmin: delivery.changedXmin, xid: delivery.changedXid, uuid: delivery.uuid, workspaceId };
}
