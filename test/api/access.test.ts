import { readFile } from 'node:fs/promises';
import { buildSchema } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type ApiKeyScope,
  CreateApiKeyDocument,
  EventsDocument,
  PublishEventDocument,
  RevokeApiKeyDocument,
  WebhookSubscriptionsDocument,
} from '../../generated/operations.js';
import { eventually } from '../support/eventually.js';
import { everyLiveOperation, everyOperation, type Ids } from '../support/every-operation.js';
import { followUpdates } from '../support/follow-updates.js';
import {
  deliveryIds,
  deliveryOnce,
  publish,
  publishForOne,
  showDelivery,
  subscribe,
} from '../support/main-operations.js';
import { postGraphql } from '../support/post-graphql.js';
import { type Receiver, startReceiver } from '../support/receiver.js';
import { addWorkspace } from '../support/second-workspace.js';
import { type Env, freshEnv, startTendril, type Tendril } from '../support/tendril.js';

const type = 'payout.paid';

let env: Env;
let tendril: Tendril;
/** The same server, with the key of another workspace. */
let other: Tendril;
let receiver: Receiver;
let ids: Ids;

beforeAll(async () => {
  env = await freshEnv();
  tendril = await startTendril(env, { stopAfterTest: false });
  const key = await addWorkspace(env, 'other');
  other = {
    ...tendril,
    key,
    http: (given = key) => tendril.http(given),
    ws: (given = key, params) => tendril.ws(given, params),
  };
  receiver = await startReceiver(204, { stopAfterTest: false });
  const headers = [{ name: 'x-secret', value: "the customer's own" }];
  const subscription = await subscribe(tendril, { endpointUrl: receiver.url, eventTypes: [type], headers });
  const deliveryId = await publishForOne(tendril, type, { note: 'the first workspace’s' });
  const delivery = await deliveryOnce(tendril, deliveryId, 'DELIVERED');
  const { viewer, eventTypes } = await tendril
    .http()
    .request<Seen>('{ viewer { workspace { id } apiKey { id } } eventTypes(first: 1) { nodes { id } } }');
  ids = {
    workspace: viewer.workspace.id,
    apiKey: viewer.apiKey.id,
    eventType: eventTypes.nodes[0]?.id ?? '',
    subscription: subscription.id,
    event: delivery.event.id,
    delivery: delivery.id,
    attempt: delivery.attempts[0]?.id ?? '',
  };
});

afterAll(async () => {
  await tendril.stop();
  await receiver.close();
});

interface Seen {
  viewer: { workspace: { id: string }; apiKey: { id: string } };
  eventTypes: { nodes: { id: string }[] };
}

test('every root field of the schema is among the operations tried here', async () => {
  const schema = buildSchema(await readFile('schema.graphql', 'utf8'));
  const fields = [schema.getQueryType(), schema.getMutationType()].flatMap((root) =>
    Object.keys(root?.getFields() ?? {}),
  );
  expect([...new Set(everyOperation.map(({ field }) => field))].toSorted()).toEqual(fields.toSorted());
  expect(everyLiveOperation.map(({ field }) => field)).toEqual(
    Object.keys(schema.getSubscriptionType()?.getFields() ?? {}),
  );
});

describe("another workspace's id is answered like one that does not exist", () => {
  const nobody = (id: string) => id.replace(/_.*/, '_01h455vb4pex5vsknk084sn02q');

  test.each(everyOperation)('in $field', async ({ document }) => {
    const asked = document(ids);
    const absent = document(
      Object.fromEntries(Object.entries(ids).map(([kind, id]) => [kind, nobody(id)])) as never,
    );
    const [ofOther, ofNobody] = [await postGraphql(other, asked), await postGraphql(other, absent)];
    expect(ofOther).toEqual(ofNobody);
    for (const id of Object.values(ids)) expect(JSON.stringify(ofOther)).not.toContain(id);
  });

  test('and whoever tried has changed nothing', async () => {
    const { webhookSubscriptions } = await tendril.http().request(WebhookSubscriptionsDocument, {});
    expect(webhookSubscriptions.nodes).toMatchObject([{ id: ids.subscription, status: 'ACTIVE' }]);
    expect((await showDelivery(tendril, ids.delivery)).attempts).toHaveLength(1);
    expect(receiver.received).toHaveLength(1);
  });
});

