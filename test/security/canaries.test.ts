import { randomBytes } from 'node:crypto';
import { MongoClient } from 'mongodb';
import { Client } from 'pg';
import { beforeAll, expect, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { type Received, type Receiver, startReceiver } from '../support/receiver.js';
import { runCommand } from '../support/run-command.js';
import { messageIn } from '../support/sns-receiver.js';
import { type Env, freshEnv, startTendrilProcess, type TendrilProcess } from '../support/tendril.js';

/** Everything that must not be found, by what it is. */
const canaries = new Map<string, string>();
/** What was written where, so far: each is looked through for every canary. */
const written: { where: string; text: string }[] = [];

// What would break a line or a terminal, were it written as it is.
const awkward = 'a\nb\r\n{"level":60}\u2028\u001b[2J\u0000\ud800"\\';

let env: Env;
let tendril: TendrilProcess;
let receiver: Receiver;
const subscriptions: string[] = [];

beforeAll(async () => {
  env = await freshEnv({ LOG_LEVEL: 'trace' });
});

test('a whole run, with failures and wrong input, leaves no secret in any log, answer, job or table', {
  timeout: 120_000,
}, async () => {
  canaries.set('the bootstrap key', env.BOOTSTRAP_API_KEY ?? '');
  canaries.set('the encryption key', env.ENCRYPTION_KEYS ?? '');
  tendril = await startTendrilProcess(env);
  receiver = await startReceiver(answerByPath);
  await manageKeys();
  await manageSubscriptions();
  await publishAndWait();
  await readEverything();
  await askWrongly();
  await useCommandLine();
  await failInside();
  expect(await tendril.end('SIGTERM')).toBe(0);
  await startWithoutItsKey();

  write('the dump of PostgreSQL', await dumpPostgres());
  write('the dump of MongoDB', await dumpMongo());
  // Of this much at least, or the run has not reached what it is to try.
  expect(canaries.size).toBeGreaterThan(40);
  expect(written.filter(({ where }) => where.startsWith('the log')).length).toBeGreaterThan(40);
  expect(findings()).toEqual([]);
});

function plant(what: string): string {
  const canary = `canary${randomBytes(18).toString('base64url')}`;
  canaries.set(`${what} ${canaries.size}`, canary);
  return canary;
}

function write(where: string, text: string): void {
  written.push({ where, text });
}

/** Where a canary stands, as it is or as base64, hex or a URL has it. */
function findings(): string[] {
  const found: string[] = [];
  for (const [what, canary] of canaries) {
    const bytes = Buffer.from(canary);
    const raw = /^whsec_/.test(canary) ? Buffer.from(canary.slice(6), 'base64') : bytes;
    const spellings = [
      canary.replace(/^whsec_/, ''),
      bytes.toString('hex'),
      raw.toString('hex'),
      bytes.toString('base64').slice(0, -4),
      encodeURIComponent(canary),
    ];
    for (const { where, text } of written)
      if (spellings.some((spelling) => text.includes(spelling))) found.push(`${what} in ${where}`);
  }
  return found;
}

/** Asks by GraphQL; all of the answer is looked through, but for the fields that show a secret on purpose. */
async function ask(query: string, variables: object = {}, o: { key?: string; shows?: boolean } = {}) {
  const response = await fetch(`${tendril.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${o.key ?? tendril.key}` },
    body: JSON.stringify({ query, variables }),
  });
  const text = await response.text();
  if (!o.shows) write(`the answer to ${query.slice(0, 60)}`, text);
  // biome-ignore lint/suspicious/noExplicitAny: whatever was asked for.
  return (JSON.parse(text) as { data?: any }).data;
}

function answerByPath(
  { path, body }: Received,
  _earlier: number,
  response: import('node:http').ServerResponse,
) {
  if (path.startsWith('/reset')) response.destroy();
  else if (path.startsWith('/bad')) response.writeHead(500).end(awkward);
  else response.writeHead(200).end();
  if (body.includes('SubscribeURL')) void fetch(messageIn({ body }).SubscribeURL ?? '');
}

