import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GraphQLClient } from 'graphql-request';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import {
  CreateWebhookSubscriptionDocument,
  ViewerDocument,
  WebhookSubscriptionDocument,
} from '../../generated/operations.js';
import { commandLineOf } from '../../src/storage/left-behind.js';
import { findRunningPostgres } from '../../src/storage/postgres-server.js';
import { eventually } from '../support/eventually.js';
import { newDatabase } from '../support/stores.js';

const main = join(import.meta.dirname, '../../dist/src/main.js');
const startWithinMs = 60_000;
const onLinux = process.platform === 'linux';
const folders: string[] = [];
const servers: Server[] = [];

afterAll(async () => {
  // SIGTERM lets one that a failed test has left stop the servers that it has started.
  for (const server of servers) await end(server, 'SIGTERM');
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

describe('on the embedded stores', { timeout: 120_000 }, () => {
  let dataDir: string;
  let first: { printed: string; key: string; subscriptionId: string; exitCode: unknown };

  beforeAll(async () => {
    dataDir = join(await newFolder(), 'data');
    const server = run({ DATA_DIR: dataDir });
    const url = await addressOf(server);
    const key = /^API key +(\S+) /m.exec(server.printed)?.[1] ?? '';
    const { createWebhookSubscription } = await api(url, key).request(CreateWebhookSubscriptionDocument, {
      input: { endpointUrl: 'https://hooks.example.com/tendril', eventTypes: ['invoice.paid'] },
    });
    const subscriptionId = createWebhookSubscription.subscription?.id ?? '';
    server.process.kill('SIGTERM');
    first = { exitCode: await server.ended, printed: server.printed, key, subscriptionId };
  }, 120_000);

  test('the first start prints where GraphQL, GraphiQL and health are, and an ADMIN key once', async () => {
    const address = 'http://127\\.0\\.0\\.1:\\d+';
    expect(first.printed.trimEnd().split('\n')).toEqual([
      'Tendril is running.',
      expect.stringMatching(new RegExp(`^GraphQL +${address}/graphql `)),
      expect.stringMatching(new RegExp(`^GraphiQL +${address}/graphiql$`)),
      expect.stringMatching(new RegExp(`^Health +${address}/health/ready$`)),
      expect.stringMatching(/^API key +tdl_[\w-]{43} +\(ADMIN; shown this once\)$/),
    ]);
  });

  test('SIGTERM ends it with 0', () => {
    expect(first.exitCode).toBe(0);
  });

  test('started again it prints no key, the first key still works, and its data are there', async () => {
    const server = run({ DATA_DIR: dataDir });
    const url = await addressOf(server);
    await expectData(url);
    const addresses = [`${url}/graphiql`, `${url}/health/live`, `${url}/health/ready`];
    const statuses = await Promise.all(addresses.map(async (address) => (await fetch(address)).status));
    expect(statuses).toEqual([200, 200, 200]);
    expect(server.printed).not.toContain('API key');
    expect(server.printed + server.logged).not.toContain(first.key);
    expect(await end(server, 'SIGTERM')).toBe(0);
  });

  test('a second Tendril on the same data folder is refused in one sentence, and the first goes on', async () => {
    const server = run({ DATA_DIR: dataDir });
    const url = await addressOf(server);
    await expectRefusal(
      run({ DATA_DIR: dataDir }),
      `Another Tendril (process ${server.process.pid}) is using the data folder ${dataDir}: stop it, or set DATA_DIR to another folder.`,
    );
    await expectData(url);
    expect(await end(server, 'SIGTERM')).toBe(0);
  });

  test('killed with SIGKILL, it starts again beside the servers that it left running', async () => {
    const killed = run({ DATA_DIR: dataDir });
    await addressOf(killed);
    const postgres = await postgresOn(dataDir);
    expect(await end(killed, 'SIGKILL')).toBe('SIGKILL');
    expect(await commandLineOf(postgres)).toContain('postgres');

    const server = run({ DATA_DIR: dataDir });
    await expectData(await addressOf(server));
    expect(await commandLineOf(postgres)).toBeUndefined();
    expect(await end(server, 'SIGTERM')).toBe(0);
  });

  test('a stop that takes too long ends within 20 seconds all the same, and no server is left running', async () => {
    const server = run({ DATA_DIR: dataDir });
    const url = await addressOf(server);
    const blocker = new Client({ connectionString: await findRunningPostgres(dataDir) });
    blocker.on('error', () => undefined); // the server's end breaks it off
    await blocker.connect();
    await blocker.query('BEGIN; LOCK TABLE webhook_subscription');
    const asked = api(url, first.key).request(WebhookSubscriptionDocument, { id: first.subscriptionId });
    asked.catch(() => undefined); // it is never answered
    await eventually(async () => {
      const { rows } = await blocker.query('SELECT FROM pg_locks WHERE NOT granted');
      return rows.length > 0;
    });
    const mongod = Number.parseInt(await readFile(join(dataDir, 'mongo/mongod.lock'), 'utf8'), 10);
    const startedAtMs = Date.now();
    expect(await end(server, 'SIGTERM')).toBe(0);
    expect(Date.now() - startedAtMs).toBeLessThan(20_000);
    await expect(postgresOn(dataDir)).rejects.toThrow('ENOENT');
    expect(await commandLineOf(mongod)).toBeUndefined();
  });

  test('a server that is quiet gives back the memory that its start has left', async () => {
    const server = run({ DATA_DIR: dataDir, LOG_LEVEL: 'debug' });
    await addressOf(server);
    const givenBack = await eventually(
      () => /"givenBackBytes":(\d+),.*"memory given back"/.exec(server.logged)?.[1],
      startWithinMs,
    );
    expect(Number(givenBack)).toBeGreaterThan(16 * 1024 * 1024);
    expect(await end(server, 'SIGTERM')).toBe(0);
  });

  test.runIf(onLinux)(
    'it has its own settings for malloc, and threads for many look-ups of names',
    async () => {
      const server = run({ DATA_DIR: dataDir });
      await addressOf(server);
      expect(await variableOf(server.process.pid, 'GLIBC_TUNABLES')).toContain('glibc.malloc.');
      expect((await readdir(`/proc/${server.process.pid}/task`)).length).toBeGreaterThan(64);
      expect(await end(server, 'SIGTERM')).toBe(0);
    },
  );

  test('a port in use is told in one sentence, and no server is left running', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void other.close());
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    await expectRefusal(
      run({ DATA_DIR: dataDir, PORT: String(port) }),
      `Port ${port} on 127.0.0.1 is in use by another program. Set PORT to a free one, or to 0 for any.`,
    );
    await expect(postgresOn(dataDir)).rejects.toThrow('ENOENT');
  });

  async function expectData(url: string): Promise<void> {
    const client = api(url, first.key);
    const { viewer } = await client.request(ViewerDocument);
    expect(viewer.apiKey.scopes).toEqual(['ADMIN']);
    const { webhookSubscription } = await client.request(WebhookSubscriptionDocument, {
      id: first.subscriptionId,
    });
    expect(webhookSubscription).toMatchObject({
      id: first.subscriptionId,
      endpointUrl: 'https://hooks.example.com/tendril',
    });
  }
});

