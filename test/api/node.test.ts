import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ViewerDocument } from '../../generated/operations.js';
import { deliveryOnce, publishForOne, showDelivery, subscribe } from '../support/main-operations.js';
import { type Receiver, startReceiver } from '../support/receiver.js';
import { startTendril, type Tendril } from '../support/tendril.js';

let tendril: Tendril;
let receiver: Receiver;
const ids: Record<string, string> = {};

beforeAll(async () => {
  tendril = await startTendril(undefined, { stopAfterTest: false });
  receiver = await startReceiver(204, { stopAfterTest: false });
  const { id } = await subscribe(tendril, { endpointUrl: receiver.url, eventTypes: ['payout.paid'] });
  const deliveryId = await publishForOne(tendril, 'payout.paid', { amount: 7 });
  await deliveryOnce(tendril, deliveryId, 'DELIVERED');
  const delivery = await showDelivery(tendril, deliveryId);
  const { viewer } = await tendril.http().request(ViewerDocument);
  const { eventTypes } = await tendril
    .http()
    .request<{ eventTypes: { nodes: { id: string }[] } }>(
      '{ eventTypes(search: "payout.paid") { nodes { id } } }',
    );
  Object.assign(ids, {
    Workspace: viewer.workspace.id,
    ApiKey: viewer.apiKey.id,
    EventType: eventTypes.nodes[0]?.id,
    WebhookSubscription: id,
    WebhookEvent: delivery.event.id,
    Delivery: deliveryId,
    Attempt: delivery.attempts[0]?.id,
  });
});

afterAll(async () => {
  await tendril.stop();
  await receiver.close();
});

const kinds: [kind: string, prefix: string, fields: string, shown: () => object][] = [
  ['Workspace', 'ws', 'name', () => ({ name: 'default' })],
  ['ApiKey', 'key', 'name scopes', () => ({ name: 'BOOTSTRAP_API_KEY', scopes: ['ADMIN'] })],
  ['EventType', 'etyp', 'name group', () => ({ name: 'payout.paid', group: 'payout' })],
  [
    'WebhookSubscription',
    'wsub',
    'endpointUrl deliveryCount profile { name } deliveries { nodes { id } }',
    () => ({
      endpointUrl: receiver.url,
      deliveryCount: 1,
      profile: { name: 'STANDARD' },
      deliveries: { nodes: [{ id: ids.Delivery }] },
    }),
  ],
  [
    'WebhookEvent',
    'evt',
    'type payload deliveries { id }',
    () => ({ type: 'payout.paid', payload: { amount: 7 }, deliveries: [{ id: ids.Delivery }] }),
  ],
  [
    'Delivery',
    'dlv',
    'status event { id } subscription { id } lastAttempt { id }',
    () => ({
      status: 'DELIVERED',
      event: { id: ids.WebhookEvent },
      subscription: { id: ids.WebhookSubscription },
      lastAttempt: { id: ids.Attempt },
    }),
  ],
  [
    'Attempt',
    'atm',
    'number outcome request { url body } response { statusCode }',
    () => ({
      number: 1,
      outcome: 'SUCCEEDED',
      request: { url: receiver.url, body: receiver.received[0]?.body },
      response: { statusCode: 204 },
    }),
  ],
];

describe('node finds by its id', () => {
  test.each(kinds)('a %s', async (kind, prefix, fields, shown) => {
    const id = ids[kind] ?? '';
    expect(id).toMatch(new RegExp(`^${prefix}_[0-7][0-9a-hjkmnp-tv-z]{25}$`));
    expect(await node(id, `... on ${kind} { ${fields} }`)).toEqual({ __typename: kind, id, ...shown() });
  });
});

describe('node is null, and no error,', () => {
  test.each(kinds)('for a %s that is not there', async (_kind, prefix) => {
    expect(await node(`${prefix}_01h455vb4pex5vsknk084sn02q`)).toBeNull();
  });

  test.each([
    '',
    'x',
    '\0',
    'ws_',
    'nope_01h455vb4pex5vsknk084sn02q',
    'evt_81h455vb4pex5vsknk084sn02q',
    '"; --',
  ])('for the text %j', async (id) => {
    expect(await node(id)).toBeNull();
  });

  test('for an id with the prefix of another kind, or in capitals', async () => {
    for (const [, prefix] of kinds) {
      for (const [kind, own] of kinds) {
        const id = ids[kind] ?? '';
        if (prefix !== own) expect(await node(id.replace(own, prefix))).toBeNull();
        expect(await node(id.toUpperCase())).toBeNull();
      }
    }
  });
});

async function node(id: string, fragment = ''): Promise<unknown> {
  const query = `query ($id: ID!) { node(id: $id) { __typename id ${fragment} } }`;
  return (await tendril.http().request<{ node: unknown }>(query, { id })).node;
}
