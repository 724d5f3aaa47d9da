import { Client } from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import {
  ConfirmWebhookSubscriptionDocument,
  CreateApiKeyDocument,
  DeleteWebhookSubscriptionDocument,
  type NotificationEndpointInput,
  NotificationEndpointsDocument,
  ResendDeliveryDocument,
  SubscribeToNotificationsDocument,
  UnsubscribeFromNotificationsDocument,
  UpdateWebhookSubscriptionDocument,
  WebhookSubscriptionDocument,
} from '../../generated/operations.js';
import { openDatabase } from '../../src/storage/database.js';
import { fromTypeId } from '../../src/storage/typeid.js';
import { dropOldConfirmations } from '../../src/subscriptions/drop-old-confirmations.js';
import { eventually } from '../support/eventually.js';
import {
  countDeliveries,
  deliveryOnce,
  publish,
  publishForOne,
  showDelivery,
  subscribe,
} from '../support/main-operations.js';
import { postGraphql, respondGraphql } from '../support/post-graphql.js';
import { type Receiver, startReceiver } from '../support/receiver.js';
import { addWorkspace } from '../support/second-workspace.js';
import { isSigned, messageIn, type SnsMessage, stockFault } from '../support/sns-receiver.js';
import { type Env, freshEnv, startTendril, startTendrilProcess, type Tendril } from '../support/tendril.js';
import { startTlsSite, type TlsSite, trustedCertificate } from '../support/tls-site.js';

const certificate = trustedCertificate();
const six = ['COMPANIES', 'CONTACTS', 'CRM', 'PAYMENTS', 'VENUES', 'EVENTS'] as const;
const confirmationKeys = ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'];

let env: Env;
let site: TlsSite;
let server: Tendril;
/** The server with the ADMIN key of a workspace of the test's own. */
let tendril: Tendril;
let receiver: Receiver;

beforeAll(async () => {
  site = await startTlsSite(certificate);
  env = await freshEnv({ PUBLIC_URL: site.url });
  server = await startTendril(env, { stopAfterTest: false });
  site.forwardTo(server.url);
});

afterAll(async () => {
  await server.stop();
  await site.close();
});

beforeEach(async () => {
  tendril = withKey(await addWorkspace(env, 'iVvy'));
  receiver = await startReceiver(200, { certificate });
});

test('IVVY-01 MUST: one request subscribes several notification endpoints, and the answer shows the state of all six', async () => {
  const { endpoints, userErrors } = await subscribeTo(
    { endpoint: 'CRM', url: `${receiver.url}/crm` },
    { endpoint: 'VENUES', url: `${receiver.url}/venues` },
  );
  expect(userErrors).toEqual([]);
  const waiting = (url: string) => ({
    status: 'PENDING_CONFIRMATION',
    url: `${receiver.url}/${url}`,
    subscription: { id: expect.stringMatching(/^wsub_/), status: 'PENDING_CONFIRMATION' },
  });
  const none = { status: 'NOT_SUBSCRIBED', url: null, subscription: null };
  expect(endpoints).toEqual(
    six.map((endpoint) => ({
      endpoint,
      ...(endpoint === 'CRM' ? waiting('crm') : endpoint === 'VENUES' ? waiting('venues') : none),
    })),
  );
  expect(await standing()).toEqual(endpoints);
});

test('IVVY-02 MUST: the URL receives a message with a SubscribeURL, and what to do with it', async () => {
  await subscribeTo({ endpoint: 'CRM', url: `${receiver.url}/crm?from=ivvy` });
  const [request] = await receiver.waitFor(1);
  expect(request).toMatchObject({ method: 'POST', path: '/crm?from=ivvy' });
  const message = messageIn(request ?? { body: '' });
  expect(message.Message).toContain(
    'To confirm the subscription, visit the SubscribeURL included in this message',
  );
  expect(message.SubscribeURL).toBe(`${site.url}/confirm?token=${message.Token}`);
  expect((await visit(message)).status).toBe(200);
  expect((await standing()).find(({ endpoint }) => endpoint === 'CRM')).toMatchObject({
    status: 'CONFIRMED',
    subscription: { status: 'ACTIVE' },
  });
});

