import { createPublicKey, verify } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { RotateWebhookSecretDocument, WebhookSubscriptionDocument } from '../../generated/operations.js';
import { eventually } from '../support/eventually.js';
import { newEventType, publish, subscribe } from '../support/main-operations.js';
import { type Received, type Receiver, startReceiver } from '../support/receiver.js';
import { startTendril, type Tendril } from '../support/tendril.js';

let tendril: Tendril;
let type: string;
let receiver: Receiver;

beforeAll(async () => {
  tendril = await startTendril(undefined, { stopAfterTest: false });
});

afterAll(() => tendril.stop());

beforeEach(async () => {
  type = await newEventType(tendril);
  receiver = await startReceiver();
});

test('after a rotation both secrets verify for the grace period, and then the new one alone', async () => {
  const { id, secret: old } = await subscribe(tendril, { endpointUrl: receiver.url, eventTypes: [type] });
  const { rotateWebhookSecret: rotated } = await tendril
    .http()
    .request(RotateWebhookSecretDocument, { id, gracePeriodSeconds: 2 });
  expect(rotated).toMatchObject({ secret: expect.stringMatching(/^whsec_/), userErrors: [] });
  expect(rotated.secret).not.toBe(old);
  const graceMs = Date.parse(rotated.previousSecretExpiresAt ?? '') - Date.now();
  expect(graceMs).toSatisfy((ms: number) => ms > 1_000 && ms <= 2_000);

  const during = await publishedRequest();
  expect(signatures(during)).toHaveLength(2);
  expect(verifies(rotated.secret ?? '', during)).toBe(true);
  expect(verifies(old, during)).toBe(true);
  // Newest first: a receiver that reads only one signature needs the new one.
  expect(verifies(rotated.secret ?? '', withSignature(during, 0))).toBe(true);
  expect(verifies(old, withSignature(during, 1))).toBe(true);

  const after = await eventually(async () => {
    const request = await publishedRequest();
    return signatures(request).length === 1 ? request : undefined;
  });
  expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(rotated.previousSecretExpiresAt ?? ''));
  expect(verifies(rotated.secret ?? '', after)).toBe(true);
  expect(verifies(old, after)).toBe(false);
});

test('a rotation without a grace period ends the old secret at once', async () => {
  const { id, secret: old } = await subscribe(tendril, { endpointUrl: receiver.url, eventTypes: [type] });
  await publishedRequest();
  const { rotateWebhookSecret: rotated } = await tendril
    .http()
    .request(RotateWebhookSecretDocument, { id, gracePeriodSeconds: 0 });
  expect(rotated.previousSecretExpiresAt).toBeNull();
  const request = await publishedRequest();
  expect(signatures(request)).toHaveLength(1);
  expect(verifies(rotated.secret ?? '', request)).toBe(true);
  expect(verifies(old, request)).toBe(false);
});

test('each of three secrets verifies while none has expired', async () => {
  const { id, secret } = await subscribe(tendril, { endpointUrl: receiver.url, eventTypes: [type] });
  const secrets = [secret];
  for (let times = 0; times < 2; times++) {
    const { rotateWebhookSecret } = await tendril.http().request(RotateWebhookSecretDocument, { id });
    secrets.unshift(rotateWebhookSecret.secret ?? '');
  }
  const request = await publishedRequest();
  expect(signatures(request)).toHaveLength(3);
  expect(secrets.map((one, index) => verifies(one, withSignature(request, index)))).toEqual([
    true,
    true,
    true,
  ]);
});

test('ED25519 is verified with the public key alone, before and after a rotation', async () => {
  const {
    id,
    secret,
    publicKey: old,
  } = await subscribe(tendril, {
    endpointUrl: receiver.url,
    eventTypes: [type],
    signatureScheme: 'ED25519',
  });
  expect(secret).toBe('');
  const [signature = ''] = signatures(await publishedRequest());
  expect(signature).toMatch(/^v1a,/);
  expect(verifiesEd25519(old, signature)).toBe(true);

  const { rotateWebhookSecret } = await tendril
    .http()
    .request(RotateWebhookSecretDocument, { id, gracePeriodSeconds: 60 });
  expect(rotateWebhookSecret).toMatchObject({ secret: null, userErrors: [] });
  const { webhookSubscription } = await tendril.http().request(WebhookSubscriptionDocument, { id });
  const publicKey = webhookSubscription?.publicKey ?? '';
  expect(publicKey).not.toBe(old);
  const [newer = '', older = ''] = signatures(await publishedRequest());
  expect([
    verifiesEd25519(publicKey, newer),
    verifiesEd25519(old, older),
    verifiesEd25519(old, newer),
  ]).toEqual([true, true, false]);
});

/** Publishes an event and gives the request that it led to. */
async function publishedRequest(): Promise<Received> {
  const eventId = await publish(tendril, type, { text: 'Grüße' });
  return eventually(() => receiver.received.find(({ headers }) => headers['webhook-id'] === eventId));
}

function signatures({ headers }: Received): string[] {
  return String(headers['webhook-signature']).split(' ');
}

/** The request as a receiver sees it that knows of one signature only. */
function withSignature(request: Received, index: number): Received {
  return {
    ...request,
    headers: { ...request.headers, 'webhook-signature': signatures(request)[index] ?? '' },
  };
}

function verifies(secret: string, { body, headers }: Received): boolean {
  try {
    new Webhook(secret).verify(body, headers as Record<string, string>);
    return true;
  } catch {
    return false;
  }
}

/** Whether a `whpk_` key verifies a signature of the last request. */
function verifiesEd25519(publicKey: string, signature: string): boolean {
  const { headers, body } = receiver.received.at(-1) as Received;
  const key = createPublicKey({
    key: {
      kty: 'OKP',
      crv: 'Ed25519',
      x: Buffer.from(publicKey.slice('whpk_'.length), 'base64').toString('base64url'),
    },
    format: 'jwk',
  });
  const content = Buffer.from(`${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`);
  return verify(null, content, key, Buffer.from(signature.slice('v1a,'.length), 'base64'));
}
