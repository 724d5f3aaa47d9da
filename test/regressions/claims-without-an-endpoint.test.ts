import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { DeleteWebhookSubscriptionDocument } from '../../generated/operations.js';
import { eventually } from '../support/eventually.js';
import {
  deliveryIds,
  deliveryOnce,
  publish,
  publishForOne,
  showDelivery,
  subscribe,
} from '../support/main-operations.js';
import { startReceiver } from '../support/receiver.js';
import { type Env, freshEnv, startTendril } from '../support/tendril.js';

const type = 'payout.paid';

test('a subscription whose secret cannot be decrypted is not sent to, and keeps no other waiting', async () => {
  const env = await freshEnv();
  const before = await startTendril(env);
  const receiver = await startReceiver();
  const { id: unreadable } = await subscribe(before, {
    endpointUrl: `${receiver.url}/unreadable`,
    eventTypes: [type],
  });
  await before.stop();

  const tendril = await startTendril({ ...env, ENCRYPTION_KEYS: randomBytes(32).toString('base64') });
  const { id: readable } = await subscribe(tendril, {
    endpointUrl: `${receiver.url}/readable`,
    eventTypes: [type],
  });
  await publish(tendril, type);
  const [sent = ''] = await deliveryIds(tendril, { subscriptionIds: [readable] });
  await deliveryOnce(tendril, sent, 'DELIVERED');
  const [waiting = ''] = await deliveryIds(tendril, { subscriptionIds: [unreadable] });
  expect(await deliveryOnce(tendril, waiting, 'PENDING')).toMatchObject({ attemptCount: 0, attempts: [] });
  expect(tendril.log.some((line) => line.includes('its secrets cannot be read'))).toBe(true);
  expect(receiver.received.map(({ path }) => path)).toEqual(['/readable']);
});

test('what a worker has just claimed when its subscription is deleted is not sent without a signature', async () => {
  const env = await freshEnv();
  const api = await startTendril({ ...env, ROLE: 'api' });
  const receiver = await startReceiver();
  const { id: subscription } = await subscribe(api, { endpointUrl: receiver.url, eventTypes: [type] });
  await startTendril({ ...env, ROLE: 'worker' });

  // The deletion, begun before the claim, gets its turn at the secrets between the claim and the worker's look at them.
  const first = await lockSecrets(env);
  const deleting = api.http().request(DeleteWebhookSubscriptionDocument, { id: subscription });
  await first.waitingFor('RowExclusiveLock');
  const second = lockSecrets(env);
  await first.waitingFor('AccessExclusiveLock');
  const id = await publishForOne(api, type);
  await first.waitingFor('AccessShareLock');
  expect((await showDelivery(api, id)).status).toBe('SENDING');
  await first.release();
  expect((await deleting).deleteWebhookSubscription.userErrors).toEqual([]);
  await (await second).release();

  expect(await deliveryOnce(api, id, 'CANCELED')).toMatchObject({ attemptCount: 0, attempts: [] });
  expect(receiver.received).toEqual([]);
});

/** Locks the table of secrets, in its turn among those who wait for it, until it is released. */
async function lockSecrets(env: Env) {
  const client = new Client({ connectionString: env.DATABASE_URL });
  await client.connect();
  onTestFinished(() => client.end());
  await client.query('BEGIN');
  await client.query('LOCK TABLE subscription_secret IN ACCESS EXCLUSIVE MODE');
  return {
    async waitingFor(mode: string): Promise<void> {
      await eventually(async () => {
        const { rowCount } = await client.query(
          "SELECT FROM pg_locks WHERE relation = 'subscription_secret'::regclass AND mode = $1 AND NOT granted",
          [mode],
        );
        return rowCount;
      });
    },
    async release(): Promise<void> {
      await client.query('COMMIT');
    },
  };
}