test('IVVY-03 MUST: nothing is sent until the SubscribeURL has been visited; SHOULD: what came before is SKIPPED, and can be resent after', async () => {
  await subscribeTo({ endpoint: 'CRM', url: receiver.url });
  const early = await publishForOne(tendril, 'crm.activity_added', { n: 1 });
  expect(await showDelivery(tendril, early)).toMatchObject({
    status: 'SKIPPED',
    skipReason: 'SUBSCRIPTION_UNCONFIRMED',
    attempts: [],
  });
  const { resendDelivery } = await tendril.http().request(ResendDeliveryDocument, { id: early });
  expect(resendDelivery.userErrors).toMatchObject([{ code: 'SUBSCRIPTION_NOT_ACTIVE' }]);
  const [asked] = await receiver.waitFor(1);
  expect((await visit(messageIn(asked ?? { body: '' }))).status).toBe(200);
  await deliveryOnce(tendril, await publishForOne(tendril, 'crm.activity_added', { n: 2 }), 'DELIVERED');
  await tendril.http().request(ResendDeliveryDocument, { id: early });
  await deliveryOnce(tendril, early, 'DELIVERED');
  expect(receiver.received.map((request) => messageIn(request).Type)).toEqual([
    'SubscriptionConfirmation',
    'Notification',
    'Notification',
  ]);
});

test('IVVY-04 SHOULD: GET /confirm confirms at the first visit and answers 200 to later ones too; HEAD confirms nothing', async () => {
  const message = await askedAt('CRM');
  const head = await fetch(message.SubscribeURL ?? '', { method: 'HEAD' });
  expect(head.status).toBe(200);
  expect(await statusOf('CRM')).toBe('PENDING_CONFIRMATION');
  for (let visits = 0; visits < 2; visits++) {
    const page = await visit(message);
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(page.headers.get('cache-control')).toBe('no-store');
    expect(await page.text()).toMatch(/<title>Subscription confirmed<\/title>/);
    expect(await statusOf('CRM')).toBe('CONFIRMED');
  }
});

test('IVVY-05 SHOULD: a link is good for three days; then it answers 410, and still 200 where it has confirmed', async () => {
  const [late, early] = [await askedAt('CRM'), await askedAt('VENUES')];
  expect((await visit(early)).status).toBe(200);
  const [{ days }] = (await sql(
    'SELECT DISTINCT extract(epoch FROM expires_at - created_at)::integer / 86400 AS days FROM confirmation',
  )) as [{ days: number }];
  expect(days).toBe(3);
  await sql('UPDATE confirmation SET expires_at = now() WHERE workspace_id = $1', [await workspaceUuid()]);
  const page = await visit(late);
  expect(page.status).toBe(410);
  expect(await page.text()).toContain('Link expired');
  expect((await fetch(late.SubscribeURL ?? '', { method: 'HEAD' })).status).toBe(410);
  expect(await statusOf('CRM')).toBe('PENDING_CONFIRMATION');
  expect((await visit(early)).status).toBe(200);
});

test('IVVY-06 SHOULD: an unknown token answers 404, whatever it is', async () => {
  for (const query of [
    '',
    '?token=',
    '?token=x',
    '?token=a&token=b',
    '?token[]=a',
    `?token=${'a'.repeat(5000)}`,
    '?token=%00',
    '?token=%ff',
    "?token=';--",
  ]) {
    const page = await fetch(`${site.url}/confirm${query}`);
    expect({ query, status: page.status }).toEqual({ query, status: 404 });
    expect(await page.text()).toContain('Link unknown');
  }
  expect((await fetch(`${site.url}/confirm`, { method: 'HEAD' })).status).toBe(404);
  expect((await fetch(`${site.url}/confirm`, { method: 'POST' })).status).toBe(404);
});

