import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import {
  RotateWebhookSecretDocument,
  UpdateWebhookSubscriptionDocument,
  WebhookSubscriptionDocument,
} from '../../generated/operations.js';
import { createEncryption } from '../../src/storage/encryption.js';
import { encryptedColumns } from '../../src/storage/rotate-encryption.js';
import { newUuid } from '../../src/storage/typeid.js';
import { eventually } from '../support/eventually.js';
import { deliveryOnce, publish, publishForOne, subscribe } from '../support/main-operations.js';
import { startReceiver } from '../support/receiver.js';
import { endOf, runCommand, startCommand } from '../support/run-command.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { type Env, freshEnv, startTendril, startTendrilProcess, type Tendril } from '../support/tendril.js';
import { verifies } from '../support/verify-signature.js';

const type = 'payout.paid';
const header = { name: 'X-Token', value: 'first' };

function newKey(): string {
  return randomBytes(32).toString('base64');
}

/** The id that ciphertexts under a key begin with, in hex. */
function idOf(key: string): string {
  return createEncryption([Buffer.from(key, 'base64')]).keyId.toString('hex');
}

async function connect(env: Env): Promise<Client> {
  const client = new Client({ connectionString: env.DATABASE_URL });
  await client.connect();
  onTestFinished(() => client.end());
  return client;
}

/** How many ciphertexts there are under each key, of a table or of all. */
async function keysInUse(client: Client, tables = encryptedColumns.map(({ table }) => table)) {
  const counts: Record<string, number> = {};
  for (const { table, column } of encryptedColumns.filter((one) => tables.includes(one.table))) {
    const { rows } = await client.query<{ key: string; count: string }>(
      `SELECT encode(substring(${column} FROM 2 FOR 4), 'hex') AS key, count(*) FROM ${table} WHERE ${column} IS NOT NULL GROUP BY 1`,
    );
    for (const { key, count } of rows) counts[key] = (counts[key] ?? 0) + Number(count);
  }
  return counts;
}

/** Adds secrets under a key to the first subscription, by SQL; gives their ids. */
async function addSecrets(client: Client, key: string, count: number): Promise<string[]> {
  const { rows } = await client.query(
    'SELECT id, workspace_id FROM webhook_subscription ORDER BY id LIMIT 1',
  );
  const [{ id: subscriptionId, workspace_id: workspaceId }] = rows;
  const encryption = createEncryption([Buffer.from(key, 'base64')]);
  const ids = Array.from({ length: count }, newUuid);
  await client.query(
    `INSERT INTO subscription_secret (id, workspace_id, subscription_id, ciphertext, expires_at)
     SELECT id, $1, $2, ciphertext, now() FROM unnest($3::uuid[], $4::bytea[]) AS made (id, ciphertext)`,
    [
      workspaceId,
      subscriptionId,
      ids,
      ids.map((id) => encryption.encrypt('whsec_old', { workspaceId, rowId: id })),
    ],
  );
  return ids;
}

async function changeHeaders(tendril: Tendril, id: string, value: string): Promise<void> {
  const input = { id, headers: [{ ...header, value }] };
  const { updateWebhookSubscription } = await tendril
    .http()
    .request(UpdateWebhookSubscriptionDocument, { input });
  expect(updateWebhookSubscription.userErrors).toEqual([]);
}

async function rotateSecret(tendril: Tendril, id: string): Promise<string> {
  const { rotateWebhookSecret } = await tendril
    .http()
    .request(RotateWebhookSecretDocument, { id, gracePeriodSeconds: 0 });
  return rotateWebhookSecret.secret ?? '';
}