test.runIf(onLinux).each([
  ["an operator's own settings for malloc stand, be they none", { GLIBC_TUNABLES: '' }, ''],
  // As for a program with privileges, which is not shown its settings and would start itself for ever.
  ['settings for malloc are tried once', { TENDRIL_MALLOC_SETTLED: 'true' }, undefined],
])('%s', async (_says, given: Record<string, string>, settings) => {
  const server = run({
    DATABASE_URL: await newDatabase(),
    ENCRYPTION_KEYS: randomBytes(32).toString('base64'),
    MONGOD_BINARY: 'off',
    ...given,
  });
  await addressOf(server);
  expect(await variableOf(server.process.pid, 'GLIBC_TUNABLES')).toBe(settings);
  expect(await end(server, 'SIGTERM')).toBe(0);
});

// Each is a process of its own that ends by itself.
test.concurrent('a data folder that is a file is told in one sentence', async () => {
  const file = join(await newFolder(), 'data');
  await writeFile(file, 'not a folder');
  await expectRefusal(
    run({ DATA_DIR: file }),
    `The data folder ${file} cannot be written (EEXIST): set DATA_DIR to a folder that the user running Tendril may create and write.`,
  );
});

test.concurrent('a database that is newer than the code is told in one sentence, and is not touched', async () => {
  const databaseUrl = await newDatabase();
  const before = await addMigration(databaseUrl, 'Migration29990101000000');
  await expectRefusal(
    run({ DATABASE_URL: databaseUrl, ENCRYPTION_KEYS: randomBytes(32).toString('base64') }),
    'The database is newer than this Tendril: it has the migration Migration29990101000000, which this version does not know. Start the version that made it, or a later one.',
  );
  expect(await migrationsIn(databaseUrl)).toEqual(before);
});

