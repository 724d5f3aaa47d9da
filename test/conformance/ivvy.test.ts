import { createPrivateKey, X509Certificate } from 'node:crypto';
import { Client } from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import {
  DeleteWebhookSubscriptionDocument,
  NotificationEndpointsDocument,
  ResendDeliveryDocument,
  RotateWebhookSecretDocument,
  SubscribeToNotificationsDocument,
  UpdateWebhookSubscriptionDocument,
} from '../../generated/operations.js';
import { rotateCertificate } from '../../src/certificates/rotate-certificate.js';
import { openDatabase } from '../../src/storage/database.js';
import { createEncryption } from '../../src/storage/encryption.js';
import { fromTypeId } from '../../src/storage/typeid.js';
import { eventually } from '../support/eventually.js';
import { followUpdates } from '../support/follow-updates.js';
import {
  deliveryIds,
  deliveryOnce,
  publish,
  publishForOne,
  showDelivery,
  subscribe,
} from '../support/main-operations.js';
import { makeDue } from '../support/make-due.js';
import { type Receiver, startReceiver } from '../support/receiver.js';
import { addWorkspace } from '../support/second-workspace.js';
import { isSigned, messageIn, type SnsMessage, stockFault } from '../support/sns-receiver.js';
import { type Env, freshEnv, startTendril, startTendrilProcess, type Tendril } from '../support/tendril.js';
import { startTlsSite, type TlsSite, trustedCertificate } from '../support/tls-site.js';
import { verifies } from '../support/verify-signature.js';

const certificate = trustedCertificate();
const notificationKeys = ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'];
const innerKeys = [
  'AccountId',
  'Body',
  'Region',
  'SourceInfo',
  'SourceType',
  'Subject',
  'Timestamp',
  'TxnId',
];

let env: Env;
let site: TlsSite;
let server: Tendril;
/** The server with the ADMIN key of a workspace of the test's own. */
let tendril: Tendril;
let receiver: Receiver;

beforeAll(async () => {
  site = await startTlsSite(certificate);
  env = await freshEnv({ PUBLIC_URL: site.url, REGION: 'eu-west-1' });
  server = await startTendril(env, { stopAfterTest: false });
  site.forwardTo(server.url);
});

afterAll(async () => {
  await server.stop();
  await site.close();
});

beforeEach(async () => {
  const key = await addWorkspace(env, 'iVvy');
  tendril = { ...server, key, http: (given = key) => server.http(given) };
  receiver = await startReceiver(200, { certificate });
});

test('IVVY-31 MUST: the stock validator accepts a Notification over TLS, and not one that was changed', async () => {
  await confirmed('CRM');
  const { body } = await notified('crm.activity_added', { text: 'Grüße \u{1F30D}', amount: 12.5 });
  expect(await stockFault(body, site.url)).toBeUndefined();
  for (const key of notificationKeys.filter((one) => one !== 'Type')) {
    const changed = JSON.stringify({ ...messageIn({ body }), [key]: 'another' });
    expect({ key, fault: await stockFault(changed, site.url) }).toEqual({
      key,
      fault: 'The message signature is invalid.',
    });
  }
});

test('IVVY-32 SHOULD: the envelope is exactly that of SNS, its Subject the event type, SignatureVersion 2, its URLs below PUBLIC_URL', async () => {
  await confirmed('CRM');
  const message = messageIn(await notified('crm.activity_added'));
  expect(Object.keys(message).toSorted()).toEqual([
    ...['Message', 'MessageId', 'Signature', 'SignatureVersion', 'SigningCertURL', 'Subject'],
    ...['Timestamp', 'TopicArn', 'Type', 'UnsubscribeURL'],
  ]);
  expect(message).toMatchObject({
    Type: 'Notification',
    Subject: 'crm.activity_added',
    SignatureVersion: '2',
    MessageId: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
    Timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
  });
  for (const url of [message.SigningCertURL, message.UnsubscribeURL]) {
    expect(url?.startsWith(`${site.url}/`)).toBe(true);
    expect((await fetch(url ?? '')).status).toBe(200);
  }
});