test('everything encrypted is put under the new key while the server sends, and the old key can go', async () => {
  const [oldKey, key] = [newKey(), newKey()];
  const env = await freshEnv({ ENCRYPTION_KEYS: oldKey });
  const receiver = await startReceiver();
  const client = await connect(env);
  const before = await startTendril(env);
  await subscribe(before, { endpointUrl: 'https://example.com', eventTypes: ['invoice.paid'] });
  const { id } = await subscribe(before, {
    endpointUrl: receiver.url,
    eventTypes: [type],
    headers: [header],
  });
  await deliveryOnce(before, await publishForOne(before, type), 'DELIVERED');
  expect((await runCommand(env, 'certificates', 'rotate')).exitCode).toBe(0);
  await addSecrets(client, oldKey, 450);
  await before.stop();
  expect(Object.keys(await keysInUse(client))).toEqual([idOf(oldKey)]);

  const both = { ...env, ENCRYPTION_KEYS: `${key},${oldKey}` };
  const during = await startTendril(both);
  const rotating = endOf(startCommand(both, 'encryption', 'rotate'));
  let hasEnded = false;
  void rotating.then(() => {
    hasEnded = true;
  });
  let [value, secret] = ['', ''];
  for (let n = 0; !hasEnded; n += 1) {
    value = `value ${n}`;
    await changeHeaders(during, id, value);
    secret = await rotateSecret(during, id);
    await publish(during, type);
  }
  const { exitCode, out, err } = await rotating;
  expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
  expect(out).toMatch(
    /^Rows put under the first key: 45\d in subscription_secret, [01] in webhook_subscription, \d+ in attempt, 0 in confirmation, 1 in certificate\.\nEverything is under the first key: the others can go from ENCRYPTION_KEYS now\. /,
  );
  expect(Object.keys(await keysInUse(client))).toEqual([idOf(key)]);
  const { webhookSubscription } = await during.http().request(WebhookSubscriptionDocument, { id });
  expect(webhookSubscription?.headers).toEqual([{ ...header, value }]);
  await during.stop();

  const after = await startTendril({ ...env, ENCRYPTION_KEYS: key });
  const delivery = await deliveryOnce(after, await publishForOne(after, type), 'DELIVERED');
  const last =
    receiver.received.find(({ headers }) => headers['webhook-id'] === delivery.id) ??
    receiver.received.at(-1);
  expect(last?.headers['x-token']).toBe(value);
  expect(last && verifies(secret, last)).toBe(true);
  expect(delivery.attempts[0]?.request.headers).toContainEqual({ name: 'X-Token', value });
}, 60_000);

test('a rotation waits for no one, leaves nobody’s change out, and comes back to what was locked', async () => {
  const [oldKey, key] = [newKey(), newKey()];
  const env = await freshEnv({ ENCRYPTION_KEYS: oldKey });
  const tendril = await startTendril(env);
  const { id } = await subscribe(tendril, {
    endpointUrl: 'https://example.com',
    eventTypes: [type],
    headers: [header],
  });
  const client = await connect(env);
  await tendril.stop();
  const { rows } = await client.query(
    'SELECT id AS "rowId", workspace_id AS "workspaceId" FROM webhook_subscription',
  );
  const changed = createEncryption([Buffer.from(oldKey, 'base64')]).encrypt('["second"]', rows[0]);
  await client.query('BEGIN');
  await client.query('UPDATE webhook_subscription SET header_values = $1', [changed]);
  const both = { ...env, ENCRYPTION_KEYS: `${key},${oldKey}` };
  const rotating = endOf(startCommand(both, 'encryption', 'rotate', '--json'));
  const other = await connect(env);
  await eventually(async () => (await keysInUse(other, ['subscription_secret']))[idOf(key)] === 1, 20_000);
  expect(await keysInUse(other, ['webhook_subscription'])).toEqual({ [idOf(oldKey)]: 1 });
  await client.query('COMMIT');
  const { exitCode, out } = await rotating;
  expect(exitCode).toBe(0);
  expect(JSON.parse(out)).toEqual({
    reencrypted: {
      subscription_secret: 1,
      webhook_subscription: 1,
      attempt: 0,
      confirmation: 0,
      certificate: 0,
    },
    unreadable: [],
    locked: 0,
    oldKeysCanGo: true,
  });
  const after = await startTendril({ ...env, ENCRYPTION_KEYS: key });
  const { webhookSubscription } = await after.http().request(WebhookSubscriptionDocument, { id });
  expect(webhookSubscription?.headers).toEqual([{ ...header, value: 'second' }]);
}, 60_000);

