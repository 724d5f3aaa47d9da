import { createHmac } from 'node:crypto';
import { Pool } from 'pg';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import {
  CreateEventTypeDocument,
  type CreateWebhookSubscriptionInput,
  DeleteWebhookSubscriptionDocument,
  DeliveriesDocument,
  type DeliveryFilter,
  EventTypesDocument,
  PublishEventDocument,
  type PublishEventMutation,
  ResendDeliveryDocument,
  RotateWebhookSecretDocument,
  ViewerDocument,
  WebhookSubscriptionDocument,
} from '../../generated/operations.js';
import { ensurePartitions } from '../../src/storage/partitions.js';
import { fromTypeId, lowestUuidAt } from '../../src/storage/typeid.js';
import { eventually } from '../support/eventually.js';
import {
  deliveryIds,
  deliveryOnce,
  publishForOne,
  type ShownDelivery,
  subscribe,
} from '../support/main-operations.js';
import { makeDue } from '../support/make-due.js';
import { postGraphql } from '../support/post-graphql.js';
import { type Receiver, startReceiver } from '../support/receiver.js';
import { type Env, freshEnv, startTendril, type Tendril } from '../support/tendril.js';

const schedule = [30, 120, 480];
const dayMs = 86_400_000;
const message = { message_id: 'msg_01', to: 'ada@example.com' };
const sent = { ...message, from: 'shop@example.net', subject: 'Your order' };
const bounce = {
  bounce_type: 'Permanent',
  bounce_subtype: 'General',
  diagnostic_code: 'smtp; 550 5.1.1 unknown',
};
const complaint = { ...message, feedback_type: 'abuse' };
const payloads: Readonly<Record<string, object>> = {
  'email.delivered': sent,
  'email.bounced': { ...message, ...bounce },
  'email.complained': complaint,
  'email.suppressed': { ...sent, reason: 'complained before' },
  'email.failed': { ...sent, reason: 'no such template' },
};

let env: Env;
let tendril: Tendril;
let workspaceId: string;
let receiver: Receiver;

beforeAll(async () => {
  env = await freshEnv();
  tendril = await startTendril(env, { stopAfterTest: false });
  workspaceId = (await tendril.http().request(ViewerDocument)).viewer.workspace.id;
});

afterAll(() => tendril.stop());

beforeEach(async () => {
  receiver = await startReceiver();
});

test('IVYMAIL-01 MUST: the event types are delivered, bounced, complained, suppressed and failed', async () => {
  const { eventTypes } = await tendril.http().request(EventTypesDocument, { group: 'email' });
  expect(eventTypes.nodes.map(({ name }) => name).sort()).toEqual(Object.keys(payloads).sort());
});

test('IVYMAIL-02 MUST: the body of delivered is event, message_id, to, from, subject, timestamp and workspace_id', async () => {
  const { subject, ...others } = sent;
  const { body } = await bodyOf('email.delivered', {
    workspace_id: 'w1',
    timestamp: 1_772_020_800,
    subject,
    ...others,
  });
  expect(body).toBe(
    '{"event":"delivered","message_id":"msg_01","to":"ada@example.com","from":"shop@example.net","subject":"Your order","timestamp":1772020800,"workspace_id":"w1"}',
  );
});

test('IVYMAIL-03 MUST: the body of bounced is event, message_id, to, bounce_type, bounce_subtype, diagnostic_code and timestamp', async () => {
  const { body } = await bodyOf('email.bounced', { timestamp: 1_772_020_800, ...bounce, ...message });
  expect(body).toBe(
    '{"event":"bounced","message_id":"msg_01","to":"ada@example.com","bounce_type":"Permanent","bounce_subtype":"General","diagnostic_code":"smtp; 550 5.1.1 unknown","timestamp":1772020800}',
  );
});

test('IVYMAIL-04 MUST: the body of complained is event, message_id, to, feedback_type and timestamp', async () => {
  const { body } = await bodyOf('email.complained', {
    timestamp: 1_772_020_800,
    feedback_type: 'abuse',
    ...message,
  });
  expect(body).toBe(
    '{"event":"complained","message_id":"msg_01","to":"ada@example.com","feedback_type":"abuse","timestamp":1772020800}',
  );
});

test('IVYMAIL-05 SHOULD: the bodies of suppressed and failed are that of delivered, then reason', async () => {
  for (const name of ['suppressed', 'failed']) {
    const given = { reason: 'r', workspace_id: 'w1', timestamp: 1_772_020_800, ...sent };
    const { body } = await bodyOf(`email.${name}`, given);
    expect(body).toBe(
      `{"event":"${name}","message_id":"msg_01","to":"ada@example.com","from":"shop@example.net","subject":"Your order","timestamp":1772020800,"workspace_id":"w1","reason":"r"}`,
    );
  }
});

