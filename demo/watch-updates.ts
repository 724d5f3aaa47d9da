import { print } from 'graphql';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { DemoStoryDocument, type DemoStorySubscription } from '../generated/operations.js';
import type { Update } from './story.js';

/** A live subscription that is open. */
export interface Watch {
  /** Rejects where the stream breaks off before it is closed. */
  readonly ended: Promise<void>;
  close(): void;
}

/** Opens deliveryUpdated over WebSocket, and tells every update until it is closed. */
export function watchUpdates(url: string, key: string, onUpdate: (update: Update) => void): Watch {
  const client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { Authorization: `Bearer ${key}` },
    retryAttempts: 0,
  });
  const updates = client.iterate<DemoStorySubscription>({ query: print(DemoStoryDocument) });
  let isClosed = false;
  async function read(): Promise<void> {
    try {
      for await (const { data, errors } of updates) {
        if (errors) throw new Error(errors.map(({ message }) => message).join(' '));
        if (data) onUpdate(data.deliveryUpdated);
      }
    } catch (cause) {
      if (!isClosed) throw new Error('The live subscription broke off.', { cause });
    }
  }
  return {
    ended: read(),
    close() {
      isClosed = true;
      void client.dispose();
    },
  };
}