test.concurrent('a database that does not answer is told in one sentence, without its password', async () => {
  const server = run({
    DATABASE_URL: 'postgres://tendril:canary@127.0.0.1:1/tendril',
    ENCRYPTION_KEYS: randomBytes(32).toString('base64'),
  });
  await expectRefusal(
    server,
    'PostgreSQL at 127.0.0.1:1 cannot be used (ECONNREFUSED): start it, or set DATABASE_URL to one that runs.',
  );
  expect(server.logged).not.toContain('canary');
});

test.concurrent('a database from which no word comes is told in one sentence', async ({
  onTestFinished: afterwards,
}) => {
  const silent = createTcpServer((socket) => socket.resume()).listen(0, '127.0.0.1');
  afterwards(() => void silent.close());
  await once(silent, 'listening');
  const host = `127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const server = run({
    DATABASE_URL: `postgres://tendril:canary@${host}/tendril`,
    ENCRYPTION_KEYS: randomBytes(32).toString('base64'),
  });
  await expectRefusal(
    server,
    `PostgreSQL at ${host} cannot be used (Connection terminated due to connection timeout): see whether what is there is PostgreSQL, and what stands in between.`,
  );
  expect(server.logged).not.toContain('canary');
});

test.concurrent('a database that lets its user not in is told in one sentence, without the password', async () => {
  const databaseUrl = new URL(await newDatabase());
  databaseUrl.password = 'canary';
  const server = run({
    DATABASE_URL: databaseUrl.href,
    ENCRYPTION_KEYS: randomBytes(32).toString('base64'),
  });
  await expectRefusal(
    server,
    `PostgreSQL at ${databaseUrl.host} cannot be used (28P01): set DATABASE_URL to a user and password that it lets in.`,
  );
  expect(server.logged).not.toContain('canary');
});

test.concurrent('a database that wants a password where there is none is told in one sentence', async () => {
  const databaseUrl = new URL(await newDatabase());
  databaseUrl.password = '';
  await expectRefusal(
    run({ DATABASE_URL: databaseUrl.href, ENCRYPTION_KEYS: randomBytes(32).toString('base64') }),
    `PostgreSQL at ${databaseUrl.host} cannot be used (SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string): set DATABASE_URL to a user and password that it lets in.`,
  );
});

test.concurrent('all faults of the configuration are told at once, before anything is started', async () => {
  const dataDir = join(await newFolder(), 'data');
  const server = run({
    DATA_DIR: dataDir,
    PORT: '70000',
    ROLE: 'everything',
    RETENTION_DAYS: '0',
    BOOTSTRAP_API_KEY: 'short',
    ENCRYPTION_KEYS: 'canary',
    ALLOWED_NETWORKS: '10.0.0.0/33',
  });
  expect(await server.ended).toBe(1);
  const [heading, ...faults] = sentencesIn(server.logged);
  expect(heading).toBe('The configuration has 6 faults:');
  expect(faults.map((fault) => fault.trim().split(':')[0])).toEqual([
    'PORT',
    'ROLE',
    'BOOTSTRAP_API_KEY',
    'ENCRYPTION_KEYS',
    'ALLOWED_NETWORKS',
    'RETENTION_DAYS',
  ]);
  expect(server.printed + server.logged).not.toMatch(/canary|\n {4}at /);
  await expect(readFile(dataDir)).rejects.toThrow('ENOENT');
});