test('IVVY-07 SHOULD: confirmWebhookSubscription takes the token in place of a visit, of its own workspace, while it is good', async () => {
  const { Token: token = '' } = await askedAt('CRM');
  const confirm = async (key?: string) =>
    (await tendril.http(key).request(ConfirmWebhookSubscriptionDocument, { token }))
      .confirmWebhookSubscription;
  const refused = {
    subscription: null,
    userErrors: [{ code: 'INVALID_CONFIRMATION_TOKEN', type: 'VALIDATION_ERROR', field: ['token'] }],
  };
  expect(await confirm(await addWorkspace(env, 'Another'))).toMatchObject(refused);
  expect(await statusOf('CRM')).toBe('PENDING_CONFIRMATION');
  await sql(`UPDATE confirmation SET expires_at = expires_at - interval '3 days' WHERE workspace_id = $1`, [
    await workspaceUuid(),
  ]);
  expect(await confirm()).toMatchObject(refused);
  await sql(`UPDATE confirmation SET expires_at = expires_at + interval '1 day' WHERE workspace_id = $1`, [
    await workspaceUuid(),
  ]);
  for (let times = 0; times < 2; times++) {
    expect(await confirm()).toMatchObject({ subscription: { status: 'ACTIVE' }, userErrors: [] });
  }
  expect(await statusOf('CRM')).toBe('CONFIRMED');
});

test('IVVY-08 MUST: keys without a user and of the primary user may; a key of any other user gets 403', async () => {
  const ask = 'mutation { subscribeToNotifications(endpoints: []) { userErrors { code } } }';
  const end = 'mutation { unsubscribeFromNotifications(endpoints: []) { userErrors { code } } }';
  const keys = [
    { status: 200, key: await keyOf({}) },
    { status: 200, key: await keyOf({ userName: 'Ada', primaryUser: true }) },
    { status: 403, key: await keyOf({ userName: 'Grace' }) },
    { status: 403, key: await keyOf({ userName: 'Grace', scopes: ['ADMIN'] }) },
  ];
  for (const { status, key } of keys) {
    for (const query of [ask, end]) {
      const answer = await respondGraphql(tendril, query, { key });
      expect(answer.status).toBe(status);
      const { errors } = (await answer.json()) as { errors?: { extensions: { code: string } }[] };
      expect(errors?.[0]?.extensions.code).toBe(status === 403 ? 'FORBIDDEN' : undefined);
    }
  }
});

test('IVVY-09 SHOULD: all faults of a request are told at once, each with its field, and nothing is changed', async () => {
  const { endpoints, userErrors } = await subscribeTo(
    { endpoint: 'CRM', url: receiver.url },
    { endpoint: 'VENUES', url: 'ftp://receiver.example' },
    { endpoint: 'CRM', url: `${receiver.url}/again` },
    { endpoint: 'EVENTS', url: '' },
    { endpoint: 'PAYMENTS', url: 'https://10.0.0.1/' },
    { endpoint: 'CONTACTS', url: `https://receiver.example/${'x'.repeat(2083)}` },
    { endpoint: 'COMPANIES', url: `${site.url}/own` },
  );
  expect(userErrors.map(({ code, field }) => ({ code, field }))).toEqual([
    { code: 'INVALID_EVENT_TYPES', field: ['endpoints', '2', 'endpoint'] },
    { code: 'INVALID_ENDPOINT_URL', field: ['endpoints', '1', 'url'] },
    { code: 'INVALID_ENDPOINT_URL', field: ['endpoints', '3', 'url'] },
    { code: 'ENDPOINT_ADDRESS_NOT_ALLOWED', field: ['endpoints', '4', 'url'] },
    { code: 'INVALID_ENDPOINT_URL', field: ['endpoints', '5', 'url'] },
    { code: 'ENDPOINT_ADDRESS_NOT_ALLOWED', field: ['endpoints', '6', 'url'] },
  ]);
  expect(endpoints.map(({ status }) => status)).toEqual(Array(6).fill('NOT_SUBSCRIBED'));
  const twice = await unsubscribeFrom({ endpoint: 'CRM', url: 'x' }, { endpoint: 'CRM', url: 'y' });
  expect(twice).toMatchObject({
    results: [],
    userErrors: [{ code: 'INVALID_EVENT_TYPES', field: ['endpoints', '1', 'endpoint'] }],
  });
  const { errors } = await postGraphql(
    tendril,
    'mutation { subscribeToNotifications(endpoints: [{ endpoint: HOTELS, url: "https://a.example" }]) { userErrors { code } } }',
  );
  expect(errors).toMatchObject([{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }]);
  expect(await countSubscriptions()).toBe(0);
});