test('IVVY-33 SHOULD: the headers are those of SNS, and a body of text/plain in UTF-8', async () => {
  const id = await confirmed('CRM');
  const { headers, body } = await notified('crm.activity_added');
  const { MessageId, TopicArn } = messageIn({ body });
  expect(headers).toMatchObject({
    'content-type': 'text/plain; charset=UTF-8',
    'x-amz-sns-message-type': 'Notification',
    'x-amz-sns-message-id': MessageId,
    'x-amz-sns-topic-arn': TopicArn,
    'x-amz-sns-subscription-arn': `${TopicArn}:${id}`,
  });
});

test('IVVY-34 SHOULD: TopicArn is arn:tendril:sns, the region, the workspace, the endpoint', async () => {
  await confirmed('CRM');
  const { TopicArn } = messageIn(await notified('crm.activity_added'));
  expect(TopicArn).toBe(`arn:tendril:sns:eu-west-1:${await workspaceId()}:crm`);
});

test('IVVY-35 MUST: the Message holds AccountId, Subject, Body, Region, Signature, SigningPublicKeyPath, SourceInfo, SourceType, Timestamp and TxnId', async () => {
  await confirmed('CRM');
  const request = await notified('crm.activity_added', { n: 1 });
  const inner = innerOf(request);
  expect(inner).toEqual({
    AccountId: await workspaceId(),
    Subject: 'crm.activity_added',
    Body: '{"n":1}',
    Region: 'eu-west-1',
    Signature: expect.stringMatching(/^[A-Za-z0-9+/]{342}==$/),
    SigningPublicKeyPath: new URL(messageIn(request).SigningCertURL ?? '').pathname,
    SourceInfo: expect.any(String),
    SourceType: 1,
    Timestamp: expect.stringMatching(/Z$/),
    TxnId: request.headers['webhook-id'],
  });
});

test('IVVY-36 MUST: the Message has a signature of its own, by the certificate at SigningPublicKeyPath', async () => {
  await confirmed('CRM');
  const inner = innerOf(await notified('crm.activity_added', { text: 'line\nbreak' }));
  const pem = await (await fetch(`${site.url}${inner.SigningPublicKeyPath}`)).text();
  expect(isSigned(inner, innerKeys, pem)).toBe(true);
  for (const key of innerKeys) {
    expect({ key, isSigned: isSigned({ ...inner, [key]: 'another' }, innerKeys, pem) }).toEqual({
      key,
      isSigned: false,
    });
  }
});

test('IVVY-37 MUST: SourceType is 1 for the API, and SourceInfo is JSON that tells its key: SHOULD: by its id', async () => {
  await confirmed('CRM');
  const { viewer } = await tendril
    .http()
    .request<{ viewer: { apiKey: { id: string } } }>('{ viewer { apiKey { id } } }');
  const inner = innerOf(await notified('crm.activity_added'));
  expect(inner.SourceType).toBe(1);
  expect(JSON.parse(inner.SourceInfo ?? '')).toEqual({ ApiKey: viewer.apiKey.id });
});