test('IVYMAIL-06 SHOULD: timestamp in seconds and workspace_id are added where they lack, in their place; bounced and complained get no workspace_id', async () => {
  for (const [type, payload] of Object.entries(payloads)) {
    const { body, createdAt } = await bodyOf(type, payload);
    const seconds = Math.floor(Date.parse(createdAt) / 1000);
    const { reason, ...rest } = payload as { reason?: string };
    const added = ['email.bounced', 'email.complained'].includes(type)
      ? { timestamp: seconds }
      : { timestamp: seconds, workspace_id: workspaceId };
    expect(body).toBe(
      JSON.stringify({ event: type.slice(6), ...rest, ...added, ...(reason ? { reason } : {}) }),
    );
  }
});

test('IVYMAIL-07 SHOULD: any other fields come last, as published; the body is compact, and its event is the type', async () => {
  const more =
    '"tags":["a",{"b":null}],"campaign":"Frühling 🙂 \\"9\\" /","event":"opened","workspace_id":"w9","__proto__":{"a":1}';
  const { body } = await bodyOfText(
    'email.bounced',
    `{ ${more}, ${JSON.stringify({ ...message, ...bounce, timestamp: 7 }).slice(1)}`,
  );
  expect(body).toBe(
    `{"event":"bounced","message_id":"msg_01","to":"ada@example.com","bounce_type":"Permanent","bounce_subtype":"General","diagnostic_code":"smtp; 550 5.1.1 unknown","timestamp":7,${more.replace('"event":"opened",', '')}}`,
  );
});

test('IVYMAIL-08 SHOULD: numbers keep every digit that was published', async () => {
  const numbers =
    '"timestamp":1772020800.000,"size":12345678901234567890,"score":0.10,"tiny":1e-400,"list":[1.0,-0]';
  const { body } = await bodyOfText(
    'email.complained',
    `{${JSON.stringify(complaint).slice(1, -1)},${numbers}}`,
  );
  expect(body).toBe(`{"event":"complained",${JSON.stringify(complaint).slice(1, -1)},${numbers}}`);
});

test('IVYMAIL-09 SHOULD: a payload that lacks a field, or has one of a wrong type, is INVALID_PAYLOAD, with a JSON pointer to it', async () => {
  for (const [type, payload] of Object.entries(payloads)) {
    expect(await faultsOf(type, payload)).toEqual([]);
    expect(await faultsOf(type, { ...payload, campaign: { id: 5 } })).toEqual([]);
    const optional = type === 'email.bounced' || type === 'email.complained' ? [] : ['workspace_id'];
    for (const field of Object.keys(payload)) {
      const { [field]: _, ...without } = payload as Record<string, unknown>;
      expect([type, await faultsOf(type, without)]).toEqual([type, [`/${field} is required`]]);
    }
    for (const field of [...Object.keys(payload), ...optional]) {
      for (const wrong of [5, null, ['x'], { x: 1 }]) {
        expect(await faultsOf(type, { ...payload, [field]: wrong })).toEqual([`/${field} must be string`]);
      }
    }
    expect(await faultsOf(type, { ...payload, timestamp: true })).toEqual([
      '/timestamp must be number,string',
    ]);
    for (const value of [[], 'text', 7]) expect(await faultsOf(type, value)).toEqual(['/ must be object']);
    expect(await faultsOf(type, {})).toEqual(Object.keys(payload).map((field) => `/${field} is required`));
  }
});

test('IVYMAIL-10 MUST: every 2xx is success, and another status is retried up to three times with exponential backoff; then it is FAILED', async () => {
  await subscribeMail();
  for (const status of [200, 201, 202, 204, 299]) {
    receiver.answer(status);
    const id = await publishForOne(tendril, 'email.complained', complaint);
    expect((await deliveryOnce(tendril, id, 'DELIVERED')).attempts).toMatchObject([
      { response: { statusCode: status } },
    ]);
  }
  for (const status of [302, 404, 503]) {
    receiver.answer(status);
    const id = await publishForOne(tendril, 'email.complained', complaint);
    const waits: number[] = [];
    for (let attempt = 1; attempt <= 3; attempt++) {
      const one = await deliveryOnce(
        tendril,
        id,
        (d) => d.status === 'RETRYING' && d.attemptCount === attempt,
      );
      waits.push(waitAfter(one));
      await makeDue(env, id);
    }
    expect(await deliveryOnce(tendril, id, 'FAILED')).toMatchObject({
      attemptCount: 4,
      failureReason: 'RETRIES_EXHAUSTED',
      nextAttemptAt: null,
    });
    expect([...waits].sort((a, b) => a - b)).toEqual(waits);
    expect((waits[2] ?? 0) / (waits[1] ?? 1)).toBe((waits[1] ?? 0) / (waits[0] ?? 1));
  }
});

