import { createHmac, createPublicKey, verify } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Pool } from 'pg';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import {
  CreateWebhookSubscriptionDocument,
  type CreateWebhookSubscriptionInput,
  DeleteWebhookSubscriptionDocument,
  DeliveriesDocument,
  type DeliveriesQueryVariables,
  type DeliveryFilter,
  type DeliveryStatus,
  EventTypesDocument,
  PublishEventDocument,
  ResendDeliveryDocument,
  UpdateWebhookSubscriptionDocument,
  type UpdateWebhookSubscriptionInput,
  WebhookSubscriptionDocument,
  type WebhookSubscriptionQuery,
} from '../../generated/operations.js';
import { dropOldPartitions } from '../../src/storage/drop-old-partitions.js';
import { eventually } from '../support/eventually.js';
import {
  countDeliveries,
  deliveryIds,
  deliveryOnce,
  expectCountersToFit,
  newEventType,
  publish,
  publishForOne,
  publishMany,
  showDelivery,
  subscribe,
} from '../support/main-operations.js';
import { makeDue } from '../support/make-due.js';
import { postGraphql } from '../support/post-graphql.js';
import { type Answer, type Receiver, startReceiver } from '../support/receiver.js';
import { type Env, freshEnv, startTendril, startTendrilProcess, type Tendril } from '../support/tendril.js';

const schedule = [10, 35, 140, 541, 1426, 3600, 10_800, 21_600, 43_200];
const nobody = 'wsub_01h455vb4pex5vsknk084sn02q';
const https = 'https://shop.example/hooks/payments?source=ivy';

let env: Env;
let tendril: Tendril;
let receiver: Receiver;
let type: string;

beforeAll(async () => {
  env = await freshEnv();
  tendril = await startTendril(env, { stopAfterTest: false });
});

afterAll(() => tendril.stop());

beforeEach(async () => {
  type = await newEventType(tendril);
  receiver = await startReceiver(200);
});

test('IVY-01 MUST: a subscription of an endpoint URL and an array of event names is created, updated and deleted', async () => {
  const { id } = await subscribeIvy({ endpointUrl: https, eventTypes: ['payout.paid', 'refund.failed'] });
  expect(await read(id)).toMatchObject({ endpointUrl: https, eventTypes: ['payout.paid', 'refund.failed'] });
  const changed = await update({ id, endpointUrl: `${https}2`, eventTypes: ['payout.failed'] });
  expect(changed.userErrors).toEqual([]);
  expect(await read(id)).toMatchObject({ endpointUrl: `${https}2`, eventTypes: ['payout.failed'] });
  expect(await remove(id)).toEqual({ deletedId: id, userErrors: [] });
  expect(await read(id)).toBeNull();
});

test('IVY-02 MUST: it reads back id, endpoint_url, event_types, status, description, created_at, updated_at, last_delivery, delivery_count and failure_count', async () => {
  const { id } = await subscribeIvy({ endpointUrl: https, eventTypes: ['payout.*'], description: 'Zoë 🙂' });
  const moment = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  expect(await read(id)).toMatchObject({
    id: expect.stringMatching(/^wsub_[0-7][0-9a-hjkmnp-tv-z]{25}$/),
    endpointUrl: https,
    eventTypes: ['payout.*'],
    status: 'ACTIVE',
    description: 'Zoë 🙂',
    createdAt: moment,
    updatedAt: moment,
    lastDelivery: null,
    deliveryCount: 0,
    failureCount: 0,
    profile: { name: 'IVY' },
  });
});

const full = {
  eventTypes: ['payout.paid', 'refund.*'],
  description: 'before',
  status: 'ACTIVE',
  retryPolicy: { scheduleSeconds: [7, 8] },
  timeoutSeconds: 9,
  headers: [{ name: 'X-Before', value: 'b' }],
  filter: { before: true },
  maxAttemptsPerSecond: 10,
} as const satisfies Partial<CreateWebhookSubscriptionInput>;

test('IVY-03 MUST: an update changes only the fields it is given', async () => {
  const { id } = await subscribeIvy({ endpointUrl: https, ...full } as CreateWebhookSubscriptionInput);
  const changes: [Omit<UpdateWebhookSubscriptionInput, 'id'>, object?][] = [
    [{ endpointUrl: 'https://other.example/' }],
    [{ eventTypes: ['dispute.*'] }],
    [{ description: 'after' }],
    [{ description: '' }],
    [{ status: 'INACTIVE' }],
    [{ status: 'ACTIVE' }],
    [{ retryPolicy: { scheduleSeconds: [1] } }, { retryScheduleSeconds: [1] }],
    [{ timeoutSeconds: 30 }],
    [{ headers: [{ name: 'X-After', value: 'a' }] }],
    [{ filter: { amount: { $gt: 5 } } }],
    [{ maxAttemptsPerSecond: 11 }],
    [{}],
  ];
  let shown = await read(id);
  for (const [change, changed = change] of changes) {
    expect((await update({ id, ...change })).userErrors).toEqual([]);
    const expected = { ...shown, ...changed, updatedAt: expect.any(String) };
    shown = await read(id);
    expect(shown).toEqual(expected);
  }
});

test('IVY-04 MUST: a field that stands in the document, and whose variable is not given, does not change', async () => {
  const { id } = await subscribeIvy({ endpointUrl: https, ...full } as CreateWebhookSubscriptionInput);
  const before = await read(id);
  const query = `mutation ($id: ID!, $url: String, $types: [String!], $text: String, $status: WebhookSubscriptionStatus,
      $retry: RetryPolicyInput, $timeout: Int, $headers: [HttpHeaderInput!], $filter: JSON, $rate: Int) {
    updateWebhookSubscription(input: {id: $id, endpointUrl: $url, eventTypes: $types, description: $text, status: $status,
      retryPolicy: $retry, timeoutSeconds: $timeout, headers: $headers, filter: $filter, maxAttemptsPerSecond: $rate}) {
      userErrors { code }
    }
  }`;
  const { data } = await postGraphql(tendril, query, { variables: { id } });
  expect(data).toEqual({ updateWebhookSubscription: { userErrors: [] } });
  expect(await read(id)).toEqual({ ...before, updatedAt: expect.any(String) });
});

