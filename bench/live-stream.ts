import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import type { RunningTendril } from './tendril-keeper.js';

/** One update, as much of it as was asked for. */
export interface Update {
  readonly status: string;
  /** Only where the stream asks for it. */
  readonly event?: { readonly id: string };
}

/** One deliveryUpdated stream of everything. */
export interface LiveStream {
  /** How many DELIVERED updates have come. */
  delivered(): number;
  close(): Promise<void>;
}

/** Opens a stream without a filter; `fields` is what it asks of each delivery, status among it. */
export function openLiveStream(
  { url, key }: RunningTendril,
  fields: string,
  onUpdate: (update: Update) => void = () => undefined,
): LiveStream {
  const client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { Authorization: `Bearer ${key}` },
  });
  let delivered = 0;
  client.subscribe<{ deliveryUpdated: Update }>(
    { query: `subscription { deliveryUpdated { ${fields} } }` },
    {
      next({ data }) {
        if (!data) return;
        if (data.deliveryUpdated.status === 'DELIVERED') delivered += 1;
        onUpdate(data.deliveryUpdated);
      },
      error: (error) => console.error('The live stream broke off:', error),
      complete: () => undefined,
    },
  );
  return { delivered: () => delivered, close: async () => client.dispose() };
}