test('IVYMAIL-11 SHOULD: the retries are 30, 120 and 480 s apart', async () => {
  await subscribeMail();
  receiver.answer(500);
  const id = await publishForOne(tendril, 'email.complained', complaint);
  const first = await deliveryOnce(tendril, id, 'RETRYING');
  const planned = first.plannedAttempts.map((moment) => Date.parse(moment));
  expect([waitAfter(first), ...planned.slice(1).map((ms, n) => (ms - (planned[n] ?? 0)) / 1000)]).toEqual(
    schedule,
  );
});

test('IVYMAIL-12 MUST: the header x-ivymail-signature can be checked against the webhook secret, also after that was rotated', async () => {
  const { id, secret } = await subscribeMail({ eventTypes: ['email.delivered'] });
  const signatureWith = (key: string, body = '') => createHmac('sha256', key).update(body).digest('hex');
  await publishForOne(tendril, 'email.delivered', sent);
  const [before] = await receiver.waitFor(1);
  expect(before?.headers['x-ivymail-signature']).toBe(signatureWith(secret, before?.body));
  const { rotateWebhookSecret: rotated } = await tendril.http().request(RotateWebhookSecretDocument, { id });
  await publishForOne(tendril, 'email.delivered', sent);
  const [, after] = await receiver.waitFor(2);
  expect(after?.headers['x-ivymail-signature']).toBe(signatureWith(rotated.secret ?? '', after?.body));
});

test('IVYMAIL-20 SHOULD: x-ivymail-signature is the lower-case hex HMAC-SHA256 of the raw body under the whole secret', async () => {
  const { secret } = await subscribeMail({ eventTypes: ['email.delivered'] });
  await publishForOne(tendril, 'email.delivered', { ...sent, subject: 'Grüße 🙂' });
  const [request] = await receiver.waitFor(1);
  const headers = request?.headers as Record<string, string>;
  const expected = createHmac('sha256', secret)
    .update(request?.body ?? '', 'utf8')
    .digest('hex');
  expect(headers['x-ivymail-signature']).toBe(expected);
  expect(new Webhook(secret).verify(request?.body ?? '', headers)).toMatchObject({ event: 'delivered' });
});

test('IVYMAIL-13 MUST: delivery is at least once, and the message_id tells duplicates', async () => {
  receiver.answer((_request, earlier, response) => {
    // The first is taken, and the answer is lost.
    if (earlier === 0) response.destroy();
    else response.writeHead(200).end();
  });
  await subscribeMail();
  const id = await publishForOne(tendril, 'email.delivered', { ...sent, message_id: 'msg_twice' });
  await deliveryOnce(tendril, id, 'RETRYING');
  await makeDue(env, id);
  await deliveryOnce(tendril, id, 'DELIVERED');
  await tendril.http().request(ResendDeliveryDocument, { id });
  await receiver.waitFor(3);
  expect(receiver.received.map(({ body }) => JSON.parse(body).message_id)).toEqual(
    Array(3).fill('msg_twice'),
  );
  expect(new Set(receiver.received.map(({ body }) => body)).size).toBe(1);
});

test('IVYMAIL-14 MUST: the logs show message id, recipient, status, timestamp and error details', async () => {
  receiver.answer((_request, _earlier, response) => response.writeHead(422).end('no such list'));
  const { id } = await subscribeMail({ eventTypes: ['email.bounced'] });
  const delivery = await publishForOne(tendril, 'email.bounced', payloads['email.bounced']);
  await deliveryOnce(tendril, delivery, 'RETRYING');
  const query = `query ($ids: [ID!]) { deliveries(filter: { subscriptionIds: $ids, search: "msg_01" }) {
    nodes { status createdAt event { payload } lastAttempt { error response { statusCode body } } } } }`;
  const { data } = await postGraphql(tendril, query, { variables: { ids: [id] } });
  expect(data).toEqual({
    deliveries: {
      nodes: [
        {
          status: 'RETRYING',
          createdAt: expect.stringMatching(/Z$/),
          event: { payload: expect.objectContaining({ message_id: 'msg_01', to: 'ada@example.com' }) },
          lastAttempt: {
            error: expect.stringContaining('422'),
            response: { statusCode: 422, body: 'no such list' },
          },
        },
      ],
    },
  });
});