test('IVY-05 SHOULD: null clears what may be empty, and is refused for what may not be', async () => {
  const { id } = await subscribeIvy({ endpointUrl: https, ...full } as CreateWebhookSubscriptionInput);
  const cleared: [keyof UpdateWebhookSubscriptionInput, object][] = [
    ['description', { description: null }],
    ['retryPolicy', { retryScheduleSeconds: schedule }],
    ['timeoutSeconds', { timeoutSeconds: 15 }],
    ['headers', { headers: [] }],
    ['filter', { filter: null }],
    ['maxAttemptsPerSecond', { maxAttemptsPerSecond: null }],
  ];
  let shown = await read(id);
  for (const [field, changed] of cleared) {
    expect((await update({ id, [field]: null })).userErrors).toEqual([]);
    const expected = { ...shown, ...changed, updatedAt: expect.any(String) };
    shown = await read(id);
    expect(shown).toEqual(expected);
  }
  const { subscription, userErrors } = await update({
    id,
    endpointUrl: null,
    eventTypes: null,
    status: null,
  });
  expect(subscription).toBeNull();
  expect(told(userErrors)).toEqual([
    'INVALID_ENDPOINT_URL endpointUrl',
    'INVALID_EVENT_TYPES eventTypes',
    'INVALID_STATUS status',
  ]);
  expect(await read(id)).toEqual(shown);
});

test('IVY-06 SHOULD: everything is checked when it is saved, and all faults are told at once, each with its field', async () => {
  const header = { name: 'X-Many', value: 'v' };
  const wrong = {
    endpointUrl: 'ftp://shop.example',
    eventTypes: ['no.such', 'payout.*', 'nonsense'],
    description: 'd'.repeat(1001),
    status: 'DISABLED' as const,
    retryPolicy: { scheduleSeconds: [0, 1, 604_801] },
    timeoutSeconds: 31,
    headers: [
      { name: 'X-Big', value: 'v'.repeat(4097) },
      { name: 'Webhook-Id', value: '1' },
      ...Array(19).fill(header),
    ],
    filter: { $where: 'true' },
    maxAttemptsPerSecond: 0,
  };
  const faults = [
    'INVALID_ENDPOINT_URL endpointUrl',
    'UNKNOWN_EVENT_TYPE eventTypes.0',
    'INVALID_EVENT_TYPES eventTypes.2',
    'INVALID_STATUS status',
    'INVALID_DESCRIPTION description',
    'INVALID_RETRY_POLICY retryPolicy.scheduleSeconds.0',
    'INVALID_RETRY_POLICY retryPolicy.scheduleSeconds.2',
    'INVALID_TIMEOUT timeoutSeconds',
    'INVALID_ATTEMPT_RATE maxAttemptsPerSecond',
    'INVALID_HEADER headers.0.value',
    'INVALID_HEADER headers.1.name',
    'INVALID_HEADER headers.20.name',
    'INVALID_FILTER filter',
  ];
  const { id } = await subscribeIvy({ endpointUrl: https, eventTypes: ['dispute.*'] });
  const before = await read(id);
  const updated = await update({ id, ...wrong });
  const { createWebhookSubscription: created } = await tendril
    .http()
    .request(CreateWebhookSubscriptionDocument, { input: { ...wrong, profile: 'IVY' } });
  for (const { subscription, userErrors } of [updated, created]) {
    expect(subscription).toBeNull();
    expect(told(userErrors).filter((fault) => !/headers\.(?:[3-9]|1\d)\./.test(fault))).toEqual(faults);
    expect(new Set(userErrors.map((error) => error.type))).toEqual(new Set(['VALIDATION_ERROR']));
  }
  expect(await read(id)).toEqual(before);
  const tooMany = await update({ id, eventTypes: Array.from({ length: 101 }, (_, n) => `group${n}.*`) });
  expect(told(tooMany.userErrors)).toEqual(['INVALID_EVENT_TYPES eventTypes']);
});

test('IVY-07 MUST: the endpoint URL is valid HTTPS, else the error is invalid_endpoint_url, a validation_error', async () => {
  const strict = await startTendril(await freshEnv({ ALLOW_HTTP_ENDPOINTS: 'false', ALLOWED_NETWORKS: '' }));
  const eventTypes = ['payout.paid'];
  const { id } = await subscribe(strict, { endpointUrl: https, eventTypes, profile: 'IVY' });
  for (const endpointUrl of [
    'http://shop.example/hooks',
    'shop.example',
    'https://',
    'https://a b',
    'javascript:1',
    '',
  ]) {
    const input = { endpointUrl, eventTypes, profile: 'IVY' as const };
    const created = await strict.http().request(CreateWebhookSubscriptionDocument, { input });
    const updated = await strict
      .http()
      .request(UpdateWebhookSubscriptionDocument, { input: { id, endpointUrl } });
    for (const { subscription, userErrors } of [
      created.createWebhookSubscription,
      updated.updateWebhookSubscription,
    ]) {
      expect([endpointUrl, subscription]).toEqual([endpointUrl, null]);
      expect(userErrors).toMatchObject([
        { code: 'INVALID_ENDPOINT_URL', type: 'VALIDATION_ERROR', field: ['input', 'endpointUrl'] },
      ]);
    }
  }
});

test('IVY-08 MUST: a status that cannot be set is invalid_status, a validation_error', async () => {
  const { id } = await subscribeIvy({ endpointUrl: https, eventTypes: ['payout.paid'] });
  for (const status of ['DISABLED', 'PENDING_CONFIRMATION'] as const) {
    expect((await update({ id, status })).userErrors).toMatchObject([
      { code: 'INVALID_STATUS', type: 'VALIDATION_ERROR', field: ['input', 'status'] },
    ]);
  }
  expect(await read(id)).toMatchObject({ status: 'ACTIVE' });
});