test('IVVY-10 MUST: unsubscribing answers for each endpoint: 1 success, 2 not requested, 4 not found, 5 incorrect source, 6 not confirmed', async () => {
  const url = receiver.url;
  await confirmed('CRM');
  await confirmed('EVENTS');
  await askedAt('VENUES');
  await confirmed('PAYMENTS', withKey(await keyOf({})));
  expect(
    await unsubscribeFrom(
      { endpoint: 'CRM', url },
      { endpoint: 'EVENTS', url: `${url}/elsewhere` },
      { endpoint: 'CONTACTS', url: 'not even a URL' },
      { endpoint: 'PAYMENTS', url },
      { endpoint: 'VENUES', url },
    ),
  ).toEqual({
    userErrors: [],
    results: [
      { endpoint: 'COMPANIES', result: 'NOT_REQUESTED', code: 2 },
      { endpoint: 'CONTACTS', result: 'NOT_FOUND', code: 4 },
      { endpoint: 'CRM', result: 'SUCCESS', code: 1 },
      { endpoint: 'PAYMENTS', result: 'INCORRECT_SOURCE', code: 5 },
      { endpoint: 'VENUES', result: 'STATUS_NOT_CONFIRMED', code: 6 },
      { endpoint: 'EVENTS', result: 'NOT_FOUND', code: 4 },
    ],
  });
  expect((await standing()).map(({ status }) => status)).toEqual([
    ...[
      'NOT_SUBSCRIBED',
      'NOT_SUBSCRIBED',
      'NOT_SUBSCRIBED',
      'CONFIRMED',
      'PENDING_CONFIRMATION',
      'CONFIRMED',
    ],
  ]);
  await publish(tendril, 'crm.activity_added');
  await deliveryOnce(tendril, await publishForOne(tendril, 'events.created'), 'DELIVERED');
  expect(await countDeliveries(tendril, { eventTypes: ['crm.*'] })).toBe(0);
});