test('IVYMAIL-15 MUST: the logs are filtered by type (send, bounce, complaint) and status; send is delivered, suppressed and failed', async () => {
  receiver.answer((request, _earlier, response) =>
    response.writeHead(request.body.includes('"suppressed"') ? 500 : 200).end(),
  );
  const { id } = await subscribeMail({ retryPolicy: { scheduleSeconds: [] } });
  for (const [type, payload] of Object.entries(payloads)) await publishForOne(tendril, type, payload);
  await eventually(
    async () =>
      (await deliveryIds(tendril, { subscriptionIds: [id], statuses: ['DELIVERED', 'FAILED'] })).length === 5,
  );
  const send = ['email.delivered', 'email.suppressed', 'email.failed'];
  expect(await typesIn(id, { eventTypes: send })).toEqual([
    'email.failed',
    'email.suppressed',
    'email.delivered',
  ]);
  expect(await typesIn(id, { eventTypes: ['email.bounced'] })).toEqual(['email.bounced']);
  expect(await typesIn(id, { eventTypes: ['email.complained'] })).toEqual(['email.complained']);
  expect(await typesIn(id, { eventTypes: ['email.*'] })).toHaveLength(5);
  expect(await typesIn(id, { eventTypes: send, statuses: ['FAILED'] })).toEqual(['email.suppressed']);
  expect(await typesIn(id, { eventTypes: send, statuses: ['DELIVERED'] })).toEqual([
    'email.failed',
    'email.delivered',
  ]);
  expect(await typesIn(id, { statuses: ['RETRYING'] })).toEqual([]);
});

test('IVYMAIL-16 MUST: the newest ten of a type are had at once', async () => {
  const { id } = await subscribeMail({ status: 'INACTIVE' });
  const events: string[] = [];
  for (let n = 1; n <= 13; n++) {
    for (const type of ['email.delivered', 'email.bounced', 'email.failed']) {
      const { publishEvent } = await tendril
        .http()
        .request(PublishEventDocument, { input: { type, payload: payloads[type] } });
      if (type !== 'email.bounced') events.unshift(publishEvent.event?.id ?? '');
    }
  }
  const query = `query ($filter: DeliveryFilter) {
    deliveries(first: 10, filter: $filter) { totalCount nodes { event { id } } pageInfo { hasNextPage } } }`;
  const filter = {
    subscriptionIds: [id],
    eventTypes: ['email.delivered', 'email.suppressed', 'email.failed'],
  };
  const { data } = await postGraphql(tendril, query, { variables: { filter } });
  expect(data).toEqual({
    deliveries: {
      totalCount: 26,
      nodes: events.slice(0, 10).map((event) => ({ event: { id: event } })),
      pageInfo: { hasNextPage: true },
    },
  });
});