describe('a workspace', () => {
  test('lists its own, and nothing else', async () => {
    const { errors, data } = await postGraphql(
      other,
      `{ apiKeys { id } eventTypes(first: 250) { nodes { id name } } events { nodes { id } }
        deliveries { totalCount nodes { id } } webhookSubscriptions { totalCount nodes { id } }
        deliveryStats(from: "${iso(-60_000)}", to: "${iso(60_000)}", interval: DAY) { attempts } }`,
    );
    expect(errors).toBeUndefined();
    expect(data).toMatchObject({
      apiKeys: [{ id: expect.not.stringMatching(ids.apiKey) }],
      events: { nodes: [] },
      deliveries: { totalCount: 0, nodes: [] },
      webhookSubscriptions: { totalCount: 0, nodes: [] },
    });
    expect(JSON.stringify(data?.deliveryStats)).not.toMatch(/[1-9]\d*}/);
    expect(JSON.stringify(data)).not.toContain(ids.eventType);
  });

  test('has a catalogue and idempotency keys of its own', async () => {
    const createType = `mutation { createEventType(input: { name: "ours.alone", description: "Ours." }) { userErrors { code } } }`;
    expect(await postGraphql(tendril, createType)).toEqual({ data: { createEventType: { userErrors: [] } } });
    const inOther = await other
      .http()
      .request(PublishEventDocument, { input: { type: 'ours.alone', payload: 1 } });
    expect(inOther.publishEvent.userErrors).toMatchObject([{ code: 'UNKNOWN_EVENT_TYPE' }]);

    const input = { type: 'refund.failed', payload: 'one', idempotencyKey: 'the same' };
    const first = await tendril.http().request(PublishEventDocument, { input });
    const second = await other
      .http()
      .request(PublishEventDocument, { input: { ...input, payload: 'another' } });
    expect(second.publishEvent).toMatchObject({ duplicate: false, userErrors: [] });
    expect(second.publishEvent.event?.id).not.toBe(first.publishEvent.event?.id);
  });

  test('is sent its own events, and no others, by whatever pattern it subscribes', async () => {
    const own = await startReceiver();
    await subscribe(other, { endpointUrl: `${own.url}/all`, eventTypes: ['*', 'refund.*', 'refund.failed'] });
    await publish(tendril, 'refund.failed', { whose: 'the first' });
    await publish(other, 'refund.failed', { whose: 'the other' });
    await own.waitFor(1);
    const { events } = await other.http().request(EventsDocument, {});
    await eventually(async () =>
      JSON.stringify(await postGraphql(other, '{ deliveries { nodes { status } } }')).includes('DELIVERED'),
    );
    expect(own.received.map(({ body }) => JSON.parse(body).data)).toEqual([{ whose: 'the other' }]);
    expect(JSON.stringify(events)).not.toContain('the first');
  });

  test('sees its own deliveries live, and no others', async () => {
    const followed = await followUpdates(other.ws());
    await subscribe(other, { endpointUrl: `${receiver.url}/other`, eventTypes: ['payout.failed'] });
    const seen = () => followed.updates.map(({ id }) => id);
    const foreign = await publishForOne(tendril, type);
    await deliveryOnce(tendril, foreign, 'DELIVERED');
    const [last = ''] = await deliveryIds(other, { eventIds: [await publish(other, 'payout.failed')] });
    await eventually(() => seen().includes(last));
    expect(seen()).not.toContain(foreign);
    for (const id of new Set(seen())) expect((await showDelivery(other, id)).id).toBe(id);
  });

  test("cannot follow another's stream from its cursor", async () => {
    const { cursor } = await showDelivery(tendril, ids.delivery);
    const updates = other.ws().iterate({
      query: 'subscription ($after: String) { deliveryUpdated(after: $after) { id } }',
      variables: { after: cursor },
    });
    expect((await updates.next()).value).toMatchObject({
      errors: [{ extensions: { code: 'BAD_USER_INPUT' } }],
    });
  });
});