test('IVVY-38 SHOULD: Body is the payload as JSON text, every digit as it was published', async () => {
  await confirmed('CRM');
  const payload = '{"id":12345678901234567890,"price":1.10,"text":"Grüße \\"\\\\ \u{1F30D}"}';
  const answer = await fetch(`${tendril.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': tendril.key },
    body: `{"query":"mutation ($payload: JSON!) { publishEvent(input: { type: \\"crm.activity_added\\", payload: $payload }) { event { id } } }","variables":{"payload":${payload}}}`,
  });
  expect(answer.status).toBe(200);
  const request = await eventually(() => notifications()[0]);
  expect(innerOf(request).Body).toBe(payload);
  expect(await stockFault(request.body, site.url)).toBeUndefined();
});

test('IVVY-39 MUST: MessageId and body are the same on every attempt, and so they stand in the logs; webhook-timestamp and webhook-signature are new', async () => {
  await confirmed('CRM');
  receiver.answer(500);
  const id = await publishForOne(tendril, 'crm.activity_added', { n: 1 });
  await deliveryOnce(tendril, id, 'RETRYING');
  // Not even a certificate that is rotated in between changes what is sent.
  await rotate();
  receiver.answer(200);
  await eventually(
    () =>
      Date.now() % 1000 > 0 &&
      Date.now() / 1000 >= Number(notifications()[0]?.headers['webhook-timestamp']) + 1,
  );
  await makeDue(env, id);
  const { attempts } = await deliveryOnce(tendril, id, 'DELIVERED');
  const [first, second] = notifications();
  expect(second?.body).toBe(first?.body);
  expect(second?.headers['x-amz-sns-message-id']).toBe(first?.headers['x-amz-sns-message-id']);
  expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
  expect(second?.headers['webhook-timestamp']).not.toBe(first?.headers['webhook-timestamp']);
  expect(second?.headers['webhook-signature']).not.toBe(first?.headers['webhook-signature']);
  expect(attempts.map(({ request }) => request.body)).toEqual([first?.body, first?.body]);
  expect(await stockFault(second?.body ?? '', site.url)).toBeUndefined();
});

test('IVVY-40 MUST: the Standard Webhooks headers are sent too; SHOULD: the secret is had by rotating it', async () => {
  const id = await confirmed('CRM');
  const { rotateWebhookSecret } = await tendril
    .http()
    .request(RotateWebhookSecretDocument, { id, gracePeriodSeconds: 0 });
  const secret = rotateWebhookSecret.secret ?? '';
  expect(verifies(secret, await notified('crm.activity_added'))).toBe(true);
  const [asked] = receiver.received;
  expect(asked && verifies(secret, asked)).toBe(false);
  await subscribeTo('EVENTS');
  const { rotateWebhookSecret: another } = await tendril
    .http()
    .request(RotateWebhookSecretDocument, { id: await subscriptionOf('EVENTS') });
  await tendril.http().request(UpdateWebhookSubscriptionDocument, {
    input: { id: await subscriptionOf('EVENTS'), endpointUrl: `${receiver.url}/moved` },
  });
  const moved = await eventually(() => receiver.received.find(({ path }) => path === '/moved'));
  expect(verifies(another.secret ?? '', moved)).toBe(true);
});

test('IVVY-41 SHOULD: each endpoint gets the event types of its group, and nothing else', async () => {
  const types = {
    COMPANIES: 'companies.created',
    CONTACTS: 'contacts.note_added',
    CRM: 'crm.activity_added',
    PAYMENTS: 'payments.received',
    VENUES: 'venues.booking_created',
    EVENTS: 'events.created',
  } as const;
  for (const endpoint of Object.keys(types)) await confirmed(endpoint as keyof typeof types);
  for (const type of [...Object.values(types), 'payout.paid', 'contacts.note_updated'])
    await publish(tendril, type);
  await eventually(() => notifications().length === 7);
  const seen = notifications().map((request) => `${request.path} ${messageIn(request).Subject}`);
  const expected = Object.entries(types).map(([endpoint, type]) => `/${endpoint} ${type}`);
  expect(seen.toSorted()).toEqual([...expected, '/CONTACTS contacts.note_updated'].toSorted());
});

test('IVVY-42 SHOULD: success is 2xx; what fails is tried again after 20, 20, 20, 300, 1200 and 3600 s', async () => {
  await confirmed('CRM');
  for (const status of [201, 299]) {
    receiver.answer(status);
    await deliveryOnce(tendril, await publishForOne(tendril, 'crm.activity_added'), 'DELIVERED');
  }
  receiver.answer(302);
  const id = await publishForOne(tendril, 'crm.activity_added');
  for (const [index, seconds] of [20, 20, 20, 300, 1200, 3600].entries()) {
    const { nextAttemptAt, attempts } = await deliveryOnce(
      tendril,
      id,
      (one) => one.status === 'RETRYING' && one.attempts.length === index + 1,
    );
    const last = attempts.at(-1);
    const endedAt = Date.parse(last?.startedAt ?? '') + (last?.durationMs ?? 0);
    const waits = (Date.parse(nextAttemptAt ?? '') - endedAt) / 1000;
    expect({ seconds, waits }).toSatisfy(() => waits > seconds - 0.1 && waits < seconds + 10);
    await makeDue(env, id);
  }
  expect(await deliveryOnce(tendril, id, 'FAILED')).toMatchObject({ failureReason: 'RETRIES_EXHAUSTED' });
});

test('IVVY-43 SHOULD: the certificate is an X.509 over an RSA key of 2048 bits, valid now and for years, and served with a type of its own', async () => {
  await confirmed('CRM');
  const { SigningCertURL = '' } = messageIn(await notified('crm.activity_added'));
  expect(SigningCertURL).toMatch(/\/certificates\/[^/]+\.pem$/);
  const answer = await fetch(SigningCertURL);
  expect(answer.headers.get('content-type')).toBe('application/x-pem-file');
  const x509 = new X509Certificate(await answer.text());
  expect(x509.publicKey.asymmetricKeyDetails?.modulusLength).toBe(2048);
  expect(x509.verify(x509.publicKey)).toBe(true);
  expect(x509.validFromDate.getTime()).toBeLessThan(Date.now());
  expect(x509.validToDate.getTime()).toBeGreaterThan(Date.now() + 5 * 365 * 86_400_000);
  for (const name of [
    'x.pem',
    '00000000-0000-0000-0000-000000000000.pem',
    'x',
    '..%2fx.pem',
    `${'a'.repeat(60)}.pem`,
    '%00.pem',
  ]) {
    const none = await fetch(`${site.url}/certificates/${name}`);
    expect({ name, status: none.status }).toEqual({ name, status: 404 });
  }
});

test('IVVY-44 SHOULD: after a rotation messages are signed by a new certificate; the old one is still readable, its key is gone', async () => {
  await confirmed('CRM');
  const before = await notified('crm.activity_added');
  const newId = await rotate();
  const after = await eventually(async () => {
    const request = await notified('crm.activity_added');
    return messageIn(request).SigningCertURL === messageIn(before).SigningCertURL ? undefined : request;
  }, 20_000);
  expect(messageIn(after).SigningCertURL).toBe(`${site.url}/certificates/${newId}.pem`);
  expect(await stockFault(after.body, site.url)).toBeUndefined();
  const inner = innerOf(before);
  const old = await fetch(`${site.url}${inner.SigningPublicKeyPath}`);
  expect(old.status).toBe(200);
  expect(isSigned(inner, innerKeys, await old.text())).toBe(true);
  const keys = await sql<{ key: Buffer | null }>('SELECT private_key AS key FROM certificate ORDER BY id');
  expect(keys.map(({ key }) => key !== null)).toEqual([...Array(keys.length - 1).fill(false), true]);
});

test('IVVY-45 SHOULD: the signing key is made once, whoever asks first, and is kept encrypted', async () => {
  const own = await freshEnv();
  const plain = await startReceiver();
  const servers = [await startTendril(own), await startTendril(own)];
  await Promise.all(
    servers.map((one, index) =>
      one.http().request(SubscribeToNotificationsDocument, {
        endpoints: [{ endpoint: index === 0 ? 'CRM' : 'EVENTS', url: plain.url }],
      }),
    ),
  );
  const messages = (await plain.waitFor(2)).map(messageIn);
  const paths = messages.map(({ SigningCertURL = '' }) => new URL(SigningCertURL).pathname);
  expect(paths[0]).toBe(paths[1]);
  const [{ key }] = (await sql<{ key: Buffer }>('SELECT private_key AS key FROM certificate', [], own)) as [
    { key: Buffer },
  ];
  expect(key.toString('latin1')).not.toContain('PRIVATE KEY');
  expect(() => createPrivateKey({ key, format: 'der', type: 'pkcs8' })).toThrow();
  // Without PUBLIC_URL they begin with the address of the server that made them.
  const begins = messages.map(({ SubscribeURL = '' }) => new URL(SubscribeURL).origin);
  expect(begins.toSorted()).toEqual(servers.map(({ url }) => url).toSorted());
  expect((await fetch(messages[0]?.SigningCertURL ?? '')).status).toBe(200);
});

test('IVVY-46 SHOULD: while the signing key cannot be read, notifications wait, others are delivered, and a rotation mends it', async () => {
  const own = await freshEnv();
  const plain = await startReceiver();
  const before = await startTendril(own);
  await before
    .http()
    .request(SubscribeToNotificationsDocument, { endpoints: [{ endpoint: 'CRM', url: `${plain.url}/crm` }] });
  const message = messageIn((await plain.waitFor(1))[0] ?? { body: '' });
  expect((await fetch(message.SubscribeURL ?? '')).status).toBe(200);
  const id = await subscriptionOf('CRM', before);
  const lost = await sql<{ id: string }>(
    `UPDATE certificate SET private_key = '\\x01' RETURNING id`,
    [],
    own,
  );
  expect(lost).toHaveLength(1);
  await before.stop();
  const after = await startTendril(own);
  await subscribe(after, { endpointUrl: `${plain.url}/other`, eventTypes: ['crm.*'] });
  await publish(after, 'crm.activity_added');
  await eventually(() => plain.received.some(({ path }) => path === '/other'));
  await eventually(() => after.log.some((line) => line.includes('a message could not be signed')));
  const find = async () => (await deliveryIds(after, { subscriptionIds: [id], statuses: ['PENDING'] }))[0];
  const waiting = await eventually(find);
  await rotate(own);
  await eventually(async () => {
    await makeDue(own, waiting);
    return (await showDelivery(after, waiting)).status === 'DELIVERED';
  }, 20_000);
});

test('IVVY-47 SHOULD: such a subscription can be paused, resent to and deleted like any other', async () => {
  const id = await confirmed('CRM');
  const delivered = await publishForOne(tendril, 'crm.activity_added');
  await deliveryOnce(tendril, delivered, 'DELIVERED');
  await tendril.http().request(ResendDeliveryDocument, { id: delivered });
  await eventually(() => notifications().length === 2);
  expect(notifications()[1]?.body).toBe(notifications()[0]?.body);
  const set = (status: 'ACTIVE' | 'INACTIVE') =>
    tendril.http().request(UpdateWebhookSubscriptionDocument, { input: { id, status } });
  await set('INACTIVE');
  const skipped = await publishForOne(tendril, 'crm.activity_added');
  expect(await showDelivery(tendril, skipped)).toMatchObject({ skipReason: 'SUBSCRIPTION_INACTIVE' });
  // Confirmed once, it goes on at once.
  expect((await set('ACTIVE')).updateWebhookSubscription?.subscription?.status).toBe('ACTIVE');
  await deliveryOnce(tendril, await publishForOne(tendril, 'crm.activity_added'), 'DELIVERED');
  await tendril.http().request(DeleteWebhookSubscriptionDocument, { id });
  expect(await subscriptionOf('CRM')).toBe('');
  expect((await showDelivery(tendril, delivered)).attempts[0]?.request.body).toBe(notifications()[0]?.body);
});

test('IVVY-48 SHOULD: each state of a delivery is told once, although its message is kept in between', async () => {
  await confirmed('CRM');
  const { updates } = await followUpdates(tendril.ws(tendril.key), { filter: { eventTypes: ['crm.*'] } });
  const id = await publishForOne(tendril, 'crm.activity_added');
  await eventually(() => updates.some(({ status }) => status === 'DELIVERED'));
  expect(updates.filter((update) => update.id === id).map(({ status }) => status)).toEqual([
    'PENDING',
    'SENDING',
    'DELIVERED',
  ]);
});

test('IVVY-49 SHOULD: the body is kept before it is sent: after a crash at another address the same bytes are sent again', async () => {
  const own = await freshEnv();
  const plain = await startReceiver();
  const first = await startTendrilProcess(own);
  const endpoints = [{ endpoint: 'CRM' as const, url: plain.url }];
  await first.http().request(SubscribeToNotificationsDocument, { endpoints });
  const asked = messageIn((await plain.waitFor(1))[0] ?? { body: '' });
  expect((await fetch(asked.SubscribeURL ?? '')).status).toBe(200);
  // It never answers.
  plain.answer(() => undefined);
  await publish(first, 'crm.activity_added');
  await plain.waitFor(2);
  await first.end('SIGKILL');
  plain.answer(200);
  await startTendrilProcess({ ...own, PUBLIC_URL: 'https://elsewhere.example' });
  const [, before, after] = await plain.waitFor(3, 30_000);
  expect(after?.body).toBe(before?.body);
  expect(after?.body).toContain(`${first.url}/certificates/`);
}, 90_000);

function innerOf(request: { body: string }): SnsMessage {
  return JSON.parse(messageIn(request).Message ?? '') as SnsMessage;
}

function notifications() {
  return receiver.received.filter(({ headers }) => headers['x-amz-sns-message-type'] === 'Notification');
}

/** Publishes an event, and gives the request that tells of it. */
async function notified(type: string, payload: unknown = {}) {
  const id = await publish(tendril, type, payload);
  return eventually(() => notifications().find(({ headers }) => headers['webhook-id'] === id));
}

type Endpoint = 'COMPANIES' | 'CONTACTS' | 'CRM' | 'PAYMENTS' | 'VENUES' | 'EVENTS';

async function subscribeTo(endpoint: Endpoint): Promise<SnsMessage> {
  const path = `/${endpoint}`;
  await tendril
    .http()
    .request(SubscribeToNotificationsDocument, { endpoints: [{ endpoint, url: `${receiver.url}${path}` }] });
  return messageIn(await eventually(() => receiver.received.find((request) => request.path === path)));
}

/** Subscribes an endpoint at its own path and confirms it; gives its subscription's id. */
async function confirmed(endpoint: Endpoint): Promise<string> {
  const { SubscribeURL } = await subscribeTo(endpoint);
  expect((await fetch(SubscribeURL ?? '')).status).toBe(200);
  return subscriptionOf(endpoint);
}

async function subscriptionOf(endpoint: Endpoint, of = tendril): Promise<string> {
  const { notificationEndpoints } = await of.http().request(NotificationEndpointsDocument);
  return notificationEndpoints.find((one) => one.endpoint === endpoint)?.subscription?.id ?? '';
}

async function workspaceId(): Promise<string> {
  const { viewer } = await tendril
    .http()
    .request<{ viewer: { workspace: { id: string } } }>('{ viewer { workspace { id } } }');
  expect(fromTypeId('ws', viewer.workspace.id)).toBeDefined();
  return viewer.workspace.id;
}

/** Rotates the certificate of a Tendril's database, as an operator does; gives the new one's id. */
async function rotate(of = env): Promise<string> {
  const database = await openDatabase(of.DATABASE_URL ?? '', [], pino({ level: 'silent' }));
  const encryption = createEncryption([Buffer.from(of.ENCRYPTION_KEYS ?? '', 'base64')]);
  const id = await rotateCertificate(database, encryption);
  await database.close();
  return id;
}

async function sql<Row>(statement: string, values: unknown[] = [], of = env): Promise<Row[]> {
  const client = new Client({ connectionString: of.DATABASE_URL });
  await client.connect();
  try {
    return (await client.query(statement, values)).rows as Row[];
  } finally {
    await client.end();
  }
}
