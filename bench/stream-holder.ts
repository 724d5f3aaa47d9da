import { once } from 'node:events';
import WebSocket from 'ws';
import { monotonicMs } from './monotonic-ms.js';
import { answerCalls } from './own-process.js';
import type { PublishTarget } from './publisher.js';

/** What has been told so far. */
export interface StreamReport {
  /** Event ids of deliveries that were told as DELIVERED to the stream of their subscription, with the moment. */
  readonly told: readonly (readonly [id: string, atMs: number])[];
  /** Updates that came to the stream of another subscription. */
  readonly foreign: number;
}

/** What the holder of many streams can be asked. */
export interface StreamHolderCalls {
  readonly [name: string]: (argument: never) => unknown;
  /** Opens a stream for each of these subscriptions, and one of everything with its payloads, which is never read. */
  open(argument: PublishTarget & { subscriptionIds: readonly string[] }): Promise<void>;
  report(argument: undefined): StreamReport;
}

interface Message {
  readonly type: string;
  readonly id?: string;
  readonly payload?: {
    readonly data?: {
      readonly deliveryUpdated?: {
        readonly status: string;
        readonly event: { readonly id: string };
        readonly subscription: { readonly id: string };
      };
    };
  };
}

const streamsPerSocket = 20;
const told = new Map<string, number>();
let foreign = 0;

const calls: StreamHolderCalls = {
  async open({ subscriptionIds, ...target }) {
    for (let from = 0; from < subscriptionIds.length; from += streamsPerSocket)
      await openStreams(target, subscriptionIds.slice(from, from + streamsPerSocket));
    const idle = await openSocket(target);
    idle.send(operation('all', 'subscription { deliveryUpdated { id event { payload } } }'));
    idle.pause();
  },
  report: () => ({ told: [...told], foreign }),
};
answerCalls(calls);

/** Resolves once all of them are open. */
async function openStreams(target: PublishTarget, subscriptionIds: readonly string[]): Promise<void> {
  const socket = await openSocket(target);
  for (const id of subscriptionIds)
    socket.send(
      operation(
        id,
        'subscription ($filter: DeliveryFilter) { deliveryUpdated(filter: $filter) { status event { id } subscription { id } } }',
        {
          filter: { subscriptionIds: [id] },
        },
      ),
    );
  // A query behind them, which waits for the database: by its answer they have been opened.
  const answered = new Promise<void>((resolve, reject) => {
    socket.on('message', (data) => {
      const message = JSON.parse(String(data)) as Message;
      if (message.id === 'open') resolve();
      else if (message.type === 'error') reject(new Error(`A stream was refused: ${String(data)}`));
      else if (message.type === 'next') note(message);
    });
  });
  socket.send(operation('open', '{ viewer { workspace { id } } }'));
  await answered;
}

async function openSocket({ url, key }: PublishTarget): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  await once(socket, 'open');
  socket.send(JSON.stringify({ type: 'connection_init', payload: { Authorization: `Bearer ${key}` } }));
  await once(socket, 'message');
  return socket;
}

function operation(id: string, query: string, variables: object = {}): string {
  return JSON.stringify({ id, type: 'subscribe', payload: { query, variables } });
}

function note({ id, payload }: Message): void {
  const update = payload?.data?.deliveryUpdated;
  if (update?.subscription.id !== id) foreign += 1;
  else if (update?.status === 'DELIVERED') told.set(update.event.id, monotonicMs());
}