describe('the scope of a key', () => {
  const scopes = ['READ', 'PUBLISH', 'MANAGE', 'ADMIN'] as const;
  const keys = new Map<ApiKeyScope, string>();

  beforeAll(async () => {
    for (const scope of scopes) keys.set(scope, (await newKey(scope)).key);
  });

  // Ids of nothing, so that nothing is changed by those who may.
  const nothing = Object.fromEntries(
    Object.entries({
      workspace: 'ws',
      apiKey: 'key',
      eventType: 'etyp',
      subscription: 'wsub',
      event: 'evt',
      delivery: 'dlv',
      attempt: 'atm',
    }).map(([kind, prefix]) => [kind, `${prefix}_01h455vb4pex5vsknk084sn02q`]),
  ) as unknown as Ids;

  test.each(everyOperation)('decides over $field', async ({ document, scopes: needed }) => {
    for (const scope of scopes) {
      const mayAsk = scope === 'ADMIN' || needed === undefined || needed.includes(scope);
      const { errors = [] } = await postGraphql(tendril, document(nothing), { key: keys.get(scope) ?? '' });
      const codes = errors
        .map(({ extensions }) => extensions.code)
        .filter((code) => code !== 'BAD_USER_INPUT');
      expect({ scope, codes }).toEqual({ scope, codes: mayAsk ? [] : ['FORBIDDEN'] });
    }
  });

  test.each(everyLiveOperation)('decides over $field', async ({ document, scopes: needed }) => {
    for (const scope of scopes) {
      const mayAsk = scope === 'ADMIN' || needed === undefined || needed.includes(scope);
      const updates = tendril.ws(keys.get(scope)).iterate({ query: document(nothing) });
      const code = mayAsk ? 'BAD_USER_INPUT' : 'FORBIDDEN';
      expect((await updates.next()).value).toMatchObject({ errors: [{ extensions: { code } }] });
    }
  });

  test.each([
    ['MANAGE', 'webhookSubscriptions { nodes { deliveries { nodes { id } } } }'],
    ['MANAGE', 'webhookSubscriptions { nodes { deliveries { totalCount } } }'],
  ] as const)('%s does not read the logs through %s', async (scope, selection) => {
    expect(await codesOf(`{ ${selection} }`, scope)).toContain('FORBIDDEN');
  });

  test('PUBLISH reads nothing but the event through what it publishes', async () => {
    const mutation = (selection: string) =>
      `mutation { publishEvent(input: { type: "${type}", payload: 1 }) { deliveryCount event { id payload ${selection} } } }`;
    expect(await codesOf(mutation(''), 'PUBLISH')).toEqual([]);
    for (const secret of ['deliveries { id }', 'deliveries { subscription { headers { value } } }']) {
      expect(await codesOf(mutation(secret), 'PUBLISH')).toContain('FORBIDDEN');
    }
  });

  test('MANAGE reads neither event nor attempts through what it resends', async () => {
    const mutation = (selection: string) =>
      `mutation { resendDelivery(id: "${ids.delivery}") { userErrors { code } delivery { id status eventType subscription { id } ${selection} } } }`;
    expect(await codesOf(mutation(''), 'MANAGE')).toEqual([]);
    for (const secret of ['event { payload }', 'attempts { request { body } }', 'lastAttempt { id }']) {
      await deliveryOnce(tendril, ids.delivery, 'DELIVERED');
      expect(await codesOf(mutation(secret), 'MANAGE')).toContain('FORBIDDEN');
    }
  });

  test('several scopes add up', async () => {
    const { key } = await newKey('READ', 'PUBLISH');
    for (const { document, scopes: needed } of everyOperation) {
      const mayAsk = needed === undefined || needed.some((scope) => scope !== 'MANAGE');
      const { errors = [] } = await postGraphql(tendril, document(nothing), { key });
      const isForbidden = errors.some(({ extensions }) => extensions.code === 'FORBIDDEN');
      expect([document(nothing), !isForbidden]).toEqual([document(nothing), mayAsk]);
    }
  });

  async function codesOf(query: string, scope: ApiKeyScope): Promise<string[]> {
    const { errors = [] } = await postGraphql(tendril, query, { key: keys.get(scope) ?? '' });
    return errors.map(({ extensions }) => extensions.code);
  }
});