test('broken off and begun again, a rotation goes on where it was', async () => {
  const [oldKey, key] = [newKey(), newKey()];
  const env = await freshEnv({ ENCRYPTION_KEYS: oldKey });
  const tendril = await startTendril(env);
  await subscribe(tendril, { endpointUrl: 'https://example.com', eventTypes: [type] });
  await tendril.stop();
  const client = await connect(env);
  const ids = await addSecrets(client, oldKey, 5_000);
  const both = { ...env, ENCRYPTION_KEYS: `${key},${oldKey}` };
  const first = startCommand(both, 'encryption', 'rotate');
  const firstEnded = endOf(first);
  await eventually(async () => (await keysInUse(client))[idOf(key)], 20_000);
  first.kill('SIGKILL');
  await firstEnded;
  const done = (await keysInUse(client))[idOf(key)] ?? 0;
  const second = await runCommand(both, 'encryption', 'rotate', '--json');
  expect(JSON.parse(second.out).reencrypted.subscription_secret).toBe(ids.length + 1 - done);
  expect(await keysInUse(client)).toEqual({ [idOf(key)]: ids.length + 1 });
}, 60_000);

test('rows that cannot be read are named and left as they are, and the rotation ends with 1', async () => {
  const [oldKey, key] = [newKey(), newKey()];
  const env = await freshEnv({ ENCRYPTION_KEYS: oldKey });
  const tendril = await startTendril(env);
  await subscribe(tendril, { endpointUrl: 'https://example.com', eventTypes: [type] });
  await tendril.stop();
  const client = await connect(env);
  const [one = '', two = '', short = ''] = await addSecrets(client, oldKey, 3);
  const [unknown = ''] = await addSecrets(client, newKey(), 1);
  // Swapped between two rows, cut short, and under a key that is not there.
  await client.query(
    `UPDATE subscription_secret s SET ciphertext = o.ciphertext FROM subscription_secret o
     WHERE (s.id, o.id) IN (($1, $2), ($2, $1))`,
    [one, two],
  );
  await client.query(
    'UPDATE subscription_secret SET ciphertext = substring(ciphertext FROM 1 FOR 30) WHERE id = $1',
    [short],
  );
  const bad = [one, two, short, unknown].sort();
  const stored = async () =>
    (
      await client.query('SELECT id, ciphertext FROM subscription_secret WHERE id = ANY ($1) ORDER BY id', [
        bad,
      ])
    ).rows;
  const left = await stored();

  const both = { ...env, ENCRYPTION_KEYS: `${key},${oldKey}` };
  const { exitCode, out, err } = await runCommand(both, 'encryption', 'rotate');
  expect(exitCode).toBe(1);
  expect(out).toMatch(/^Rows put under the first key: 1 in subscription_secret, [^\n]*\n$/);
  expect(err.trimEnd().split('\n')).toEqual(
    bad.map((id) => expect.stringContaining(`The row ${id} of subscription_secret cannot be read: `)),
  );
  expect(await stored()).toEqual(left);
  const asJson = await runCommand(both, 'encryption', 'rotate', '--json');
  expect(JSON.parse(asJson.out)).toMatchObject({
    unreadable: bad.map((id) => ({ table: 'subscription_secret', id })),
    oldKeysCanGo: false,
  });
}, 60_000);

