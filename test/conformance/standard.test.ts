import { Webhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import {
  type CreateWebhookSubscriptionInput,
  ResendDeliveryDocument,
  RotateWebhookSecretDocument,
  WebhookSubscriptionDocument,
} from '../../generated/operations.js';
import { standardSignature } from '../../src/rules/signatures.js';
import { eventually } from '../support/eventually.js';
import {
  deliveryIds,
  deliveryOnce,
  newEventType,
  publish,
  publishForOne,
  publishMany,
  type ShownDelivery,
  showDelivery,
  subscribe,
} from '../support/main-operations.js';
import { makeDue } from '../support/make-due.js';
import { type Received, type Receiver, startReceiver } from '../support/receiver.js';
import { type Env, freshEnv, startTendril, type Tendril } from '../support/tendril.js';
import { signaturesOf, verifies, verifiesEd25519, withSignature } from '../support/verify-signature.js';

const schedule = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400];
// Between the end of an attempt as the log has it, to the millisecond, and its verdict, on a busy machine.
const judgedWithinMs = 3_000;
const roundingMs = 2;

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
  receiver = await startReceiver();
});

test('STANDARD-01 MUST: it is the profile of a subscription that names none', async () => {
  const { id } = await subscribed();
  const { webhookSubscription } = await tendril.http().request(WebhookSubscriptionDocument, { id });
  expect(webhookSubscription).toMatchObject({
    profile: { name: 'STANDARD' },
    signatureScheme: 'HMAC_SHA256',
    retryScheduleSeconds: schedule,
  });
});

test('STANDARD-02 MUST: the body is compact JSON of type, timestamp and data, the payload as published', async () => {
  await subscribed();
  const payload = { text: 'Grüße \u{1F30D}', '2': [1.5, null], '1': {} };
  const id = await publishForOne(tendril, type, payload);
  const { createdAt } = await showDelivery(tendril, id);
  const [request] = await receiver.waitFor(1);
  const { timestamp } = JSON.parse(request?.body ?? '');
  expect(request?.body).toBe(
    `{"type":"${type}","timestamp":"${timestamp}","data":${JSON.stringify(payload)}}`,
  );
  expect(Date.parse(timestamp)).toBe(Date.parse(createdAt));
  expect(timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  expect(request?.method).toBe('POST');
  expect(request?.headers['content-type']).toBe('application/json');
});

test('STANDARD-03 MUST: nine retries after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h and 24 h, 75 h 35 min in all; then it is FAILED', async () => {
  const seconds = schedule.reduce((sum, one) => sum + one);
  expect(Math.floor(seconds / 60)).toBe(75 * 60 + 35);
  receiver.answer(500);
  await subscribed();
  const id = await publishForOne(tendril, type);
  for (const [index, step] of schedule.entries()) {
    const failed = await deliveryOnce(tendril, id, (one) => hasFailed(one, index + 1));
    expect(waitMs(failed)).toSatisfy(
      (ms: number) => ms >= step * 800 - roundingMs && ms <= step * 1200 + judgedWithinMs,
    );
    const planned = failed.plannedAttempts.map((moment) => Date.parse(moment));
    expect(planned.slice(1).map((moment, nth) => (moment - (planned[nth] ?? 0)) / 1000)).toEqual(
      schedule.slice(index + 1),
    );
    await makeDue(env, id);
  }
  expect(await deliveryOnce(tendril, id, 'FAILED')).toMatchObject({
    failureReason: 'RETRIES_EXHAUSTED',
    attemptCount: 10,
    plannedAttempts: [],
  });
});

test('STANDARD-04 MUST: each wait is up to 20 % shorter or longer, by chance', async () => {
  expectJitter(await sharesOf(40, schedule, {}));
});

test('STANDARD-05 SHOULD: a schedule of the subscription’s own has the same jitter', async () => {
  const scheduleSeconds = [10, 1000, 1000];
  expectJitter(await sharesOf(40, scheduleSeconds, { retryPolicy: { scheduleSeconds } }));
});

test('STANDARD-06 MUST: every 2xx is success, and nothing else is', async () => {
  await subscribed();
  for (const statusCode of [200, 201, 202, 204, 206, 226, 299]) {
    receiver.answer(statusCode);
    await deliveryOnce(tendril, await publishForOne(tendril, type), 'DELIVERED');
  }
  for (const statusCode of [300, 304, 400, 401, 404, 408, 500, 503, 599]) {
    receiver.answer(statusCode);
    const failed = await deliveryOnce(tendril, await publishForOne(tendril, type), 'RETRYING');
    expect(failed.attempts).toMatchObject([{ outcome: 'REJECTED', response: { statusCode } }]);
  }
});

test('STANDARD-07 MUST: a secret is whsec_ and base64 of 24 to 64 random bytes', async () => {
  const secrets = [(await subscribed()).secret, (await subscribed()).secret];
  expect(new Set(secrets).size).toBe(2);
  for (const secret of secrets) {
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]+=*$/);
    expect(Buffer.from(secret.slice(6), 'base64').length).toSatisfy(
      (bytes: number) => bytes >= 24 && bytes <= 64,
    );
  }
});