test('IVY-09 MUST: a subscription that is not there is subscription_not_found, of the type not_found', async () => {
  const { id } = await subscribeIvy({ endpointUrl: https, eventTypes: ['payout.paid'] });
  await remove(id);
  for (const missing of [nobody, id, 'no id']) {
    const notFound = { code: 'SUBSCRIPTION_NOT_FOUND', type: 'NOT_FOUND' };
    expect((await update({ id: missing, description: 'x' })).userErrors).toMatchObject([
      { ...notFound, field: ['input', 'id'] },
    ]);
    expect((await remove(missing)).userErrors).toMatchObject([{ ...notFound, field: ['id'] }]);
  }
});

test('IVY-10 MUST: while INACTIVE it is preserved and not sent to; ACTIVE again, it is sent to', async () => {
  const { id } = await subscribeIvy({ description: 'kept' });
  await update({ id, status: 'INACTIVE' });
  const before = await read(id);
  const skipped = await publishForOne(tendril, type);
  expect(await showDelivery(tendril, skipped)).toMatchObject({
    status: 'SKIPPED',
    skipReason: 'SUBSCRIPTION_INACTIVE',
  });
  expect(await read(id)).toEqual(before);

  await update({ id, status: 'ACTIVE' });
  await deliveryOnce(tendril, await publishForOne(tendril, type), 'DELIVERED');
  expect(receiver.received).toHaveLength(1);
  expect(await showDelivery(tendril, skipped)).toMatchObject({ status: 'SKIPPED', attemptCount: 0 });
});

