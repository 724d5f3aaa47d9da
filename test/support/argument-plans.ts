import type { Ids } from './every-operation.js';
import type { Leaf } from './schema-walk.js';

/** What one workspace has and another may not learn of: ids, and texts and cursors besides. */
export type Known = Ids & {
  readonly token: string;
  readonly eventTypeName: string;
  readonly eventTypeGroup: string;
  readonly idempotencyKey: string;
  readonly payloadText: string;
  readonly endpointUrl: string;
  readonly notifiedUrl: string;
  readonly deliveryCursor: string;
  readonly eventCursor: string;
  readonly subscriptionCursor: string;
  readonly eventTypeCursor: string;
  readonly updateCursor: string;
};

/** What is put in a place: things that another workspace knows, or a value that tells of no workspace. */
export type Plan = { readonly of: readonly (keyof Known)[] } | { readonly value: unknown };

const of = (...kinds: (keyof Known)[]): Plan => ({ of: kinds });
const plain = (value: unknown): Plan => ({ value });
const hourMs = 3_600_000;
const logTexts = of(
  'event',
  'delivery',
  'subscription',
  'payloadText',
  'endpointUrl',
  'eventTypeName',
  'idempotencyKey',
);

// By the field and the path, or by the path alone for what means the same wherever it stands. Ids and cursors are named with
// their field, so that those of a new one are missing here.
const plans: Readonly<Record<string, Plan>> = {
  'Query.node id': of('workspace', 'apiKey', 'eventType', 'subscription', 'event', 'delivery', 'attempt'),
  'Query.event id': of('event'),
  'Query.delivery id': of('delivery'),
  'Query.webhookSubscription id': of('subscription'),
  'Query.backlog subscriptionId': of('subscription'),
  'Query.deliveryStats subscriptionId': of('subscription'),
  'Mutation.deleteWebhookSubscription id': of('subscription'),
  'Mutation.rotateWebhookSecret id': of('subscription'),
  'Mutation.updateWebhookSubscription input.id': of('subscription'),
  'Mutation.resendDelivery id': of('delivery'),
  'Mutation.revokeApiKey id': of('apiKey'),
  'Mutation.confirmWebhookSubscription token': of('token'),
  'Mutation.createEventType input.name': of('eventTypeName'),
  'Mutation.publishEvent input.type': of('eventTypeName'),
  'Mutation.publishEvents events.type': of('eventTypeName'),
  'Mutation.publishEvent input.idempotencyKey': of('idempotencyKey'),
  'Mutation.publishEvents events.idempotencyKey': of('idempotencyKey'),
  'Mutation.createWebhookSubscription input.eventTypes': of('eventTypeName'),
  'Mutation.updateWebhookSubscription input.eventTypes': of('eventTypeName'),
  'Mutation.subscribeToNotifications endpoints.url': of('endpointUrl'),
  'Mutation.unsubscribeFromNotifications endpoints.url': of('notifiedUrl'),
  ...cursors('Query.deliveries', 'deliveryCursor'),
  ...cursors('WebhookSubscription.deliveries', 'deliveryCursor'),
  ...cursors('Query.events', 'eventCursor'),
  ...cursors('Query.webhookSubscriptions', 'subscriptionCursor'),
  'Query.eventTypes after': of('eventTypeCursor'),
  'Subscription.deliveryUpdated after': of('updateCursor'),
  'Query.eventTypes search': of('eventTypeName'),
  'Query.eventTypes group': of('eventTypeGroup'),
  'Query.webhookSubscriptions filter.search': of('endpointUrl'),
  'Query.webhookSubscriptions filter.eventType': of('eventTypeName'),
  'filter.search': logTexts,
  'filter.subscriptionIds': of('subscription'),
  'filter.eventIds': of('event'),
  'filter.eventTypes': of('eventTypeName'),
  'filter.types': of('eventTypeName'),
  'Mutation.createWebhookSubscription input.endpointUrl': of('endpointUrl'),
  'Mutation.updateWebhookSubscription input.endpointUrl': of('endpointUrl'),
  ...Object.fromEntries(
    Object.entries({
      first: 10,
      last: 10,
      orderBy: 'OLDEST_FIRST',
      from: new Date(Date.now() - hourMs).toISOString(),
      to: new Date(Date.now() + hourMs).toISOString(),
      interval: 'HOUR',
      gracePeriodSeconds: 0,
      'endpoints.endpoint': 'CRM',
      'events.payload': 1,
      'filter.createdAfter': '2020-01-01T00:00:00Z',
      'filter.createdBefore': '2030-01-01T00:00:00Z',
      'filter.profile': 'STANDARD',
      'filter.statusCodeFrom': 100,
      'filter.statusCodeTo': 599,
      'filter.statuses': undefined,
      'input.description': 'A description.',
      'input.expiresAt': '2030-01-01T00:00:00Z',
      'input.filter': {},
      'input.headers.name': 'x-own',
      'input.headers.value': 'own',
      'input.maxAttemptsPerSecond': 10,
      'input.name': 'A name',
      'input.payload': 1,
      'input.primaryUser': false,
      'input.profile': 'STANDARD',
      'input.retryPolicy.scheduleSeconds': 60,
      'input.schema': {},
      'input.scopes': 'READ',
      'input.signatureScheme': 'HMAC_SHA256',
      'input.status': 'ACTIVE',
      'input.timeoutSeconds': 10,
      'input.userName': 'Somebody',
    }).map(([path, value]) => [path, plain(value)]),
  ),
};

function cursors(field: string, kind: keyof Known): Record<string, Plan> {
  return { [`${field} after`]: of(kind), [`${field} before`]: of(kind) };
}

/** What is to be put in a place; undefined where nobody has thought of it yet. */
export function planOf({ field, path }: Pick<Leaf, 'field' | 'path'>): Plan | undefined {
  return plans[`${field} ${path}`] ?? plans[path];
}

/** The plans that no place of the schema asks for. */
export function unusedPlans(leaves: readonly Leaf[]): string[] {
  const used = new Set(
    leaves.map(({ field, path }) => (`${field} ${path}` in plans ? `${field} ${path}` : path)),
  );
  return Object.keys(plans).filter((place) => !used.has(place));
}