test('STANDARD-08 MUST: the verifiers of the packages standardwebhooks and svix accept the v1 signature of the exact bytes, and of no others', async () => {
  const { secret } = await subscribed();
  const { body, headers } = await publishedRequest({ text: 'Grüße \u{1F30D}', '2': 1e21 });
  const sent = headers as Record<string, string>;
  expect(sent['webhook-signature']).toMatch(/^v1,[A-Za-z0-9+/]{43}=$/);
  for (const verifier of [new Webhook(secret), new SvixWebhook(secret)]) {
    expect(() => verifier.verify(body, sent)).not.toThrow();
    expect(() => verifier.verify(`${body} `, sent)).toThrow();
    expect(() => verifier.verify(body, { ...sent, 'webhook-id': 'evt_other' })).toThrow();
    const later = String(Number(sent['webhook-timestamp']) + 1);
    expect(() => verifier.verify(body, { ...sent, 'webhook-timestamp': later })).toThrow();
  }
});

test('STANDARD-09 MUST: the published vectors give the published signatures, v1 and v1a', () => {
  const sign = (scheme: 'HMAC_SHA256' | 'ED25519', secret: string) =>
    standardSignature(
      [{ scheme, secret }],
      'msg_p5jXN8AQM9LWM0D4loKWxJek',
      1_614_265_330,
      '{"test": 2432232314}',
    );
  expect(sign('HMAC_SHA256', 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw')).toBe(
    'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  );
  const pair =
    'whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==';
  expect(sign('ED25519', pair)).toBe(
    'v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==',
  );
});

test('STANDARD-10 MUST: with the signatureScheme ED25519 the signature is v1a, and verified with the public key, whpk_…, that the subscription shows', async () => {
  const { id, secret } = await subscribed({ signatureScheme: 'ED25519' });
  expect(secret).toBe('');
  const publicKey = await publicKeyOf(id);
  expect(publicKey).toMatch(/^whpk_[A-Za-z0-9+/]{43}=$/);
  const request = await publishedRequest({ text: 'Grüße' });
  expect(signaturesOf(request)).toHaveLength(1);
  expect(verifiesEd25519(publicKey, request)).toBe(true);
  expect(verifiesEd25519(publicKey, { ...request, body: `${request.body} ` })).toBe(false);
});

test('STANDARD-11 MUST: webhook-id is the same for every attempt and every resend; webhook-timestamp, Unix seconds, and the signature are each attempt’s own', async () => {
  const { secret } = await subscribed({ retryPolicy: { scheduleSeconds: [2] } });
  receiver.answer((_request, earlier, response) => response.writeHead(earlier === 0 ? 500 : 200).end());
  const eventId = await publish(tendril, type);
  const [id = ''] = await deliveryIds(tendril, { eventIds: [eventId] });
  await deliveryOnce(tendril, id, 'DELIVERED');
  const timestampOf = ({ headers }: Received) => Number(headers['webhook-timestamp']);
  // Within the same second the resend would have the same timestamp.
  await eventually(() => Date.now() / 1000 >= timestampOf(receiver.received.at(-1) as Received) + 1);
  await tendril.http().request(ResendDeliveryDocument, { id });
  const requests = await receiver.waitFor(3);
  expect(new Set(requests.map(({ headers }) => headers['webhook-id']))).toEqual(new Set([eventId]));
  expect(new Set(requests.map(timestampOf)).size).toBe(3);
  expect(new Set(requests.map(({ headers }) => headers['webhook-signature'])).size).toBe(3);
  for (const request of requests) {
    expect(Math.abs(timestampOf(request) - request.atMs / 1000)).toBeLessThan(1 + judgedWithinMs / 1000);
    expect(verifies(secret, request)).toBe(true);
  }
});

test('STANDARD-12 MUST: after a rotation both secrets sign, the newest first, for a day unless told otherwise', async () => {
  const { id, secret: old } = await subscribed();
  await publishedRequest();
  const beforeMs = Date.now();
  const { secret, previousSecretExpiresAt } = await rotated(id);
  const graceMs = Date.parse(previousSecretExpiresAt ?? '') - beforeMs;
  expect(graceMs).toSatisfy((ms: number) => ms >= 86_400_000 - roundingMs && ms < 86_400_000 + 60_000);
  const request = await publishedRequest();
  expect(signaturesOf(request)).toHaveLength(2);
  expect([secret, old].map((one) => verifies(one ?? '', request))).toEqual([true, true]);
  expect([secret, old].map((one, index) => verifies(one ?? '', withSignature(request, index)))).toEqual([
    true,
    true,
  ]);
});

test('STANDARD-13 MUST: when the overlap ends, the new secret alone signs', async () => {
  const { id, secret: old } = await subscribed();
  const { secret, previousSecretExpiresAt } = await rotated(id, 2);
  const after = await eventually(async () => {
    const request = await publishedRequest();
    return signaturesOf(request).length === 1 ? request : undefined;
  });
  expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(previousSecretExpiresAt ?? ''));
  expect([secret, old].map((one) => verifies(one ?? '', after))).toEqual([true, false]);
});

test('STANDARD-14 MUST: an overlap of 0 s ends the old secret at once', async () => {
  const { id, secret: old } = await subscribed();
  await publishedRequest();
  const { secret, previousSecretExpiresAt } = await rotated(id, 0);
  expect(previousSecretExpiresAt).toBeNull();
  const request = await publishedRequest();
  expect(signaturesOf(request)).toHaveLength(1);
  expect([secret, old].map((one) => verifies(one ?? '', request))).toEqual([true, false]);
});

test('STANDARD-15 MUST: an overlap is 0 to 7 days: 604800 s is taken, more or less is INVALID_GRACE_PERIOD and changes nothing', async () => {
  const { id } = await subscribed();
  const { secret } = await rotated(id, 604_800);
  for (const gracePeriodSeconds of [604_801, -1]) {
    const { rotateWebhookSecret } = await tendril
      .http()
      .request(RotateWebhookSecretDocument, { id, gracePeriodSeconds });
    expect(rotateWebhookSecret).toMatchObject({
      secret: null,
      previousSecretExpiresAt: null,
      userErrors: [{ code: 'INVALID_GRACE_PERIOD', field: ['gracePeriodSeconds'] }],
    });
  }
  const request = await publishedRequest();
  expect(signaturesOf(request)).toHaveLength(2);
  expect(verifies(secret ?? '', withSignature(request, 0))).toBe(true);
});

test('STANDARD-16 MUST: every old secret signs until it expires: while ten do, only a rotation without overlap is taken', async () => {
  const { id, secret: oldest } = await subscribed();
  const secrets = [oldest];
  while (secrets.length < 11) secrets.unshift((await rotated(id)).secret ?? '');
  const { rotateWebhookSecret } = await tendril.http().request(RotateWebhookSecretDocument, { id });
  expect(rotateWebhookSecret.userErrors).toMatchObject([
    { code: 'INVALID_GRACE_PERIOD', field: ['gracePeriodSeconds'] },
  ]);
  secrets[0] = (await rotated(id, 0)).secret ?? '';
  const request = await publishedRequest();
  expect(signaturesOf(request)).toHaveLength(11);
  expect(secrets.map((secret, index) => verifies(secret, withSignature(request, index)))).toEqual(
    secrets.map(() => true),
  );
});

test('STANDARD-17 MUST: ED25519 is rotated the same way: both key pairs sign, the newest first, and the new public key is shown', async () => {
  const { id, publicKey: old } = await subscribed({ signatureScheme: 'ED25519' });
  expect((await rotated(id, 60)).secret).toBeNull();
  const newer = await publicKeyOf(id);
  expect(newer).not.toBe(old);
  const request = await publishedRequest();
  expect(signaturesOf(request)).toHaveLength(2);
  const verified = [newer, old].map((key) =>
    [0, 1].map((nth) => verifiesEd25519(key, withSignature(request, nth))),
  );
  expect(verified).toEqual([
    [true, false],
    [false, true],
  ]);

  await rotated(id, 0);
  const last = await publishedRequest();
  expect(verifiesEd25519(await publicKeyOf(id), last)).toBe(true);
  expect([0, 1].map((nth) => verifiesEd25519(newer, withSignature(last, nth)))).toEqual([false, false]);
});

/** A subscription to the test's event type and receiver. */
function subscribed(more: Partial<CreateWebhookSubscriptionInput> = {}) {
  return subscribe(tendril, { endpointUrl: receiver.url, eventTypes: [type], ...more });
}

async function rotated(id: string, gracePeriodSeconds?: number) {
  const { rotateWebhookSecret } = await tendril.http().request(RotateWebhookSecretDocument, {
    id,
    ...(gracePeriodSeconds !== undefined && { gracePeriodSeconds }),
  });
  expect(rotateWebhookSecret.userErrors).toEqual([]);
  return rotateWebhookSecret;
}

async function publicKeyOf(id: string): Promise<string> {
  const { webhookSubscription } = await tendril.http().request(WebhookSubscriptionDocument, { id });
  return webhookSubscription?.publicKey ?? '';
}

/** Publishes an event and gives the request that it led to. */
async function publishedRequest(payload: unknown = {}): Promise<Received> {
  const eventId = await publish(tendril, type, payload);
  return eventually(() => receiver.received.find(({ headers }) => headers['webhook-id'] === eventId));
}

/** How long a wait is, as a share of its step, after two or more attempts of so many deliveries that fail. */
async function sharesOf(count: number, steps: number[], more: Partial<CreateWebhookSubscriptionInput>) {
  receiver.answer(500);
  await subscribed(more);
  const ids = await deliveryIds(tendril, { eventIds: await publishMany(tendril, type, count) });
  expect(ids).toHaveLength(count);
  return Promise.all(
    ids.map(async (id) => {
      const { attempts } = await deliveryOnce(tendril, id, 'RETRYING');
      if (attempts.length === 1) await makeDue(env, id);
      const failed = await deliveryOnce(
        tendril,
        id,
        (one) => one.status === 'RETRYING' && one.attempts.length > 1,
      );
      return waitMs(failed) / 1000 / (steps[failed.attempts.length - 1] ?? 0);
    }),
  );
}

function expectJitter(shares: readonly number[]): void {
  expect(Math.min(...shares)).toSatisfy((share: number) => share > 0.799 && share < 0.95);
  expect(Math.max(...shares)).toSatisfy((share: number) => share > 1.05 && share < 1.22);
}

function hasFailed({ status, attempts }: ShownDelivery, times: number): boolean {
  return status === 'RETRYING' && attempts.length === times;
}

/** From the end of the last attempt to the next. */
function waitMs({ attempts, nextAttemptAt }: ShownDelivery): number {
  const last = attempts.at(-1);
  return Date.parse(nextAttemptAt ?? '') - Date.parse(last?.startedAt ?? '') - (last?.durationMs ?? 0);
}
