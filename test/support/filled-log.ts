import {
  DeleteWebhookSubscriptionDocument,
  DeliveriesDocument,
  type DeliveriesQuery,
  type DeliveryFilter,
  type DeliveryStatus,
  PublishEventDocument,
} from '../../generated/operations.js';
import { eventually } from './eventually.js';
import { subscribe } from './main-operations.js';
import type { Answer, Receiver } from './receiver.js';
import type { Tendril } from './tendril.js';

/** A workspace's log with deliveries in every state that lasts, each known by a name such as `paid to shop`. */
export interface FilledLog {
  /** Subscriptions by name. */
  readonly subscriptions: Readonly<Record<string, string>>;
  /** Events by name. */
  readonly events: Readonly<Record<string, { readonly id: string; readonly createdAt: string }>>;
  /** The names of these deliveries. */
  namesOf(deliveries: readonly { id: string }[]): string[];
  /** The deliveries as they were when the log was filled, oldest first. */
  readonly deliveries: DeliveriesQuery['deliveries']['nodes'];
}

/** The answers that the log's endpoints give: the path is the status; behind any other path the connection breaks. */
export const answerByPath: Answer = ({ path }, _earlier, response) => {
  const status = Number(path.slice(1));
  if (Number.isNaN(status)) response.destroy();
  else response.writeHead(status).end();
};

const neverInATest = { scheduleSeconds: [3600] };
const once = { scheduleSeconds: [] };

const subscriptions = {
  shop: { path: '/200', eventTypes: ['payout.*'] },
  slow: { path: '/503', eventTypes: ['payout.paid'], retryPolicy: neverInATest },
  dead: { path: '/500', eventTypes: ['refund.succeeded'], retryPolicy: once },
  absent: { path: '/absent', eventTypes: ['refund.*'], retryPolicy: neverInATest },
  off: { path: '/Off_Line', eventTypes: ['*'], status: 'INACTIVE' as const },
  deleted: { path: '/429', eventTypes: ['refund.failed'], retryPolicy: neverInATest },
};

const events = {
  paid: {
    type: 'payout.paid',
    payload: { note: 'Größe "9" 100%_\\', amount: 7 },
    idempotencyKey: 'Key of_paid',
  },
  failed: { type: 'payout.failed', payload: { deep: [{ er: ['Needle\nin a haystack'] }] } },
  refunded: { type: 'refund.succeeded', payload: { amount: 5, needle: false } },
  refused: { type: 'refund.failed', payload: 'just a text' },
};

const states: Record<string, DeliveryStatus> = {
  'paid to shop': 'DELIVERED',
  'paid to slow': 'RETRYING',
  'paid to off': 'SKIPPED',
  'failed to shop': 'DELIVERED',
  'failed to off': 'SKIPPED',
  'refunded to dead': 'FAILED',
  'refunded to absent': 'RETRYING',
  'refunded to off': 'SKIPPED',
  'refused to absent': 'RETRYING',
  'refused to off': 'SKIPPED',
  'refused to deleted': 'CANCELED',
};

/** Fills the log of an empty workspace; the receiver answers by `answerByPath`. */
export async function fillLog(tendril: Tendril, receiver: Receiver): Promise<FilledLog> {
  const subscriptionIds: Record<string, string> = {};
  for (const [name, { path, ...input }] of Object.entries(subscriptions)) {
    const endpointUrl = `${receiver.url}${path}`;
    subscriptionIds[name] = (await subscribe(tendril, { endpointUrl, ...input })).id;
  }
  const published: Record<string, { id: string; createdAt: string }> = {};
  for (const [name, input] of Object.entries(events)) {
    const { publishEvent } = await tendril.http().request(PublishEventDocument, { input });
    published[name] = publishEvent.event ?? { id: '', createdAt: '' };
    // So that no two of them have the same moment.
    await eventually(() => Date.now() > Date.parse(publishEvent.event?.createdAt ?? ''));
  }
  const { deleted = '' } = subscriptionIds;
  await eventually(
    async () => (await find(tendril, { subscriptionIds: [deleted], statuses: ['RETRYING'] })).length,
  );
  await tendril.http().request(DeleteWebhookSubscriptionDocument, { id: deleted });

  const owners: Record<string, string> = {};
  for (const name of Object.keys(states)) {
    const [event = '', subscription = ''] = name.split(' to ');
    const eventIds = [published[event]?.id ?? ''];
    const [one] = await find(tendril, { eventIds, subscriptionIds: [subscriptionIds[subscription] ?? ''] });
    owners[one?.id ?? ''] = name;
  }
  const deliveries = await eventually(async () => {
    const all = await find(tendril, {});
    return all.every(({ id, status }) => states[owners[id] ?? ''] === status) ? all : undefined;
  });
  return {
    subscriptions: subscriptionIds,
    events: published,
    deliveries,
    namesOf: (some) => some.map(({ id }) => owners[id] ?? id),
  };
}

async function find(
  tendril: Tendril,
  filter: DeliveryFilter,
): Promise<DeliveriesQuery['deliveries']['nodes']> {
  const answer = await tendril.http().request(DeliveriesDocument, { filter, orderBy: 'OLDEST_FIRST' });
  return answer.deliveries.nodes;
}
