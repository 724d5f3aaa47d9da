import { print } from 'graphql';
import type { Client } from 'graphql-ws';
import {
  DeliveryUpdatedDocument,
  type DeliveryUpdatedSubscription,
  type DeliveryUpdatedSubscriptionVariables,
} from '../../generated/operations.js';

/** A delivery in one of its states, as a live stream tells it. */
export type Update = DeliveryUpdatedSubscription['deliveryUpdated'];

/** What a live stream has told so far. */
export interface Followed {
  readonly updates: readonly Update[];
  /** Why the stream ended, where the server ended it. */
  error(): unknown;
  stop(): void;
}

/**
 * Follows the live updates over a client of graphql-ws; the stream is open when this resolves, so that whatever changes from then
 * on is told. `onUpdate` is told each update as it comes.
 */
export async function followUpdates(
  client: Client,
  variables: DeliveryUpdatedSubscriptionVariables = {},
  onUpdate: (update: Update) => void = () => undefined,
): Promise<Followed> {
  const updates: Update[] = [];
  let error: unknown;
  const stop = client.subscribe<DeliveryUpdatedSubscription>(
    { query: print(DeliveryUpdatedDocument), variables: { ...variables } },
    {
      next: ({ data, errors }) => {
        if (errors) error = errors;
        if (!data) return;
        updates.push(data.deliveryUpdated);
        onUpdate(data.deliveryUpdated);
      },
      error: (reason) => {
        error = reason;
      },
      complete: () => undefined,
    },
  );
  // A query behind it on the same socket, which waits for the database: by its answer the stream has been opened.
  await client.iterate({ query: '{ viewer { workspace { id } } }' }).next();
  return { updates, error: () => error, stop };
}