test('IVYMAIL-17 MUST: the API key is taken from the header x-api-key', async () => {
  const ask = async (key: string) => {
    const response = await fetch(`${tendril.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': key },
      body: JSON.stringify({ query: '{ deliveries(first: 1) { pageInfo { hasPreviousPage } } }' }),
    });
    return response.json();
  };
  expect(await ask(tendril.key)).toEqual({ data: { deliveries: { pageInfo: { hasPreviousPage: false } } } });
  expect(await ask(`${tendril.key}x`)).toMatchObject({
    errors: [{ extensions: { code: 'UNAUTHENTICATED' } }],
  });
});

test("IVYMAIL-18 MUST: the endpoint's error rate can be watched: the share of the last 24 hours' attempts that failed, INTERRUPTED ones left out", async () => {
  const { id } = await subscribeMail({ eventTypes: ['email.complained'] });
  const rate = async () =>
    (await tendril.http().request(WebhookSubscriptionDocument, { id })).webhookSubscription?.errorRate;
  expect(await rate()).toBeNull();
  const attempts: string[] = [];
  for (const [status, expected] of [
    [200, 0],
    [500, 0.5],
    [404, 2 / 3],
    [204, 0.5],
  ] as const) {
    receiver.answer(status);
    const delivery = await publishForOne(tendril, 'email.complained', complaint);
    const one = await deliveryOnce(tendril, delivery, status < 300 ? 'DELIVERED' : 'RETRYING');
    attempts.push(fromTypeId('atm', one.attempts[0]?.id ?? '') ?? '');
    expect(await rate()).toBeCloseTo(expected, 10);
  }
  const pool = new Pool({ connectionString: env.DATABASE_URL });
  onTestFinished(() => pool.end());
  // An attempt's id begins with its moment.
  await ensurePartitions(pool, Date.now() - dayMs);
  const moveTo = (attempt: string | undefined, agoMs: number) =>
    pool.query('UPDATE attempt SET id = $2 WHERE id = $1', [attempt, lowestUuidAt(Date.now() - agoMs)]);
  await moveTo(attempts[0], dayMs - 60_000);
  expect(await rate()).toBe(0.5);
  await moveTo(attempts[3], dayMs + 1_000);
  expect(await rate()).toBeCloseTo(2 / 3, 10);
  await pool.query("UPDATE attempt SET outcome = 'INTERRUPTED' WHERE id = $1", [attempts[1]]);
  expect(await rate()).toBe(0.5);
});

test('IVYMAIL-19 SHOULD: an event of any other type is its name after the first dot, then its payload', async () => {
  for (const [type, payload, body] of [
    ['email.constructor', { b: 1, a: 2 }, '{"event":"constructor","b":1,"a":2}'],
    ['email.opened.again', { message_id: 'm' }, '{"event":"opened.again","message_id":"m"}'],
    ['parcel.failed', { reason: 'r', to: 't' }, '{"event":"failed","reason":"r","to":"t"}'],
    ['parcel.listed', [1, 'two'], '{"event":"listed","payload":[1,"two"]}'],
    ['parcel.weighed', 1.5, '{"event":"weighed","payload":1.5}'],
  ] as const) {
    const input = { name: type, description: 'One of their own.' };
    const { createEventType } = await tendril.http().request(CreateEventTypeDocument, { input });
    expect(createEventType.userErrors).toEqual([]);
    expect((await bodyOf(type, payload)).body).toBe(body);
  }
});

/** Makes a subscription that is deleted at the end of the test, so that no other test's events go to it. */
async function subscribeMail(input: Partial<CreateWebhookSubscriptionInput> = {}) {
  const given = { endpointUrl: receiver.url, eventTypes: ['email.*'], ...input, profile: 'IVYMAIL' as const };
  const made = await subscribe(tendril, given);
  onTestFinished(async () => void (await remove(made.id)));
  return made;
}

async function remove(id: string): Promise<void> {
  await tendril.http().request(DeleteWebhookSubscriptionDocument, { id });
}

async function bodyOf(type: string, payload: unknown) {
  return bodyOfText(type, JSON.stringify(payload));
}

/** Publishes a payload as this very text; gives the body that it led to, and the event's moment. */
async function bodyOfText(type: string, payload: string): Promise<{ body: string; createdAt: string }> {
  const { id } = await subscribeMail({ eventTypes: [type] });
  const query = `mutation ($payload: JSON!) { publishEvent(input: { type: "${type}", payload: $payload }) {
    event { id createdAt } userErrors { message } } }`;
  const response = await fetch(`${tendril.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': tendril.key },
    body: `{"query":${JSON.stringify(query)},"variables":{"payload":${payload}}}`,
  });
  const { data } = (await response.json()) as { data: PublishEventMutation };
  expect(data.publishEvent.userErrors).toEqual([]);
  const event = data.publishEvent.event;
  const request = await eventually(() =>
    receiver.received.find(({ headers }) => headers['webhook-id'] === event?.id),
  );
  await remove(id);
  return { body: request.body, createdAt: event?.createdAt ?? '' };
}

/** Where a payload does not fit, each a JSON pointer and what is wrong there. */
async function faultsOf(type: string, payload: unknown): Promise<string[]> {
  const { publishEvent } = await tendril.http().request(PublishEventDocument, { input: { type, payload } });
  expect(publishEvent.event === null).toBe(publishEvent.userErrors.length > 0);
  return publishEvent.userErrors.map(({ message, ...error }) => {
    expect(error).toMatchObject({
      code: 'INVALID_PAYLOAD',
      type: 'VALIDATION_ERROR',
      field: ['input', 'payload'],
    });
    return message.replace(/^.*?: /, '').replace(/\.$/, '');
  });
}

/** The types of a subscription's deliveries that a filter fits, newest first. */
async function typesIn(id: string, filter: DeliveryFilter): Promise<string[]> {
  const variables = { filter: { ...filter, subscriptionIds: [id] } };
  const { deliveries } = await tendril.http().request(DeliveriesDocument, variables);
  return deliveries.nodes.map(({ eventType }) => eventType);
}

/** From the end of the last attempt to the next, in seconds. */
function waitAfter({ attempts, nextAttemptAt }: ShownDelivery): number {
  const last = attempts.at(-1);
  const endedAtMs = Date.parse(last?.startedAt ?? '') + (last?.durationMs ?? 0);
  return Math.floor((Date.parse(nextAttemptAt ?? '') - endedAtMs + 10) / 1000);
}