/** A Tendril as its operator sees it. */
interface Server {
  readonly process: ChildProcess;
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
  /** What came over standard output so far. */
  readonly printed: string;
  /** What came over standard error so far: the log, one JSON object a line, and why it cannot start. */
  readonly logged: string;
}

/** Starts the built server on a free port with nothing else configured than what is given. */
function run(env: Record<string, string>): Server {
  // The two at the end say where a mongod is to be had, and are the runner's.
  const { PATH, HOME, XDG_CACHE_HOME, MONGOD_BINARY } = process.env;
  const child = spawn(process.execPath, [main], {
    env: { PATH, HOME, XDG_CACHE_HOME, MONGOD_BINARY, PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const server = {
    process: child,
    ended: once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string),
    printed: '',
    logged: '',
  };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    server.printed += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    server.logged += text;
  });
  servers.push(server);
  return server;
}

async function addressOf(server: Server): Promise<string> {
  const hasEnded = server.ended.then((code) => {
    throw new Error(`it ended with ${code}: ${server.logged}`);
  });
  const address = eventually(
    () => /^Health +(\S+)\/health\/ready\n/m.exec(server.printed)?.[1],
    startWithinMs,
    () => server.logged,
  );
  return Promise.race([address, hasEnded]);
}

function end(server: Server, signal: NodeJS.Signals): Promise<number | string> {
  server.process.kill(signal);
  return server.ended;
}

/** What cannot start says why in this sentence alone, and ends with 1. */
async function expectRefusal(server: Server, sentence: string): Promise<void> {
  expect(await server.ended).toBe(1);
  expect(server.printed).toBe('');
  expect(sentencesIn(server.logged)).toEqual([sentence]);
}

/** The lines that are for people; a stack's would be among them. */
function sentencesIn(logged: string): string[] {
  return logged.split('\n').filter((line) => line !== '' && !line.startsWith('{'));
}

function api(url: string, key: string): GraphQLClient {
  return new GraphQLClient(`${url}/graphql`, { headers: { Authorization: `Bearer ${key}` } });
}

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `tendril-test-${process.pid}-`));
  await chmod(folder, 0o711); // as root, PostgreSQL runs as another user, who must pass through
  folders.push(folder);
  return folder;
}

/** The process id of the PostgreSQL on a data folder; fails with ENOENT where none runs. */
async function postgresOn(dataDir: string): Promise<number> {
  return Number.parseInt(await readFile(join(dataDir, 'postgres/postmaster.pid'), 'utf8'), 10);
}

/** A variable that a process was started with. */
async function variableOf(pid: number | undefined, name: string): Promise<string | undefined> {
  const environment = await readFile(`/proc/${pid}/environ`, 'utf8');
  return environment
    .split('\0')
    .find((variable) => variable.startsWith(`${name}=`))
    ?.slice(name.length + 1);
}

/** Notes a migration as done; gives all that are. */
async function addMigration(databaseUrl: string, name: string): Promise<string[]> {
  await query(databaseUrl, 'INSERT INTO migration (name) VALUES ($1)', [name]);
  return migrationsIn(databaseUrl);
}

async function migrationsIn(databaseUrl: string): Promise<string[]> {
  const rows = await query(databaseUrl, 'SELECT name FROM migration ORDER BY id');
  return rows.map(({ name }) => name);
}

async function query(databaseUrl: string, statement: string, values: string[] = []) {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  const { rows } = await client.query<{ name: string }>(statement, values);
  await client.end();
  return rows;
}
