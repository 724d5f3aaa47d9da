import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  CreateWebhookSubscriptionDocument,
  SubscribeToNotificationsDocument,
  UpdateWebhookSubscriptionDocument,
} from '../../generated/operations.js';
import { eventually } from '../support/eventually.js';
import { deliveryOnce, newEventType, publishForOne, subscribe } from '../support/main-operations.js';
import { makeDue } from '../support/make-due.js';
import { type Env, freshEnv, startTendril, type Tendril } from '../support/tendril.js';

// Nothing listens there: an attempt that is made is refused by the system, and one that is not by us.
const closing = 9;
const endpointUrl = `http://127.0.0.1:${closing}/hook`;
const once = { scheduleSeconds: [3600] };
const refusal =
  "Nothing was sent, because the endpoint's address is not allowed: the port 9 is not open. " +
  "The server's settings ALLOWED_NETWORKS, ALLOWED_PORTS and ALLOW_HTTP_ENDPOINTS say what is.";
const refused = {
  status: 'FAILED',
  failureReason: 'ADDRESS_NOT_ALLOWED',
  attempts: [{ outcome: 'ADDRESS_REFUSED', response: null, error: refusal }],
};

let env: Env;
let tendril: Tendril;
let type: string;
let subscription: string;
let toRetry: string;

beforeAll(async () => {
  env = await freshEnv();
  const earlier = await startTendril({ ...env, ALLOWED_PORTS: String(closing) }, { stopAfterTest: false });
  tendril = earlier;
  type = await newEventType(tendril);
  subscription = (await subscribe(tendril, { endpointUrl, eventTypes: [type], retryPolicy: once })).id;
  await subscribe(tendril, { endpointUrl, eventTypes: ['payout.paid'], profile: 'IVVY' });
  expect(await notified()).toEqual([]);
  toRetry = await publishForOne(tendril, type);
  const { attempts } = await deliveryOnce(tendril, toRetry, 'RETRYING');
  expect(attempts).toMatchObject([{ outcome: 'CONNECTION_FAILED' }]);
  await eventually(() => errorsOfConfirmations().length === 3);
  expect(errorsOfConfirmations().join()).not.toContain('is not open');
  await earlier.stop();
  await sql(`UPDATE webhook_subscription SET status = 'ACTIVE', confirmed_url = endpoint_url, revision = revision + 1
    WHERE notification_endpoint = 'CRM'`);
  await sql('UPDATE confirmation SET next_attempt_at = now() WHERE request IS NOT NULL');
  tendril = await startTendril(env, { stopAfterTest: false });
});

afterAll(() => tendril.stop());

test('a port that is not open is refused when an endpoint is saved, by each of the three ways', async () => {
  const http = tendril.http();
  const { createWebhookSubscription } = await http.request(CreateWebhookSubscriptionDocument, {
    input: { endpointUrl, eventTypes: [type] },
  });
  const { updateWebhookSubscription } = await http.request(UpdateWebhookSubscriptionDocument, {
    input: { id: subscription, endpointUrl: `${endpointUrl}/other` },
  });
  for (const { userErrors } of [createWebhookSubscription, updateWebhookSubscription])
    expect(userErrors).toMatchObject([{ code: 'INVALID_ENDPOINT_URL', field: ['input', 'endpointUrl'] }]);
  const fault = { code: 'INVALID_ENDPOINT_URL', message: expect.stringContaining('has port 9; allowed are') };
  expect(await notified()).toMatchObject([
    { ...fault, field: ['endpoints', '0', 'url'] },
    { ...fault, field: ['endpoints', '1', 'url'] },
  ]);
});

describe('an endpoint that was saved while its port was open is not sent to,', () => {
  test('neither at a first delivery', async () => {
    const id = await publishForOne(tendril, type);
    expect(await deliveryOnce(tendril, id, 'FAILED')).toMatchObject(refused);
  });

  test('nor at a retry', async () => {
    await makeDue(env, toRetry);
    const delivery = await deliveryOnce(tendril, toRetry, 'FAILED');
    expect(delivery).toMatchObject({ ...refused, attempts: [{}, ...refused.attempts] });
  });

  test('nor by a notification', async () => {
    const id = await publishForOne(tendril, 'crm.activity_added');
    expect(await deliveryOnce(tendril, id, 'FAILED')).toMatchObject(refused);
  });

  test('nor when its receiver is asked again to confirm', async () => {
    await eventually(() => errorsOfConfirmations().length === 2);
    expect(errorsOfConfirmations()).toEqual([refusal, refusal]);
  });
});

async function notified(): Promise<readonly unknown[]> {
  const endpoints = (['CRM', 'VENUES'] as const).map((endpoint) => ({ endpoint, url: endpointUrl }));
  const { subscribeToNotifications } = await tendril
    .http()
    .request(SubscribeToNotificationsDocument, { endpoints });
  return subscribeToNotifications.userErrors;
}

function errorsOfConfirmations(): string[] {
  return tendril.log
    .filter((line) => line.includes('a confirmation did not get through'))
    .map((line) => (JSON.parse(line) as { error: string }).error);
}

async function sql(statement: string): Promise<void> {
  const client = new Client({ connectionString: env.DATABASE_URL });
  await client.connect();
  await client.query(statement);
  await client.end();
}