test('IVY-11 MUST: the API key is taken from the header X-Ivy-Api-Key', async () => {
  const ask = async (headers: Record<string, string>) => {
    const response = await fetch(`${tendril.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ query: '{ viewer { workspace { name } } }' }),
    });
    return response.json();
  };
  expect(await ask({ 'X-Ivy-Api-Key': tendril.key })).toEqual({
    data: { viewer: { workspace: { name: 'default' } } },
  });
  for (const headers of [{ 'X-Ivy-Api-Key': `${tendril.key}x` }, { 'X-Ivy-Api-Key': '' }, {}]) {
    expect(await ask(headers as Record<string, string>)).toMatchObject({
      errors: [{ extensions: { code: 'UNAUTHENTICATED' } }],
    });
  }
});

test('IVY-12 MUST: the event types of checkout sessions, payouts and refunds are in the catalogue, and are sent', async () => {
  const names = [
    'checkout_session.completed',
    'checkout_session.expired',
    'payout.paid',
    'payout.failed',
    'refund.succeeded',
    'refund.failed',
  ];
  const { eventTypes } = await tendril.http().request(EventTypesDocument, { first: 250 });
  expect(eventTypes.nodes.map(({ name }) => name)).toEqual(expect.arrayContaining(names));
  const { id } = await subscribeIvy({ eventTypes: names });
  for (const name of names) await publish(tendril, name);
  const requests = await receiver.waitFor(names.length);
  expect(requests.map(({ body }) => JSON.parse(body).type).sort()).toEqual([...names].sort());
  await remove(id);
});

test('IVY-13 MUST: events are sent by POST to the endpoint URL', async () => {
  await subscribeIvy({ endpointUrl: `${receiver.url}/hooks/ivy?a=b%20c` });
  await publish(tendril, type);
  const [request] = await receiver.waitFor(1);
  expect(request).toMatchObject({ method: 'POST', path: '/hooks/ivy?a=b%20c' });
  expect(request?.headers['content-type']).toBe('application/json');
});

test('IVY-14 SHOULD: the body is compact JSON of id, type, date and payload, in this order, as published', async () => {
  await subscribeIvy({});
  const payload =
    '{"z":"Größe \\"9\\" 🙂","amount":12345678901234567890.10,"tiny":1e-400,"list":[1.0,null,{"é":"/"}],"a":-0}';
  const body = `{"query":"mutation($p: JSON!){publishEvent(input:{type:\\"${type}\\",payload:$p}){event{id createdAt}}}","variables":{"p":${payload}}}`;
  const answer = await fetch(`${tendril.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-ivy-api-key': tendril.key },
    body,
  });
  const { data } = (await answer.json()) as {
    data: { publishEvent: { event: { id: string; createdAt: string } } };
  };
  const { id, createdAt } = data.publishEvent.event;
  const [request] = await receiver.waitFor(1);
  expect(request?.body).toBe(`{"id":"${id}","type":"${type}","date":"${createdAt}","payload":${payload}}`);
});

test('IVY-15 SHOULD: x-ivy-signature is the lower-case hex HMAC-SHA256 of the raw body under the whole secret', async () => {
  const { secret } = await subscribeIvy({});
  await publish(tendril, type, { text: 'Grüße 🙂' });
  const [request] = await receiver.waitFor(1);
  const expected = createHmac('sha256', secret)
    .update(request?.body ?? '', 'utf8')
    .digest('hex');
  expect(request?.headers['x-ivy-signature']).toBe(expected);
});

test('IVY-16 MUST: the Standard Webhooks headers come too, and a stock verifier accepts them', async () => {
  const { secret } = await subscribeIvy({});
  const id = await publish(tendril, type, { n: 1 });
  const [request] = await receiver.waitFor(1);
  const headers = request?.headers as Record<string, string>;
  expect(headers['webhook-id']).toBe(id);
  expect(new Webhook(secret).verify(request?.body ?? '', headers)).toMatchObject({ id, payload: { n: 1 } });
});

test('IVY-17 MUST: success is HTTP 200 and nothing else', async () => {
  receiver.answer(byPath);
  for (const status of [200, 201, 202, 204, 206, 299, 302, 400, 500]) {
    const own = await newEventType(tendril);
    await subscribeIvy({ endpointUrl: `${receiver.url}/${status}`, eventTypes: [own] });
    const id = await publishForOne(tendril, own);
    const { attempts } = await deliveryOnce(tendril, id, status === 200 ? 'DELIVERED' : 'RETRYING');
    expect(attempts).toMatchObject([
      { outcome: status === 200 ? 'SUCCEEDED' : 'REJECTED', response: { statusCode: status } },
    ]);
  }
});

test('IVY-18 MUST: the waits are 140 s after the 2nd retry, 541 s after the 3rd and 1426 s after the 4th', async () => {
  receiver.answer(500);
  await subscribeIvy({});
  const id = await publishForOne(tendril, type);
  expect((await waitsOfAll(id)).slice(2, 5)).toEqual([140, 541, 1426]);
});

test('IVY-19 SHOULD: the nine retries are 10, 35, 140, 541, 1426, 3600, 10800, 21600 and 43200 s apart; then it is FAILED', async () => {
  receiver.answer(201);
  const { id: subscription } = await subscribeIvy({});
  expect(await read(subscription)).toMatchObject({ retryScheduleSeconds: schedule });
  const id = await publishForOne(tendril, type);
  const first = await deliveryOnce(tendril, id, 'RETRYING');
  const planned = first.plannedAttempts.map((moment) => Date.parse(moment));
  expect(planned.slice(1).map((ms, index) => (ms - (planned[index] ?? 0)) / 1000)).toEqual(schedule.slice(1));
  expect(await waitsOfAll(id)).toEqual(schedule);
  expect(await deliveryOnce(tendril, id, 'FAILED')).toMatchObject({
    failureReason: 'RETRIES_EXHAUSTED',
    attemptCount: 10,
    nextAttemptAt: null,
  });
  const bodies = new Set(receiver.received.map(({ body }) => body));
  expect([receiver.received.length, bodies.size]).toEqual([10, 1]);
});

test('IVY-20 MUST: the source addresses are told for an allow list, one set for production and one for the sandbox, and requests come from them', async () => {
  const peers: Record<string, Set<string>> = {};
  receiver.answer(({ path }, _earlier, response) => {
    peers[path] = (peers[path] ?? new Set()).add(response.socket?.remoteAddress ?? '');
    response.writeHead(200, { connection: 'close' }).end();
  });
  const sets = { '/production': ['127.0.0.7', '127.0.0.8'], '/sandbox': ['127.0.0.9'] };
  for (const [path, addresses] of Object.entries(sets)) {
    const one = await startTendril(await freshEnv({ SOURCE_IP_ADDRESSES: addresses.join(',') }));
    const { data } = await postGraphql(one, '{ sourceIpAddresses }');
    expect(data).toEqual({ sourceIpAddresses: addresses });
    const { id } = await subscribe(one, {
      endpointUrl: `${receiver.url}${path}`,
      eventTypes: ['payout.paid'],
      profile: 'IVY',
    });
    await publishMany(one, 'payout.paid', 5);
    await eventually(
      async () => (await deliveryIds(one, { subscriptionIds: [id], statuses: ['DELIVERED'] })).length === 5,
    );
    expect([...(peers[path] ?? [])].filter((peer) => !addresses.includes(peer))).toEqual([]);
    expect(peers[path]?.size).toBeGreaterThan(0);
  }
});

test('IVY-37 SHOULD: a source address that the machine does not have is told in the log, and keeps nothing back', async () => {
  const one = await startTendril(await freshEnv({ SOURCE_IP_ADDRESSES: '192.0.2.77,127.0.0.1' }));
  const warnings = one.log.map((line) => JSON.parse(line)).filter((line) => line.addresses);
  expect(warnings).toMatchObject([{ level: 40, addresses: ['192.0.2.77'] }]);
  await subscribe(one, { endpointUrl: receiver.url, eventTypes: ['payout.paid'], profile: 'IVY' });
  await deliveryOnce(one, await publishForOne(one, 'payout.paid'), 'DELIVERED');
});

test('IVY-21 MUST: local development through a tunnel: any public https name with its own port and path is taken', async () => {
  for (const endpointUrl of [
    'https://a1b2-203-0-113-9.tunnel.example/webhooks',
    'https://dev.tunnel.example:8443/',
  ]) {
    const { id } = await subscribeIvy({ endpointUrl, status: 'INACTIVE' });
    expect(await read(id)).toMatchObject({ endpointUrl });
  }
});

test('IVY-22 MUST: each subscription has its own paginated history, read from either end', async () => {
  const { id } = await subscribeIvy({ status: 'INACTIVE' });
  const { id: other } = await subscribeIvy({ status: 'INACTIVE' });
  const eventIds = await publishMany(tendril, type, 7);
  const read = async (pageAt: (cursor: string | null) => LogAsked, from: 'startCursor' | 'endCursor') => {
    const pages: string[][] = [];
    let cursor: string | null = null;
    do {
      const { totalCount, nodes, pageInfo } = await ownLog(id, pageAt(cursor));
      expect(totalCount).toBe(7);
      pages.push(nodes.map(({ event }) => event.id));
      const hasMore = from === 'endCursor' ? pageInfo.hasNextPage : pageInfo.hasPreviousPage;
      cursor = hasMore ? pageInfo[from] : null;
    } while (cursor !== null);
    return pages;
  };
  const forwards = await read((after) => ({ first: 3, after }), 'endCursor');
  expect(forwards.map(({ length }) => length)).toEqual([3, 3, 1]);
  expect(new Set(forwards.flat())).toEqual(new Set(eventIds));
  const backwards = await read((before) => ({ last: 3, before }), 'startCursor');
  expect(backwards.reverse().flat()).toEqual(forwards.flat());
  expect((await ownLog(other, { first: 10 })).totalCount).toBe(7);
});

test('IVY-23 MUST: an entry shows its status at a glance, its event type and its timestamp', async () => {
  receiver.answer(byPath);
  const { id } = await subscribeIvy({
    endpointUrl: `${receiver.url}/200`,
    retryPolicy: { scheduleSeconds: [] },
  });
  const { event } = await publishShown(type);
  await deliveryOnce(tendril, await onlyDelivery({ subscriptionIds: [id] }), 'DELIVERED');
  await update({ id, endpointUrl: `${receiver.url}/404` });
  await publish(tendril, type);
  await eventually(
    async () => (await deliveryIds(tendril, { subscriptionIds: [id], statuses: ['FAILED'] })).length,
  );
  const { nodes } = await ownLog(id, { first: 10 });
  expect(nodes).toMatchObject([
    { status: 'FAILED', eventType: type },
    { status: 'DELIVERED', eventType: type, createdAt: event?.createdAt },
  ]);
});

test('IVY-24 MUST: an entry opens to the full request and response payloads', async () => {
  receiver.answer((_request, _earlier, response) =>
    response.writeHead(200, { 'X-Answer': 'yes', 'content-type': 'text/plain' }).end('Danke für alles 🙂'),
  );
  await subscribeIvy({ headers: [{ name: 'X-Own', value: 'mine' }] });
  const { attempts } = await deliveryOnce(tendril, await publishForOne(tendril, type, { n: 1 }), 'DELIVERED');
  const [request] = receiver.received;
  const [attempt] = attempts;
  expect(attempt?.request).toMatchObject({ method: 'POST', url: receiver.url, body: request?.body });
  const shown = Object.fromEntries(
    (attempt?.request.headers ?? []).map(({ name, value }) => [name.toLowerCase(), value]),
  );
  for (const name of [
    'webhook-id',
    'webhook-timestamp',
    'webhook-signature',
    'x-ivy-signature',
    'content-type',
    'x-own',
  ]) {
    expect([name, shown[name]]).toEqual([name, request?.headers[name]]);
  }
  expect(attempt?.response).toMatchObject({
    statusCode: 200,
    body: 'Danke für alles 🙂',
    bodyTruncated: false,
  });
  expect(attempt?.response?.headers).toContainEqual({ name: 'X-Answer', value: 'yes' });
});

test('IVY-25 MUST: the logs are filtered and searched by type, status, date, status code and text', async () => {
  receiver.answer((request, _earlier, response) => {
    const status = { 'payout.paid': 200, 'payout.failed': 500, 'refund.failed': 404 }[
      JSON.parse(request.body).type as string
    ];
    response.writeHead(status ?? 200).end();
  });
  const { id } = await subscribeIvy({
    eventTypes: ['payout.*', 'refund.*'],
    retryPolicy: { scheduleSeconds: [] },
  });
  const paid = await publishShown('payout.paid', { to: 'Größe & Söhne' });
  const failed = await publishShown('payout.failed', { to: 'Needle "in" a 100%_\\ haystack' });
  const refund = await publishShown('refund.failed', { amount: 129.95 });
  await eventually(
    async () =>
      (await deliveryIds(tendril, { subscriptionIds: [id], statuses: ['DELIVERED', 'FAILED'] })).length === 3,
  );
  const all = [refund, failed, paid];
  const dlv = (await ownLog(id, { first: 3 })).nodes[0]?.id ?? '';
  const cases: [DeliveryFilter, typeof all][] = [
    [{ eventTypes: ['payout.failed'] }, [failed]],
    [{ eventTypes: ['payout.*'] }, [failed, paid]],
    [{ eventTypes: ['payout.paid', 'refund.*'] }, [refund, paid]],
    [{ eventTypes: ['checkout_session.*'] }, []],
    [{ statuses: ['DELIVERED'] }, [paid]],
    [{ statuses: ['FAILED', 'DELIVERED'] }, all],
    [{ statuses: ['FAILED'], eventTypes: ['payout.*'] }, [failed]],
    [{ createdAfter: failed.event?.createdAt }, [refund, failed]],
    [{ createdBefore: failed.event?.createdAt }, [paid]],
    [{ createdAfter: failed.event?.createdAt, createdBefore: refund.event?.createdAt }, [failed]],
    [{ statusCodeFrom: 200, statusCodeTo: 299 }, [paid]],
    [{ statusCodeFrom: 400 }, [refund, failed]],
    [{ statusCodeFrom: 404, statusCodeTo: 404 }, [refund]],
    [{ search: 'größe & s' }, [paid]],
    [{ search: 'Needle "in" a 100%_\\' }, [failed]],
    [{ search: '129.95' }, [refund]],
    [{ search: receiver.url }, all],
    [{ search: failed.event?.id ?? '' }, [failed]],
    [{ search: dlv }, [refund]],
    [{ search: 'no such text' }, []],
  ];
  for (const [filter, expected] of cases) {
    const { nodes, totalCount } = await ownLog(id, { first: 10, filter });
    const found = nodes.map(({ event }) => event.id);
    expect([filter, found]).toEqual([filter, expected.map(({ event }) => event?.id)]);
    expect(totalCount).toBe(expected.length);
    const everywhere = { ...filter, subscriptionIds: [id] };
    const { deliveries } = await tendril
      .http()
      .request(DeliveriesDocument, { first: 10, filter: everywhere });
    expect(deliveries.nodes.map(({ event }) => event.id)).toEqual(found);
  }
  await remove(id);
});

test('IVY-26 MUST: a large history is gone through in bulk, from either end and back', async () => {
  const { id } = await subscribeIvy({ status: 'INACTIVE' });
  const eventIds = new Set(await publishMany(tendril, type, 1_100));
  const forwards = await walk(id, (cursor) => ({ first: 250, after: cursor }), 'endCursor', 'hasNextPage');
  const backwards = await walk(
    id,
    (cursor) => ({ last: 250, before: cursor }),
    'startCursor',
    'hasPreviousPage',
  );
  expect(forwards.map(({ length }) => length)).toEqual([250, 250, 250, 250, 100]);
  expect(backwards.map(({ length }) => length)).toEqual([250, 250, 250, 250, 100]);
  const newestFirst = forwards.flat();
  expect(backwards.reverse().flat()).toEqual(newestFirst);
  expect(new Set(newestFirst)).toEqual(eventIds);
  const oldestFirst = await walk(
    id,
    (cursor) => ({ first: 250, after: cursor, orderBy: 'OLDEST_FIRST' }),
    'endCursor',
    'hasNextPage',
  );
  expect(oldestFirst.flat().reverse()).toEqual(newestFirst);
});

test('IVY-27 MUST: a delivery is resent by hand once it is DELIVERED, FAILED or SKIPPED, each time as an attempt of its own marked RESEND', async () => {
  const { id: subscription } = await subscribeIvy({ retryPolicy: { scheduleSeconds: [] } });
  const id = await publishForOne(tendril, type);
  await deliveryOnce(tendril, id, 'DELIVERED');
  for (const [answer, status, attemptCount] of [
    [500, 'FAILED', 2],
    [500, 'FAILED', 3],
    [200, 'DELIVERED', 4],
  ] as const) {
    receiver.answer(answer);
    expect((await resend(id)).userErrors).toEqual([]);
    await deliveryOnce(tendril, id, (one) => one.status === status && one.attemptCount === attemptCount);
  }
  const { attempts } = await showDelivery(tendril, id);
  expect(attempts.map(({ number, trigger }) => `${number} ${trigger}`)).toEqual([
    '1 SCHEDULE',
    '2 RESEND',
    '3 RESEND',
    '4 RESEND',
  ]);
  expect(new Set(receiver.received.map(({ headers, body }) => `${headers['webhook-id']} ${body}`)).size).toBe(
    1,
  );

  await update({ id: subscription, status: 'INACTIVE' });
  const skipped = await publishForOne(tendril, type);
  expect((await resend(skipped)).userErrors).toMatchObject([
    { code: 'SUBSCRIPTION_NOT_ACTIVE', type: 'CONFLICT', field: ['id'] },
  ]);
  await update({ id: subscription, status: 'ACTIVE' });
  expect((await resend(skipped)).userErrors).toEqual([]);
  expect((await deliveryOnce(tendril, skipped, 'DELIVERED')).attempts).toMatchObject([
    { number: 1, trigger: 'RESEND' },
  ]);
});

test('IVY-28 MUST: a resend of a RETRYING delivery takes the place of its next attempt', async () => {
  receiver.answer(500);
  await subscribeIvy({});
  const id = await publishForOne(tendril, type);
  await deliveryOnce(tendril, id, 'RETRYING');
  expect((await resend(id)).userErrors).toEqual([]);
  const next = await deliveryOnce(tendril, id, (one) => one.status === 'RETRYING' && one.attemptCount === 2);
  expect(next.attempts.map(({ trigger }) => trigger)).toEqual(['SCHEDULE', 'RESEND']);
  expect(waitAfter(next)).toBe(35);
  expect(next.plannedAttempts).toHaveLength(8);
});

test('IVY-29 MUST: a PENDING delivery is resent by hand too, as its first attempt', async () => {
  const apart = await freshEnv();
  const api = await startTendril({ ...apart, ROLE: 'api' });
  await subscribe(api, { endpointUrl: receiver.url, eventTypes: ['payout.paid'], profile: 'IVY' });
  const id = await publishForOne(api, 'payout.paid');
  expect(await showDelivery(api, id)).toMatchObject({ status: 'PENDING' });
  const { resendDelivery } = await api.http().request(ResendDeliveryDocument, { id });
  expect(resendDelivery).toMatchObject({ delivery: { status: 'PENDING' }, userErrors: [] });
  await startTendril({ ...apart, ROLE: 'worker' });
  const { attempts } = await deliveryOnce(api, id, 'DELIVERED');
  expect(attempts).toMatchObject([{ number: 1, trigger: 'RESEND' }]);
  expect(receiver.received).toHaveLength(1);
});

test('IVY-30 MUST: while a delivery is SENDING a resend answers DELIVERY_IN_PROGRESS, and leads to nothing', async () => {
  const held: ServerResponse[] = [];
  receiver.answer((_request, _earlier, response) => void held.push(response));
  await subscribeIvy({});
  const id = await publishForOne(tendril, type);
  await receiver.waitFor(1);
  expect(await resend(id)).toMatchObject({
    delivery: null,
    userErrors: [{ code: 'DELIVERY_IN_PROGRESS', type: 'CONFLICT', field: ['id'] }],
  });
  for (const response of held) response.writeHead(200).end();
  expect(await deliveryOnce(tendril, id, 'DELIVERED')).toMatchObject({ attemptCount: 1 });
});

test('IVY-31 MUST: what was CANCELED with its subscription is not resent: subscription_not_found', async () => {
  receiver.answer(500);
  const { id: subscription } = await subscribeIvy({});
  const id = await publishForOne(tendril, type);
  await deliveryOnce(tendril, id, 'RETRYING');
  await remove(subscription);
  expect(await deliveryOnce(tendril, id, 'CANCELED')).toMatchObject({ subscription: null });
  expect((await resend(id)).userErrors).toMatchObject([
    { code: 'SUBSCRIPTION_NOT_FOUND', type: 'NOT_FOUND' },
  ]);
  expect(receiver.received).toHaveLength(1);
});

test('IVY-32 MUST: last_delivery, delivery_count and failure_count say what the deliveries say, though two workers share them and one is killed in the middle', async () => {
  const apart = await freshEnv();
  const api = await startTendril({ ...apart, ROLE: 'api' });
  const workers = await Promise.all([1, 2].map(() => startTendrilProcess({ ...apart, ROLE: 'worker' })));
  receiver.answer((request, _earlier, response) => {
    const { n } = JSON.parse(request.body).payload as { n: number };
    // A third arrives, a third is given up after a retry, and a third arrives by it.
    const isSecond = receiver.received.filter(({ body }) => body === request.body).length > 1;
    response.writeHead(n % 3 === 0 || (n % 3 === 1 && isSecond) ? 200 : 500).end();
    if (receiver.received.length === 80) workers[0]?.process.kill('SIGKILL');
  });
  const { id } = await subscribe(api, {
    endpointUrl: receiver.url,
    eventTypes: ['payout.paid'],
    profile: 'IVY',
    retryPolicy: { scheduleSeconds: [1] },
  });
  await publishMany(api, 'payout.paid', 300);
  const countOf = (...statuses: DeliveryStatus[]) =>
    countDeliveries(api, { subscriptionIds: [id], statuses });
  await eventually(async () => (await countOf('DELIVERED', 'FAILED')) === 300, 40_000);
  await eventually(() => workers[0]?.process.signalCode === 'SIGKILL');
  await expectCountsToFit(api, id);

  receiver.answer(200);
  const failed = await deliveryIds(api, { subscriptionIds: [id], statuses: ['FAILED'] });
  expect(failed.length).toBeGreaterThan(60);
  await Promise.all(failed.map((delivery) => api.http().request(ResendDeliveryDocument, { id: delivery })));
  await eventually(async () => (await countOf('DELIVERED')) === 300);
  await expectCountsToFit(api, id);
  const { webhookSubscription } = await api.http().request(WebhookSubscriptionDocument, { id });
  expect(webhookSubscription).toMatchObject({ deliveryCount: 300, failureCount: 0 });
}, 60_000);

test('IVY-33 MUST: a resend moves a delivery from failure_count to delivery_count, and back', async () => {
  const { id: subscription } = await subscribeIvy({ retryPolicy: { scheduleSeconds: [] } });
  receiver.answer(500);
  const id = await publishForOne(tendril, type);
  await deliveryOnce(tendril, id, 'FAILED');
  const counts = async () => {
    const { deliveryCount, failureCount } = (await read(subscription)) ?? {};
    return [deliveryCount, failureCount];
  };
  expect(await counts()).toEqual([0, 1]);
  receiver.answer(200);
  await resend(id);
  await deliveryOnce(tendril, id, 'DELIVERED');
  expect(await counts()).toEqual([1, 0]);
  receiver.answer(500);
  await resend(id);
  await deliveryOnce(tendril, id, 'FAILED');
  expect(await counts()).toEqual([0, 1]);
  await expectCountsToFit(tendril, subscription);
});

test('IVY-34 MUST: retention takes the deliveries away, and lowers neither delivery_count nor failure_count', async () => {
  const apart = await freshEnv();
  const one = await startTendril(apart);
  receiver.answer(byPath);
  const input = {
    eventTypes: ['payout.paid'],
    profile: 'IVY' as const,
    retryPolicy: { scheduleSeconds: [] },
  };
  const { id: good } = await subscribe(one, { ...input, endpointUrl: `${receiver.url}/200` });
  const { id: bad } = await subscribe(one, { ...input, endpointUrl: `${receiver.url}/500` });
  await publishMany(one, 'payout.paid', 5);
  await eventually(async () => (await deliveryIds(one, { statuses: ['DELIVERED', 'FAILED'] })).length === 10);
  const show = (id: string) => one.http().request(WebhookSubscriptionDocument, { id });
  const before = [await show(good), await show(bad)];
  expect(before).toMatchObject([
    { webhookSubscription: { deliveryCount: 5, failureCount: 0 } },
    { webhookSubscription: { deliveryCount: 0, failureCount: 5 } },
  ]);

  const pool = new Pool({ connectionString: apart.DATABASE_URL });
  onTestFinished(() => pool.end());
  // By the second run their attempts are gone too.
  for (let run = 0; run < 2; run += 1) await dropOldPartitions(pool, Date.now() + 40 * 86_400_000, 30);
  expect(await deliveryIds(one, {})).toEqual([]);
  expect([await show(good), await show(bad)]).toMatchObject(
    before.map(({ webhookSubscription }) => ({
      webhookSubscription: { ...webhookSubscription, errorRate: null },
    })),
  );
});

test('IVY-35 SHOULD: 100 event types, 20 headers of 4 KiB and a description of 1000 characters are taken, and the headers are sent', async () => {
  const headers = Array.from({ length: 20 }, (_, n) => ({ name: `X-${n + 10}`, value: 'v'.repeat(4092) }));
  const large = createServer({ maxHeaderSize: 131_072 });
  const received = once(large, 'request');
  await new Promise<void>((resolve) => large.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void large.closeAllConnections());
  onTestFinished(() => void large.close());
  const input = {
    endpointUrl: `http://127.0.0.1:${(large.address() as AddressInfo).port}/`,
    eventTypes: [type, ...Array.from({ length: 99 }, (_, n) => `group${n}.*`)],
    headers,
    description: '🙂'.repeat(1000),
  };
  const { id } = await subscribeIvy(input);
  expect(await read(id)).toMatchObject(input);
  const delivery = await publishForOne(tendril, type);
  const [request, response] = (await received) as [IncomingMessage, ServerResponse];
  for (const { name, value } of headers) expect(request.headers[name.toLowerCase()]).toBe(value);
  response.writeHead(200).end();
  await deliveryOnce(tendril, delivery, 'DELIVERED');
});

test('IVY-36 SHOULD: with ED25519 there is no x-ivy-signature, which a receiver without a secret could not check', async () => {
  const { publicKey } = await subscribeIvy({ signatureScheme: 'ED25519' });
  await publish(tendril, type);
  const [request] = await receiver.waitFor(1);
  expect(request?.headers['x-ivy-signature']).toBeUndefined();
  const {
    'webhook-id': id,
    'webhook-timestamp': at,
    'webhook-signature': signature,
  } = request?.headers ?? {};
  const x = Buffer.from(publicKey.slice('whpk_'.length), 'base64').toString('base64url');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  const content = Buffer.from(`${id}.${at}.${request?.body}`);
  expect(verify(null, content, key, Buffer.from(String(signature).slice('v1a,'.length), 'base64'))).toBe(
    true,
  );
});

const byPath: Answer = ({ path }, _earlier, response) => void response.writeHead(Number(path.slice(1))).end();

function subscribeIvy(input: Partial<CreateWebhookSubscriptionInput>) {
  return subscribe(tendril, { endpointUrl: receiver.url, eventTypes: [type], ...input, profile: 'IVY' });
}

async function read(id: string): Promise<WebhookSubscriptionQuery['webhookSubscription']> {
  return (await tendril.http().request(WebhookSubscriptionDocument, { id })).webhookSubscription;
}

async function update(input: UpdateWebhookSubscriptionInput) {
  return (await tendril.http().request(UpdateWebhookSubscriptionDocument, { input }))
    .updateWebhookSubscription;
}

async function remove(id: string) {
  return (await tendril.http().request(DeleteWebhookSubscriptionDocument, { id })).deleteWebhookSubscription;
}

async function resend(id: string) {
  return (await tendril.http().request(ResendDeliveryDocument, { id })).resendDelivery;
}

function told(errors: readonly { code: string; field?: readonly string[] | null | undefined }[]): string[] {
  return errors.map(({ code, field }) => `${code} ${field?.slice(1).join('.')}`);
}

/** Holds a subscription's counters, and the moment of its last delivery, to what all its deliveries say. */
async function expectCountsToFit(on: Tendril, id: string): Promise<void> {
  await expectCountersToFit(on, id);
  let lastEndMs = 0;
  let after: string | null = null;
  do {
    const query = `query ($after: String, $ids: [ID!]) { deliveries(first: 250, after: $after, filter: { subscriptionIds: $ids }) {
      nodes { attempts { startedAt durationMs } } pageInfo { hasNextPage endCursor } } }`;
    const { data } = await postGraphql(on, query, { variables: { after, ids: [id] } });
    expect(data).toBeDefined();
    const { nodes, pageInfo } = (data as { deliveries: AttemptsPage }).deliveries;
    for (const { startedAt, durationMs } of nodes.flatMap(({ attempts }) => attempts)) {
      lastEndMs = Math.max(lastEndMs, Date.parse(startedAt) + durationMs);
    }
    after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
  } while (after !== null);
  const { webhookSubscription } = await on.http().request(WebhookSubscriptionDocument, { id });
  expect(Date.parse(webhookSubscription?.lastDelivery ?? '')).toBe(lastEndMs);
}

interface AttemptsPage {
  readonly nodes: readonly { attempts: readonly { startedAt: string; durationMs: number }[] }[];
  readonly pageInfo: { hasNextPage: boolean; endCursor: string };
}

/** Publishes an event in a millisecond of its own. */
async function publishShown(eventType: string, payload: unknown = {}) {
  const input = { type: eventType, payload };
  const { publishEvent } = await tendril.http().request(PublishEventDocument, { input });
  await eventually(() => Date.now() > Date.parse(publishEvent.event?.createdAt ?? ''));
  return publishEvent;
}

async function onlyDelivery(filter: DeliveryFilter): Promise<string> {
  const [id = ''] = await deliveryIds(tendril, filter);
  return id;
}

/** Has every attempt of a failing delivery made, and gives the seconds between the end of one and the next. */
async function waitsOfAll(id: string): Promise<number[]> {
  const waits: number[] = [];
  for (let attempt = 1; attempt <= schedule.length; attempt++) {
    const one = await deliveryOnce(tendril, id, (d) => d.status === 'RETRYING' && d.attemptCount === attempt);
    waits.push(waitAfter(one));
    await makeDue(env, id);
  }
  return waits;
}

/** From the end of the last attempt to the next, in seconds: a busy machine may take up to one to judge. */
function waitAfter({ attempts, nextAttemptAt }: Awaited<ReturnType<typeof showDelivery>>): number {
  const last = attempts.at(-1);
  const endedAtMs = Date.parse(last?.startedAt ?? '') + (last?.durationMs ?? 0);
  return Math.floor((Date.parse(nextAttemptAt ?? '') - endedAtMs + 10) / 1000);
}

interface LogPage {
  readonly totalCount: number;
  readonly nodes: readonly {
    id: string;
    status: string;
    eventType: string;
    createdAt: string;
    event: { id: string };
  }[];
  readonly pageInfo: {
    hasNextPage: boolean;
    hasPreviousPage: boolean;
    startCursor: string;
    endCursor: string;
  };
}

type LogAsked = Omit<DeliveriesQueryVariables, 'orderBy'>;

/** A page of one subscription's history, asked of the subscription. */
async function ownLog(id: string, variables: LogAsked): Promise<LogPage> {
  const query = `query ($id: ID!, $first: Int, $after: String, $last: Int, $before: String, $filter: DeliveryFilter) {
    webhookSubscription(id: $id) { deliveries(first: $first, after: $after, last: $last, before: $before, filter: $filter) {
      totalCount nodes { id status eventType createdAt event { id } }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }
  }`;
  const { data, errors } = await postGraphql(tendril, query, { variables: { id, ...variables } });
  expect(errors).toBeUndefined();
  const subscription = data?.webhookSubscription as { deliveries: LogPage } | undefined;
  if (!subscription) throw new Error(`there is no subscription ${id}`);
  return subscription.deliveries;
}

/** Goes through a whole history page by page; gives each page's events. */
async function walk(
  id: string,
  pageAt: (cursor: string | null) => DeliveriesQueryVariables,
  cursorName: 'startCursor' | 'endCursor',
  hasMore: 'hasNextPage' | 'hasPreviousPage',
): Promise<string[][]> {
  const pages: string[][] = [];
  let cursor: string | null = null;
  do {
    const variables: DeliveriesQueryVariables = { ...pageAt(cursor), filter: { subscriptionIds: [id] } };
    const { deliveries } = await tendril.http().request(DeliveriesDocument, variables);
    pages.push(deliveries.nodes.map(({ event }) => event.id));
    cursor = deliveries.pageInfo[hasMore] ? (deliveries.pageInfo[cursorName] ?? null) : null;
  } while (cursor !== null);
  return pages;
}