async function manageKeys(): Promise<void> {
  for (const [name, scopes] of [
    ['reads', '[READ]'],
    ['manages', '[MANAGE]'],
    ['revoked', '[ADMIN]'],
  ]) {
    const { createApiKey } = await ask(
      `mutation { createApiKey(input: { name: "${name}", scopes: ${scopes} }) { key apiKey { id } } }`,
      {},
      { shows: true },
    );
    canaries.set(`the key ${name}`, createApiKey.key);
    if (name === 'revoked') {
      await ask('mutation ($id: ID!) { revokeApiKey(id: $id) { userErrors { code } } }', {
        id: createApiKey.apiKey.id,
      });
      await ask('{ apiKeys { name } }', {}, { key: createApiKey.key });
    }
  }
}

const create = `mutation ($input: CreateWebhookSubscriptionInput!) {
  createWebhookSubscription(input: $input) { secret subscription { id } userErrors { code field message } } }`;

async function manageSubscriptions(): Promise<void> {
  const urls = ['/good', '/bad', '/reset'].map((path) => `${receiver.url}${path}`);
  const closed = await startReceiver();
  await closed.close();
  urls.push(closed.url, receiver.url.replace('http:', 'https:'), 'http://nowhere.invalid/');
  const { deliveryProfiles } = await ask('{ deliveryProfiles { name } }');
  for (const { name: profile } of deliveryProfiles)
    for (const [index, endpointUrl] of urls.entries()) {
      const signatureScheme = index === 0 && profile === 'STANDARD' ? 'ED25519' : 'HMAC_SHA256';
      const input = { profile, endpointUrl, eventTypes: ['*'], signatureScheme, headers: plantedHeaders() };
      const made = await ask(create, { input }, { shows: true });
      const { secret, subscription, userErrors } = made.createWebhookSubscription;
      expect([profile, ...userErrors]).toEqual([profile]);
      if (secret) canaries.set(`the secret of ${profile} at ${endpointUrl}`, secret);
      subscriptions.push(subscription.id);
    }
  const rotated = await ask(
    'mutation ($id: ID!) { rotateWebhookSecret(id: $id) { secret } }',
    { id: subscriptions[1] },
    { shows: true },
  );
  canaries.set('a new secret', rotated.rotateWebhookSecret.secret);
  const change = { id: subscriptions[2], headers: plantedHeaders() };
  const update = `mutation ($input: UpdateWebhookSubscriptionInput!) { updateWebhookSubscription(input: $input) { userErrors { code } } }`;
  await ask(update, { input: change });
  const shown = await ask('query ($id: ID!) { webhookSubscription(id: $id) { headers { value } } }', change, {
    shows: true,
  });
  expect(shown.webhookSubscription.headers.map(({ value }: { value: string }) => value)).toEqual(
    change.headers.map(({ value }) => value),
  );
}

function plantedHeaders() {
  return [
    { name: 'Authorization', value: `Bearer ${plant('an Authorization value')}` },
    { name: 'X-Team-Token', value: plant('a header') },
  ];
}

async function publishAndWait(): Promise<void> {
  const { publishEvent } = await ask(
    'mutation ($payload: JSON!) { publishEvent(input: { type: "payout.paid", payload: $payload }) { event { id } userErrors { code } } }',
    { payload: { awkward: awkward.replaceAll('\0', '').replaceAll('\ud800', ''), [`${awkward.length}`]: 1 } },
  );
  const outcomes =
    'query ($id: ID!) { event(id: $id) { deliveries { id status attempts { outcome error } } } }';
  const waits = new Set(['PENDING', 'SENDING']);
  const { deliveries } = await eventually(async () => {
    const { event } = await ask(outcomes, publishEvent.event);
    return event.deliveries.every(({ status }: { status: string }) => !waits.has(status)) && event;
  }, 30_000);
  expect(
    new Set(
      deliveries.flatMap(({ attempts }: { attempts: { outcome: string }[] }) =>
        attempts.map(({ outcome }) => outcome),
      ),
    ).size,
  ).toBeGreaterThanOrEqual(3);
  await ask('mutation ($id: ID!) { resendDelivery(id: $id) { userErrors { code } } }', deliveries[0]);
  await ask('mutation ($id: ID!) { deleteWebhookSubscription(id: $id) { userErrors { code } } }', {
    id: subscriptions.at(-1),
  });
}

