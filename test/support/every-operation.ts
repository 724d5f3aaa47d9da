import type { ApiKeyScope } from '../../generated/operations.js';

/** The ids that operations are asked about. */
export interface Ids {
  readonly workspace: string;
  readonly apiKey: string;
  readonly eventType: string;
  readonly subscription: string;
  readonly event: string;
  readonly delivery: string;
  readonly attempt: string;
}

/** An operation of the API: the root field that it asks for, who may, and its document. */
export interface Operation {
  readonly field: string;
  /** The scopes of which one is enough; ADMIN always is, and undefined stands for any good key. */
  readonly scopes: readonly ApiKeyScope[] | undefined;
  document(ids: Ids): string;
}

const read = ['READ'] as const;
const manage = ['MANAGE'] as const;
const publish = ['PUBLISH'] as const;
const readOrManage = ['READ', 'MANAGE'] as const;
const faults = 'userErrors { code field }';

/** Every root field of the schema, at least once; where it takes an id, with one. */
export const everyOperation: readonly Operation[] = [
  query('viewer', undefined, () => 'viewer { apiKey { primaryUser } }'),
  query('apiKeys', [], () => 'apiKeys { name }'),
  query('eventTypes', undefined, () => 'eventTypes(first: 3) { nodes { name } }'),
  query('deliveryProfiles', readOrManage, () => 'deliveryProfiles { name }'),
  query('sourceIpAddresses', undefined, () => 'sourceIpAddresses'),
  query('notificationEndpoints', readOrManage, () => 'notificationEndpoints { status }'),
  query(
    'webhookSubscription',
    readOrManage,
    (ids) => `webhookSubscription(id: "${ids.subscription}") { id }`,
  ),
  query('webhookSubscriptions', readOrManage, () => 'webhookSubscriptions { totalCount nodes { id } }'),
  query('event', read, (ids) => `event(id: "${ids.event}") { id }`),
  query('events', read, (ids) => `events(filter: { search: "${ids.event}" }) { nodes { id } }`),
  query('delivery', read, (ids) => `delivery(id: "${ids.delivery}") { id }`),
  ...deliveryFilters('deliveries', (filter) => `deliveries(filter: ${filter}) { totalCount nodes { id } }`),
  query(
    'deliveryStats',
    read,
    (ids) =>
      `deliveryStats(from: "2020-01-01T00:00:00Z", to: "2020-01-02T00:00:00Z", interval: DAY, subscriptionId: "${ids.subscription}") { attempts }`,
  ),
  query(
    'backlog',
    read,
    (ids) => `backlog(subscriptionId: "${ids.subscription}") { dueCount oldestDueSeconds }`,
  ),
  query('node', undefined, (ids) => `node(id: "${ids.workspace}") { id }`),
  query('node', [], (ids) => `node(id: "${ids.apiKey}") { id }`),
  query('node', undefined, (ids) => `node(id: "${ids.eventType}") { id }`),
  query('node', readOrManage, (ids) => `node(id: "${ids.subscription}") { id }`),
  query('node', read, (ids) => `node(id: "${ids.event}") { id }`),
  query('node', read, (ids) => `node(id: "${ids.delivery}") { id }`),
  query('node', read, (ids) => `node(id: "${ids.attempt}") { id }`),
  mutation(
    'createWebhookSubscription',
    manage,
    () => `createWebhookSubscription(input: { endpointUrl: "", eventTypes: [] }) { ${faults} }`,
  ),
  mutation(
    'updateWebhookSubscription',
    manage,
    (ids) =>
      `updateWebhookSubscription(input: { id: "${ids.subscription}", status: INACTIVE }) { ${faults} }`,
  ),
  mutation('resendDelivery', manage, (ids) => `resendDelivery(id: "${ids.delivery}") { ${faults} }`),
  mutation(
    'rotateWebhookSecret',
    manage,
    (ids) => `rotateWebhookSecret(id: "${ids.subscription}") { ${faults} }`,
  ),
  mutation(
    'deleteWebhookSubscription',
    manage,
    (ids) => `deleteWebhookSubscription(id: "${ids.subscription}") { deletedId ${faults} }`,
  ),
  mutation(
    'confirmWebhookSubscription',
    manage,
    () => `confirmWebhookSubscription(token: "x") { ${faults} }`,
  ),
  mutation('subscribeToNotifications', manage, () => `subscribeToNotifications(endpoints: []) { ${faults} }`),
  mutation(
    'unsubscribeFromNotifications',
    manage,
    () => `unsubscribeFromNotifications(endpoints: []) { ${faults} }`,
  ),
  mutation(
    'createEventType',
    manage,
    () => `createEventType(input: { name: "", description: "" }) { ${faults} }`,
  ),
  mutation('publishEvent', publish, () => `publishEvent(input: { type: "", payload: 0 }) { ${faults} }`),
  mutation('publishEvents', publish, () => `publishEvents(events: [{ type: "", payload: 0 }]) { ${faults} }`),
  mutation('createApiKey', [], () => `createApiKey(input: { name: "", scopes: [] }) { ${faults} }`),
  mutation('revokeApiKey', [], (ids) => `revokeApiKey(id: "${ids.apiKey}") { ${faults} }`),
];

/** Every live one, over WebSocket; a cursor that is none keeps it from being opened. */
export const everyLiveOperation: readonly Operation[] = [
  {
    field: 'deliveryUpdated',
    scopes: read,
    document: () => 'subscription { deliveryUpdated(after: "none") { id } }',
  },
];

function query(field: string, scopes: Operation['scopes'], selection: (ids: Ids) => string): Operation {
  return { field, scopes, document: (ids) => `{ ${selection(ids)} }` };
}

function mutation(field: string, scopes: Operation['scopes'], selection: (ids: Ids) => string): Operation {
  return { field, scopes, document: (ids) => `mutation { ${selection(ids)} }` };
}

function deliveryFilters(field: string, selection: (filter: string) => string): Operation[] {
  const filters: ((ids: Ids) => string)[] = [
    (ids) => `{ subscriptionIds: ["${ids.subscription}"] }`,
    (ids) => `{ eventIds: ["${ids.event}"] }`,
    (ids) => `{ search: "${ids.event}" }`,
    (ids) => `{ search: "${ids.delivery}" }`,
  ];
  return filters.map((filter) => query(field, read, (ids) => selection(filter(ids))));
}