test('nothing is put under a key that a running server does not encrypt under', async () => {
  const [oldKey, key] = [newKey(), newKey()];
  const env = await freshEnv({ ENCRYPTION_KEYS: oldKey });
  const tendril = await startTendril({ ...env, ROLE: 'api' });
  await subscribe(tendril, { endpointUrl: 'https://example.com', eventTypes: [type] });
  const both = { ...env, ENCRYPTION_KEYS: `${key},${oldKey}` };
  expect(await runCommand(both, 'encryption', 'rotate')).toEqual({
    exitCode: 1,
    out: '',
    err: 'A running server encrypts under another key than the first of ENCRYPTION_KEYS: restart every server with these ENCRYPTION_KEYS, and rotate then.\n',
  });
  expect(await keysInUse(await connect(env))).toEqual({ [idOf(oldKey)]: 1 });
  await tendril.stop();
  expect((await runCommand(both, 'encryption', 'rotate')).exitCode).toBe(0);
});

test('with one key in ENCRYPTION_KEYS it is told how to change it', async () => {
  const env = await freshEnv();
  const { exitCode, out } = await runCommand(env, 'encryption', 'rotate');
  expect(exitCode).toBe(0);
  expect(out).toContain(
    'Everything is under the one key of ENCRYPTION_KEYS. To change it, put a new key before it, restart every server, and rotate again.',
  );
});

test('on the embedded stores the key file gets a new key, and the old one goes', {
  timeout: 120_000,
}, async () => {
  const key = `tdl_test_${randomBytes(24).toString('hex')}`;
  const env = {
    DATA_DIR: join(await temporaryFolder(), 'data'),
    MONGOD_BINARY: 'off',
    BOOTSTRAP_API_KEY: key,
  };
  const keyFile = () => readFile(join(env.DATA_DIR, 'encryption.key'), 'utf8');
  const receiver = await startReceiver();
  const before = await startTendrilProcess({ ...env, PORT: '0' });
  const { secret } = await subscribe(before, {
    endpointUrl: receiver.url,
    eventTypes: [type],
    headers: [header],
  });
  const first = await keyFile();
  expect(await runCommand(env, 'encryption', 'rotate')).toEqual({
    exitCode: 1,
    out: '',
    err: 'The running server has read its key from the data folder at its start, and would not know a new one: stop it, rotate, and start it again.\n',
  });
  await before.end('SIGTERM');

  const { exitCode, out } = await runCommand(env, 'encryption', 'rotate');
  expect(exitCode).toBe(0);
  expect(
    out,
  ).toBe(`Rows put under the first key: 1 in subscription_secret, 1 in webhook_subscription, 0 in attempt, 0 in confirmation, 0 in certificate.
Everything is under a new key, the only one in ${env.DATA_DIR}/encryption.key now.
`);
  expect(await keyFile()).toMatch(/^[\w+/]{43}=\n$/);
  expect(await keyFile()).not.toBe(first);
  const after = await startTendrilProcess({ ...env, PORT: '0' });
  await deliveryOnce(after, await publishForOne(after, type), 'DELIVERED');
  const [request] = receiver.received;
  expect(request && verifies(secret, request)).toBe(true);
  expect(request?.headers['x-token']).toBe('first');
  await after.end('SIGTERM');
});

test('every column of bytes is either rotated or known to hold nothing encrypted', async () => {
  const client = await connect(await freshEnv());
  const { rows } = await client.query<{ name: string }>(
    `SELECT table_name || '.' || column_name AS name FROM information_schema.columns
     WHERE data_type = 'bytea' AND table_schema = 'public' AND table_name !~ '_\\d+$' ORDER BY 1`,
  );
  const plain = [
    'api_key.key_hash',
    'attempt.response_body',
    'confirmation.token_hash',
    'delivery.body',
    'idempotency_key.request_hash',
  ];
  const rotated = encryptedColumns.map(({ table, column }) => `${table}.${column}`);
  expect(rows.map(({ name }) => name)).toEqual([...plain, ...rotated].sort());
});