test('IVVY-11 MUST: what goes wrong with one endpoint is answered with 3, unknown error; SHOULD: the others are unsubscribed all the same', async () => {
  await confirmed('CRM');
  await confirmed('EVENTS');
  await sql(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'a fault of the store'; END $$;
    CREATE TRIGGER refuse BEFORE UPDATE ON webhook_subscription FOR EACH ROW WHEN (OLD.notification_endpoint = 'CRM') EXECUTE FUNCTION refuse()`);
  onTestFinished(async () => void (await sql('DROP FUNCTION refuse CASCADE')));
  const { results } = await unsubscribeFrom(
    { endpoint: 'CRM', url: receiver.url },
    { endpoint: 'EVENTS', url: receiver.url },
  );
  expect(results.filter(({ code }) => code !== 2)).toEqual([
    { endpoint: 'CRM', result: 'UNKNOWN_ERROR', code: 3 },
    { endpoint: 'EVENTS', result: 'SUCCESS', code: 1 },
  ]);
  expect(await statusOf('CRM')).toBe('CONFIRMED');
});

test('IVVY-12 MUST: the stock validator accepts a SubscriptionConfirmation over TLS, and not one that was changed', async () => {
  await subscribeTo({ endpoint: 'CRM', url: receiver.url });
  const [request] = await receiver.waitFor(1);
  const { body = '', headers = {} } = request ?? {};
  const message = messageIn({ body });
  expect(await stockFault(body, site.url)).toBeUndefined();
  expect(await stockFault(body.replace('subscribe to', 'unsubscribe from'), site.url)).toMatch(/invalid/);
  expect(await stockFault(JSON.stringify({ ...message, Token: 'another' }), site.url)).toMatch(/invalid/);
  expect(Object.keys(message).toSorted()).toEqual([
    ...['Message', 'MessageId', 'Signature', 'SignatureVersion', 'SigningCertURL', 'SubscribeURL'],
    ...['Timestamp', 'Token', 'TopicArn', 'Type'],
  ]);
  expect(message).toMatchObject({ Type: 'SubscriptionConfirmation', SignatureVersion: '2' });
  expect(message.TopicArn).toMatch(/^arn:tendril:sns:local:ws_[0-9a-z]{26}:crm$/);
  expect(headers).toMatchObject({
    'content-type': 'text/plain; charset=UTF-8',
    'x-amz-sns-message-type': 'SubscriptionConfirmation',
    'x-amz-sns-message-id': message.MessageId,
    'x-amz-sns-topic-arn': message.TopicArn,
    'webhook-id': message.MessageId,
    'webhook-signature': expect.stringMatching(/^v1,/),
  });
  expect(headers['x-amz-sns-subscription-arn']).toBeUndefined();
});

test('IVVY-13 SHOULD: whoever is unsubscribed gets an UnsubscribeConfirmation, signed, whose link confirms nothing', async () => {
  const { id } = await confirmed('CRM');
  await unsubscribeFrom({ endpoint: 'CRM', url: receiver.url });
  const request = (await receiver.waitFor(2))[1];
  const message = messageIn(request ?? { body: '' });
  expect(message.Type).toBe('UnsubscribeConfirmation');
  const pem = await (await fetch(message.SigningCertURL ?? '')).text();
  expect(isSigned(message, confirmationKeys, pem)).toBe(true);
  expect(isSigned({ ...message, Token: 'another' }, confirmationKeys, pem)).toBe(false);
  expect(request?.headers).toMatchObject({
    'x-amz-sns-message-type': 'UnsubscribeConfirmation',
    'x-amz-sns-message-id': message.MessageId,
    'x-amz-sns-topic-arn': message.TopicArn,
    'x-amz-sns-subscription-arn': `${message.TopicArn}:${id}`,
    'webhook-signature': expect.stringMatching(/^v1,/),
  });
  expect((await visit(message)).status).toBe(410);
  expect(await statusOf('CRM')).toBe('NOT_SUBSCRIBED');
});

test('IVVY-14 SHOULD: a confirmation that fails is sent again by the schedule, the same to the byte, until it is confirmed', async () => {
  receiver.answer(503);
  await subscribeTo({ endpoint: 'CRM', url: receiver.url });
  for (const seconds of [20, 20, 20, 300]) {
    const waits = await eventually(async () => (await pendingConfirmation())?.waits ?? undefined);
    expect(Number(waits)).toSatisfy((waited: number) => waited > seconds - 15 && waited <= seconds);
    await makeConfirmationsDue();
  }
  const requests = await receiver.waitFor(5);
  expect(new Set(requests.map(({ body }) => body)).size).toBe(1);
  expect(new Set(requests.map(({ headers }) => headers['x-amz-sns-message-id'])).size).toBe(1);
  await eventually(pendingConfirmation);
  await visit(messageIn(requests[0] ?? { body: '' }));
  await makeConfirmationsDue();
  await eventually(async () => (await unsentConfirmations()) === 0);
  expect(receiver.received).toHaveLength(5);
});

test('IVVY-15 SHOULD: a confirmation is not sent beyond its schedule, nor once its token has expired, nor for what is no longer wanted', async () => {
  receiver.answer(503);
  await subscribeTo(
    { endpoint: 'CRM', url: receiver.url },
    { endpoint: 'VENUES', url: receiver.url },
    { endpoint: 'EVENTS', url: receiver.url },
  );
  await receiver.waitFor(3);
  await eventually(
    async () =>
      (
        await sql('SELECT FROM confirmation WHERE workspace_id = $1 AND retry_step = 1', [
          await workspaceUuid(),
        ])
      ).length === 3,
  );
  const [crm, venues, events] = await Promise.all(
    (['CRM', 'VENUES', 'EVENTS'] as const).map(async (endpoint) =>
      fromTypeId('wsub', (await subscriptionOf(endpoint)) ?? ''),
    ),
  );
  await sql('UPDATE confirmation SET retry_step = 6 WHERE subscription_id = $1', [crm]);
  await sql('UPDATE confirmation SET expires_at = now() WHERE subscription_id = $1', [venues]);
  await tendril
    .http()
    .request(DeleteWebhookSubscriptionDocument, { id: (await subscriptionOf('EVENTS')) ?? '' });
  expect(events).toBeDefined();
  await makeConfirmationsDue();
  await eventually(async () => (await unsentConfirmations()) === 0);
  expect(receiver.received).toHaveLength(4);
});

test('IVVY-16 SHOULD: a server that is killed right after the answer sends the confirmation after its next start', async () => {
  const own = await freshEnv();
  const plain = await startReceiver(200);
  const api = await startTendrilProcess({ ...own, ROLE: 'api', PUBLIC_URL: 'https://hooks.example' });
  await api
    .http()
    .request(SubscribeToNotificationsDocument, { endpoints: [{ endpoint: 'CRM', url: plain.url }] });
  await api.end('SIGKILL');
  expect(plain.received).toEqual([]);
  await startTendrilProcess(own);
  const [request] = await plain.waitFor(1, 20_000);
  expect(messageIn(request ?? { body: '' }).SubscribeURL).toMatch(
    /^https:\/\/hooks\.example\/confirm\?token=/,
  );
}, 60_000);

test('IVVY-17 SHOULD: another URL has to be confirmed anew, and the link that was sent to the first one ends', async () => {
  const first = await askedAt('CRM');
  const second = await startReceiver(200, { certificate });
  await subscribeTo({ endpoint: 'CRM', url: second.url });
  expect((await visit(first)).status).toBe(410);
  expect(await statusOf('CRM')).toBe('PENDING_CONFIRMATION');
  const [asked] = await second.waitFor(1);
  expect((await visit(messageIn(asked ?? { body: '' }))).status).toBe(200);
  const id = (await subscriptionOf('CRM')) ?? '';
  const change = (endpointUrl: string) =>
    tendril.http().request(UpdateWebhookSubscriptionDocument, { input: { id, endpointUrl } });
  await change(`${second.url}/moved`);
  expect(await statusOf('CRM')).toBe('PENDING_CONFIRMATION');
  expect((await second.waitFor(2))[1]).toMatchObject({ path: '/moved' });
  // Whoever has confirmed before is not asked again.
  await change(second.url);
  expect(await standing()).toContainEqual({
    endpoint: 'CRM',
    status: 'CONFIRMED',
    url: second.url,
    subscription: { id, status: 'ACTIVE' },
  });
});

test('IVVY-18 SHOULD: subscribing again asks again while nobody has confirmed, and changes nothing after', async () => {
  const first = await askedAt('CRM');
  await subscribeTo({ endpoint: 'CRM', url: receiver.url });
  const second = messageIn((await receiver.waitFor(2))[1] ?? { body: '' });
  expect(second.Token).not.toBe(first.Token);
  expect((await visit(first)).status).toBe(200);
  expect((await visit(second)).status).toBe(200);
  const { endpoints } = await subscribeTo({ endpoint: 'CRM', url: receiver.url });
  expect(endpoints[2]).toMatchObject({ status: 'CONFIRMED', subscription: { status: 'ACTIVE' } });
  const other = withKey(await keyOf({}));
  await subscribeBy(other, { endpoint: 'CRM', url: receiver.url });
  const { results } = await unsubscribeFrom({ endpoint: 'CRM', url: receiver.url });
  expect(results[2]).toMatchObject({ result: 'SUCCESS' });
});

test('IVVY-19 SHOULD: createWebhookSubscription by the profile asks for confirmation too, once it is ACTIVE', async () => {
  const endpointUrl = receiver.url;
  const { id } = await subscribe(tendril, {
    endpointUrl,
    eventTypes: ['crm.*', 'payout.paid'],
    profile: 'IVVY',
    status: 'INACTIVE',
  });
  const set = (status: 'ACTIVE' | 'INACTIVE') =>
    tendril.http().request(UpdateWebhookSubscriptionDocument, { input: { id, status } });
  const shown = async () =>
    (await tendril.http().request(WebhookSubscriptionDocument, { id })).webhookSubscription?.status;
  expect(await shown()).toBe('INACTIVE');
  await set('ACTIVE');
  expect(await shown()).toBe('PENDING_CONFIRMATION');
  expect((await set('ACTIVE')).updateWebhookSubscription?.userErrors).toMatchObject([
    { code: 'INVALID_STATUS' },
  ]);
  const [asked] = await receiver.waitFor(1);
  const message = messageIn(asked ?? { body: '' });
  expect(message.TopicArn).toMatch(new RegExp(`:${id}$`));
  await set('INACTIVE');
  expect((await visit(message)).status).toBe(200);
  expect(await shown()).toBe('INACTIVE');
  await set('ACTIVE');
  expect(await shown()).toBe('ACTIVE');
  await deliveryOnce(tendril, await publishForOne(tendril, 'payout.paid'), 'DELIVERED');
  expect((await standing()).map(({ status }) => status)).toEqual(Array(6).fill('NOT_SUBSCRIBED'));
});

test('IVVY-20 SHOULD: who answers 410 to the question is not asked again: DISABLED, and GONE', async () => {
  receiver.answer(410);
  await subscribeTo({ endpoint: 'CRM', url: receiver.url });
  await eventually(async () => (await standing())[2]?.subscription?.status === 'DISABLED');
  expect(await unsentConfirmations()).toBe(0);
  receiver.answer(200);
  await subscribeTo({ endpoint: 'CRM', url: receiver.url });
  expect((await visit(messageIn((await receiver.waitFor(2))[1] ?? { body: '' }))).status).toBe(200);
  expect(await statusOf('CRM')).toBe('CONFIRMED');
});

test('IVVY-21 SHOULD: a token is 256 random bits, and is nowhere in the database or the log', async () => {
  receiver.answer(503);
  await subscribeTo({ endpoint: 'CRM', url: receiver.url });
  const { Token: token = '' } = messageIn((await receiver.waitFor(1))[0] ?? { body: '' });
  expect(Buffer.from(token, 'base64url')).toHaveLength(32);
  await eventually(pendingConfirmation);
  const rows = JSON.stringify(
    await sql('SELECT *, encode(request, $1) AS text FROM confirmation', ['escape']),
  );
  expect(rows).toContain('SubscriptionConfirmation');
  expect(rows + server.log.join()).not.toContain(token);
});

test('IVVY-22 SHOULD: a link that expired a month ago is forgotten, with what it was for', async () => {
  const [old, recent] = [await askedAt('CRM'), await askedAt('VENUES')];
  await sql(`UPDATE confirmation SET expires_at = now() - interval '30 days' WHERE subscription_id = $1`, [
    fromTypeId('wsub', (await subscriptionOf('CRM')) ?? ''),
  ]);
  const database = await openDatabase(env.DATABASE_URL ?? '', [], pino({ level: 'silent' }));
  await dropOldConfirmations(database);
  await database.close();
  expect((await visit(old)).status).toBe(404);
  expect((await visit(recent)).status).toBe(200);
});

function withKey(key: string): Tendril {
  return { ...server, key, http: (given = key) => server.http(given) };
}

async function subscribeTo(...endpoints: NotificationEndpointInput[]) {
  return subscribeBy(tendril, ...endpoints);
}

async function subscribeBy(by: Tendril, ...endpoints: NotificationEndpointInput[]) {
  return (await by.http().request(SubscribeToNotificationsDocument, { endpoints })).subscribeToNotifications;
}

async function unsubscribeFrom(...endpoints: NotificationEndpointInput[]) {
  return (await tendril.http().request(UnsubscribeFromNotificationsDocument, { endpoints }))
    .unsubscribeFromNotifications;
}

/** Subscribes an endpoint at the receiver's URL; gives the message that it gets. */
async function askedAt(endpoint: (typeof six)[number], by = tendril): Promise<SnsMessage> {
  await subscribeBy(by, { endpoint, url: receiver.url });
  const found = await eventually(() =>
    receiver.received
      .map(messageIn)
      .find(
        ({ Type, TopicArn }) =>
          Type === 'SubscriptionConfirmation' && TopicArn?.endsWith(`:${endpoint.toLowerCase()}`),
      ),
  );
  return found;
}

/** Subscribes an endpoint, and confirms it. */
async function confirmed(endpoint: (typeof six)[number], by = tendril): Promise<{ id: string }> {
  expect((await visit(await askedAt(endpoint, by))).status).toBe(200);
  return { id: (await subscriptionOf(endpoint)) ?? '' };
}

function visit({ SubscribeURL }: SnsMessage): Promise<Response> {
  return fetch(SubscribeURL ?? '');
}

async function standing() {
  return (await tendril.http().request(NotificationEndpointsDocument)).notificationEndpoints;
}

async function statusOf(endpoint: (typeof six)[number]) {
  return (await standing()).find((one) => one.endpoint === endpoint)?.status;
}

async function subscriptionOf(endpoint: (typeof six)[number]) {
  return (await standing()).find((one) => one.endpoint === endpoint)?.subscription?.id;
}

async function keyOf(of: { userName?: string; primaryUser?: boolean; scopes?: ('MANAGE' | 'ADMIN')[] }) {
  const input = { name: 'A key', scopes: of.scopes ?? (['MANAGE'] as const), ...of };
  const { createApiKey } = await tendril
    .http()
    .request(CreateApiKeyDocument, { input: { ...input, scopes: [...input.scopes] } });
  expect(createApiKey.userErrors).toEqual([]);
  return createApiKey.key ?? '';
}

async function countSubscriptions(): Promise<number> {
  return (await sql('SELECT FROM webhook_subscription WHERE workspace_id = $1', [await workspaceUuid()]))
    .length;
}

/** The confirmation that waits for its next attempt, once the last one is on record. */
async function pendingConfirmation(): Promise<{ waits: string } | undefined> {
  const [row] = await sql<{ waits: string }>(
    `SELECT extract(epoch FROM next_attempt_at - now()) AS waits FROM confirmation
     WHERE workspace_id = $1 AND request IS NOT NULL AND retry_step = attempt_count AND next_attempt_at > now()`,
    [await workspaceUuid()],
  );
  return row;
}

async function unsentConfirmations(): Promise<number> {
  const rows = await sql('SELECT FROM confirmation WHERE workspace_id = $1 AND request IS NOT NULL', [
    await workspaceUuid(),
  ]);
  return rows.length;
}

/** Moves the clock on to the next attempt of every confirmation of the workspace. */
async function makeConfirmationsDue(): Promise<void> {
  await sql('UPDATE confirmation SET next_attempt_at = now() WHERE workspace_id = $1', [
    await workspaceUuid(),
  ]);
  await sql(`SELECT pg_notify('confirmations_due', '')`);
}

async function workspaceUuid(): Promise<string> {
  const { viewer } = await tendril
    .http()
    .request<{ viewer: { workspace: { id: string } } }>('{ viewer { workspace { id } } }');
  return fromTypeId('ws', viewer.workspace.id) ?? '';
}

async function sql<Row>(statement: string, values?: unknown[]): Promise<Row[]> {
  const client = new Client({ connectionString: env.DATABASE_URL });
  await client.connect();
  try {
    return (await client.query(statement, values)).rows as Row[];
  } finally {
    await client.end();
  }
}