async function readEverything(): Promise<void> {
  const keys = [canaries.get('the key reads'), canaries.get('the key manages'), tendril.key];
  for (const key of keys as string[]) {
    await ask(
      `{ viewer { apiKey { id name scopes } workspace { id name } } apiKeys { id name scopes } notificationEndpoints { status url }
      webhookSubscriptions(first: 100) { nodes { id endpointUrl description publicKey filter profile { name } disabledReason } }
      deliveries(first: 250) { nodes { id cursor attempts { error outcome request { url body } response { body headers { name value } } } event { payload idempotencyKey } } } }`,
      {},
      { key },
    );
    await ask(
      '{ deliveries(first: 250) { nodes { attempts { error outcome request { url body } response { body headers { value } } } } } }',
      {},
      { key },
    );
    for (const id of subscriptions.slice(0, 3))
      await ask('query ($id: ID!) { node(id: $id) { id } }', { id }, { key });
  }
}

async function askWrongly(): Promise<void> {
  const unknown = () => plant('an unknown key');
  await ask('{ viewer { apiKey { id } } }', {}, { key: unknown() });
  for (const headers of [
    { 'x-api-key': unknown() },
    { authorization: `Basic ${unknown()}` },
    { authorization: unknown() },
    { cookie: unknown() },
  ])
    write(
      'an answer',
      await (
        await fetch(`${tendril.url}/graphql`, {
          method: 'POST',
          headers: { ...headers, 'content-type': 'application/json' },
          body: '{"query":"{ apiKeys { id } }"}',
        })
      ).text(),
    );
  for (const body of [`{"query": "${plant('malformed JSON')}`, `[${JSON.stringify(plant('a list'))}]`])
    write(
      'an answer',
      await (
        await fetch(`${tendril.url}/graphql`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body,
        })
      ).text(),
    );
  const wrong = (value: string, name = 'X-A') => ({
    endpointUrl: 'ftp://x',
    eventTypes: [awkward],
    timeoutSeconds: 900,
    headers: [{ name, value }],
  });
  for (const input of [
    wrong(`${plant('a bad value')}\r\nX: y`),
    wrong(plant('a reserved header'), 'Host'),
    wrong(plant('a bad name'), 'a b'),
    wrong(plant('a long value').repeat(200)),
  ])
    await ask(create, { input });
  await ask('mutation ($id: ID!) { revokeApiKey(id: $id) { userErrors { code message } } }', {
    id: plant('a key for an id'),
  });
  await ask(
    'mutation ($token: String!) { confirmWebhookSubscription(token: $token) { userErrors { message } } }',
    { token: plant('a token') },
  );
  write('an answer', await (await fetch(`${tendril.url}/confirm?token=${plant('a token in a URL')}`)).text());
  const socket = new WebSocket(`${tendril.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  socket.onopen = () =>
    socket.send(
      JSON.stringify({ type: 'connection_init', payload: { Authorization: `Bearer ${unknown()}` } }),
    );
  write(
    'a close',
    await new Promise((resolve) => {
      socket.onclose = ({ reason }) => resolve(reason);
    }),
  );
}

async function useCommandLine(): Promise<void> {
  const workspace = JSON.parse((await runCommand(env, 'workspaces', 'create', 'Of canaries', '--json')).out);
  canaries.set('the key of a workspace', workspace.key);
  const made = await runCommand(
    env,
    'keys',
    'create',
    '--workspace',
    workspace.workspace.id,
    '--name',
    'A',
    '--scopes',
    'READ',
    '--json',
  );
  canaries.set('a key by the command line', JSON.parse(made.out).key);
  write('the command line', made.err);
  for (const args of [
    ['workspaces', 'list'],
    ['keys', 'list'],
    ['certificates', 'rotate'],
    ['keys', 'revoke', workspace.key],
    ['nothing', '--like', 'this'],
  ]) {
    const { out, err } = await runCommand(env, ...args);
    write(`the command line: ${args[0]} ${args[1]}`, out + err);
  }
  const next = randomBytes(32).toString('base64');
  canaries.set('the next encryption key', next);
  for (const keys of [`${next},${env.ENCRYPTION_KEYS}`, `${next},wrong`, next.slice(4)]) {
    const { out, err } = await runCommand({ ...env, ENCRYPTION_KEYS: keys }, 'encryption', 'rotate');
    write('the command line: encryption rotate', out + err);
  }
}

/** Breaks what is below, so that errors with all that they hold go to the log. */
async function failInside(): Promise<void> {
  const client = new Client({ connectionString: env.DATABASE_URL });
  await client.connect();
  for (const table of ['webhook_subscription', 'api_key', 'event', 'delivery']) {
    await client.query(`ALTER TABLE ${table} RENAME TO elsewhere`);
    await ask(
      create,
      { input: { endpointUrl: receiver.url, eventTypes: ['*'], headers: plantedHeaders() } },
      { shows: true },
    );
    await ask(
      'mutation { createApiKey(input: { name: "x", scopes: [READ] }) { apiKey { id } } }',
      {},
      { key: tendril.key },
    );
    await ask(
      'mutation { publishEvent(input: { type: "payout.paid", payload: 1 }) { userErrors { code } } }',
    );
    await ask(
      '{ deliveries { nodes { attempts { request { body } } } } webhookSubscriptions { nodes { id } } }',
      {},
      { key: plant('a key not looked up') },
    );
    await client.query(`ALTER TABLE elsewhere RENAME TO ${table}`);
  }
  await client.end();
  writeLog('the log');
}

/** Starts once more where nothing that is encrypted can be read, with deliveries that wait. */
async function startWithoutItsKey(): Promise<void> {
  const other = randomBytes(32).toString('base64');
  canaries.set('another encryption key', other);
  tendril = await startTendrilProcess({ ...env, ENCRYPTION_KEYS: other });
  await ask('mutation { publishEvent(input: { type: "payout.paid", payload: 1 }) { userErrors { code } } }');
  await ask(
    '{ webhookSubscriptions { nodes { headers { value } } } deliveries { nodes { attempts { request { headers { value } curl } } } } }',
  );
  await eventually(() => tendril.log.some((line) => /cannot be read|decrypt|ENCRYPTION_KEYS/i.test(line)));
  await tendril.end('SIGTERM');
  writeLog('the log without its key');
}

/** Every line has to be one JSON object. */
function writeLog(where: string): void {
  for (const line of tendril.log) {
    expect(JSON.parse(line)).toMatchObject({ level: expect.any(Number), time: expect.any(Number) });
    write(where, line);
  }
}

async function dumpPostgres(): Promise<string> {
  const client = new Client({ connectionString: env.DATABASE_URL });
  await client.connect();
  const { rows: tables } = await client.query(
    "SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables WHERE table_schema NOT IN ('pg_catalog', 'information_schema')",
  );
  const dumps: string[] = [];
  // As text, where bytea is hex.
  for (const { name } of tables) {
    const { rows } = await client.query(`SELECT t::text AS row FROM ${name} t`);
    dumps.push(...rows.map(({ row }) => row as string));
  }
  await client.end();
  expect(dumps.length).toBeGreaterThan(100);
  return dumps.join('\n');
}

async function dumpMongo(): Promise<string> {
  if (env.MONGODB_URL === undefined) return '';
  const client = new MongoClient(env.MONGODB_URL);
  const dumps: unknown[] = [];
  for (const { name } of await client.db().listCollections().toArray())
    dumps.push(...(await client.db().collection(name).find().toArray()));
  await client.close();
  return JSON.stringify(dumps);
}
