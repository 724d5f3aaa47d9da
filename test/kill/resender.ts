import { setTimeout as pause } from 'node:timers/promises';
import { type Asked, askGraphql } from './ask-graphql.js';
import type { Dice } from './dice.js';
import type { EntryOf, Journal } from './history.js';

const everyMs = 400;
const find = `query ($filter: DeliveryFilter) { deliveries(first: 1, filter: $filter) { nodes { id } } }`;
const resend = 'mutation ($id: ID!) { resendDelivery(id: $id) { delivery { id } userErrors { message } } }';

/** Asks now and then for one more attempt of a delivery that is done; stopped by what it gives back. */
export function startResender(
  apis: () => readonly Asked[],
  subscriptions: ReadonlyMap<string, string>,
  dice: Dice,
  journal: Journal,
): () => Promise<void> {
  let isStopped = false;
  const resendOne = async () => {
    const acknowledged = journal.entries.filter(
      (entry): entry is EntryOf<'acknowledged'> => entry.kind === 'acknowledged',
    );
    const api = apis()[0] && dice.pick(apis());
    if (!api || acknowledged.length === 0) return;
    const { eventId } = dice.pick(acknowledged);
    const endpoint = dice.pick(['steady', 'failing']);
    const filter = {
      eventIds: [eventId],
      subscriptionIds: [subscriptions.get(endpoint)],
      statuses: ['DELIVERED', 'FAILED'],
    };
    const { deliveries } = await askGraphql<{ deliveries: { nodes: { id: string }[] } }>(api, find, {
      filter,
    });
    const id = deliveries.nodes[0]?.id;
    if (id === undefined) return;
    const note = (answer: 'accepted' | 'none') =>
      journal.write({ kind: 'resent', atMs: Date.now(), endpoint, eventId, answer });
    const { resendDelivery } = await askGraphql<{ resendDelivery: { delivery: unknown } }>(api, resend, {
      id,
    }).catch((error: unknown) => {
      note('none');
      throw error;
    });
    if (resendDelivery.delivery) note('accepted');
  };
  const loop = (async () => {
    while (!isStopped) {
      await resendOne().catch(() => undefined);
      await pause(everyMs);
    }
  })();
  return async () => {
    isStopped = true;
    await loop;
  };
}
