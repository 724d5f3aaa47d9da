import type { Logger } from 'pino';
import type { UpdateCursor } from '../../rules/update-cursor.js';
import type { Database } from '../../storage/database.js';
import { type Listener, listen } from '../../storage/listen.js';
import type { Delivery } from '../delivery.entity.js';
import { DeliveryStream, type UpdateFilter } from './delivery-stream.js';
import { type ToldChanges, toldDeliveries } from './told-changes.js';

/** Every change of state of a workspace's deliveries, as it happens. */
export interface DeliveryUpdates {
  /** A stream from now on, of as many as have come; with `after`, first what has changed since. It ends when it is returned, or at `close`. */
  subscribe(
    workspaceId: string,
    filter: UpdateFilter,
    after?: UpdateCursor,
  ): AsyncIterableIterator<readonly Delivery[]>;
  close(): Promise<void>;
}

/** Where nobody asks for streams. */
export const noDeliveryUpdates: DeliveryUpdates = {
  subscribe: () => {
    throw new Error('this process has no streams');
  },
  close: async () => undefined,
};

/** Listens to the database once and feeds every stream of this process from it. */
export async function createDeliveryUpdates(database: Database, log: Logger): Promise<DeliveryUpdates> {
  const streams = new Map<string, Set<DeliveryStream>>();
  const everyStreamMissed = () => {
    for (const set of streams.values()) for (const stream of set) stream.miss();
  };
  const onChanged = (payload: string) => {
    if (streams.size === 0) return;
    try {
      tell(streams, JSON.parse(payload) as ToldChanges);
    } catch (error) {
      log.warn({ err: error }, 'an update could not be told; streams go on from the database');
      everyStreamMissed();
    }
  };
  const listener: Listener = await listen(
    database.url,
    { delivery_changed: onChanged },
    everyStreamMissed,
    log,
  );
  return {
    subscribe: (workspaceId, filter, after) =>
      open(
        streams,
        workspaceId,
        new DeliveryStream(database.ofWorkspace(workspaceId), workspaceId, filter, after),
      ),
    async close() {
      await listener.close();
      for (const set of streams.values()) for (const stream of set) stream.end();
    },
  };
}

function tell(streams: ReadonlyMap<string, ReadonlySet<DeliveryStream>>, told: ToldChanges): void {
  const listening = streams.get(told.workspace);
  if (!listening) return;
  const deliveries = toldDeliveries(told);
  for (const stream of listening) stream.take(deliveries);
}

/** Has the stream told from this moment on, and until whoever reads it returns. */
function open(
  streams: Map<string, Set<DeliveryStream>>,
  workspaceId: string,
  stream: DeliveryStream,
): AsyncIterableIterator<readonly Delivery[]> {
  const siblings = streams.get(workspaceId) ?? new Set();
  streams.set(workspaceId, siblings.add(stream));
  const updates = stream.updates();
  return {
    next: () => updates.next(),
    throw: (error) => updates.throw(error),
    return() {
      siblings.delete(stream);
      // Returned twice, it must not take a newer set of its workspace along.
      if (siblings.size === 0 && streams.get(workspaceId) === siblings) streams.delete(workspaceId);
      // A generator that waits for its next value would not notice `return` before that value comes.
      stream.end();
      return updates.return(undefined);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