describe('a key', () => {
  const viewer = { query: '{ viewer { apiKey { name } } }' };

  async function codesWith(headers: Record<string, string | undefined>): Promise<string[]> {
    const response = await fetch(`${tendril.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(headers as Record<string, string>) },
      body: JSON.stringify(viewer),
    });
    const { errors = [] } = (await response.json()) as { errors?: { extensions: { code: string } }[] };
    expect(response.status).toBe(errors.length > 0 ? 401 : 200);
    return errors.map(({ extensions }) => extensions.code);
  }

  test('is taken from any of three headers', async () => {
    const { key } = tendril;
    for (const headers of [
      { Authorization: `Bearer ${key}` },
      { authorization: `bearer ${key}` },
      { 'X-API-Key': key },
      { 'x-ivy-api-key': key },
      { 'X-API-Key': key, Authorization: 'Basic bWU6bXkgcHJveHk=' },
    ]) {
      expect([headers, ...(await codesWith(headers))]).toEqual([headers]);
    }
  });

  test('is taken from the connection_init payload under the same names', async () => {
    const { key } = tendril;
    for (const connectionParams of [
      { Authorization: `Bearer ${key}` },
      { authorization: `Bearer ${key}` },
      { 'X-API-Key': key },
      { 'x-api-key': key },
      { 'X-Ivy-Api-Key': key },
    ]) {
      const answer = tendril.ws(null, connectionParams).iterate(viewer);
      expect((await answer.next()).value).toEqual({
        data: { viewer: { apiKey: { name: 'BOOTSTRAP_API_KEY' } } },
      });
    }
  });

  test('that is missing, unknown or malformed opens nothing, whatever is asked', async () => {
    const { key } = tendril;
    for (const headers of [
      {},
      { 'X-API-Key': '' },
      { 'X-API-Key': key.slice(0, -1) },
      { 'X-API-Key': `${key}x` },
      { 'X-API-Key': key.toUpperCase() },
      { Authorization: key },
      { Authorization: `Basic ${key}` },
      { Authorization: 'Bearer ' },
    ]) {
      expect([headers, ...(await codesWith(headers))]).toEqual([headers, 'UNAUTHENTICATED']);
    }
    for (const { document } of everyOperation) {
      const { errors, data } = await postGraphql(tendril, document(ids), { key: 'tdl_nobody' });
      expect(errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
      expect(Object.values(data ?? {}).filter((value) => value !== null)).toEqual([]);
    }
  });

  test('that is revoked or has expired opens nothing any more', async () => {
    const revoked = await newKey('READ');
    expect(await codesWith({ 'x-api-key': revoked.key })).toEqual([]);
    await tendril.http().request(RevokeApiKeyDocument, { id: revoked.id });
    expect(await codesWith({ 'x-api-key': revoked.key })).toEqual(['UNAUTHENTICATED']);

    const input = { name: 'short', scopes: ['READ' as const], expiresAt: iso(500) };
    const { createApiKey } = await tendril.http().request(CreateApiKeyDocument, { input });
    await eventually(async () => (await codesWith({ 'x-api-key': createApiKey.key ?? '' })).length > 0);
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(input.expiresAt));
  });

  test('that is revoked in one process is refused in another within seconds', async () => {
    const second = await startTendril({ ...env, ROLE: 'api' });
    const { id, key } = await newKey('READ');
    expect((await postGraphql(second, viewer.query, { key })).errors).toBeUndefined();
    await tendril.http().request(RevokeApiKeyDocument, { id });
    await eventually(async () => (await postGraphql(second, viewer.query, { key })).errors, 5_000);
  });
});

/** The moment that lies so far from now. */
function iso(awayMs: number): string {
  return new Date(Date.now() + awayMs).toISOString();
}

async function newKey(...scopes: ApiKeyScope[]): Promise<{ id: string; key: string }> {
  const { createApiKey } = await tendril
    .http()
    .request(CreateApiKeyDocument, { input: { name: 'test', scopes } });
  expect(createApiKey.userErrors).toEqual([]);
  return { id: createApiKey.apiKey?.id ?? '', key: createApiKey.key ?? '' };
}
