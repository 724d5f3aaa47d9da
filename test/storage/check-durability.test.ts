import { spawn } from 'node:child_process';
import { readFile, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Db, MongoClient } from 'mongodb';
import { Client } from 'pg';
import { pino } from 'pino';
import { expect, inject, onTestFinished, test } from 'vitest';
import { openAlarms } from '../../src/deliveries/alarms/alarms.js';
import { checkDurability } from '../../src/storage/check-durability.js';
import { openDatabase } from '../../src/storage/database.js';
import { commandLineOf } from '../../src/storage/left-behind.js';
import { startPostgres } from '../../src/storage/postgres-server.js';
import { eventually } from '../support/eventually.js';
import { newDatabase, newMongoUrl } from '../support/stores.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { freshEnv, startTendril, startTendrilProcess, type Tendril } from '../support/tendril.js';

const silent = pino({ level: 'silent' });

interface Warning {
  level: number;
  msg: string;
  aheadMs?: number;
}

/** What a server has warned of. */
function warningsOf({ log }: Tendril): Warning[] {
  return log.map((line) => JSON.parse(line)).filter(({ level }) => level >= 40);
}

/** What a process that opens this PostgreSQL, and has this clock, warns of. */
async function warnings(url: string, clock?: () => number): Promise<Warning[]> {
  const lines: string[] = [];
  const log = pino({ base: null, timestamp: false }, { write: (line: string) => void lines.push(line) });
  const database = await openDatabase(url, [], silent);
  try {
    await checkDurability(database, undefined, log, clock);
  } finally {
    await database.close();
  }
  return lines.map((line) => JSON.parse(line));
}

async function run(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query(statement).finally(() => client.end());
}

test('each setting by which PostgreSQL can lose what was acknowledged is warned of in a line', async () => {
  const dataDir = await temporaryFolder();
  const server = await startPostgres({ dataDir, log: silent });
  onTestFinished(() => server.stop());
  await restartCareless(dataDir);
  await eventually(
    () =>
      run(server.url, 'SELECT 1').then(
        () => true,
        () => false,
      ),
    60_000,
  );
  const tendril = await startTendril(await freshEnv({ DATABASE_URL: server.url }));
  expect(warningsOf(tendril)).toMatchObject([
    { msg: expect.stringMatching(/^PostgreSQL runs with fsync = off: /) },
    { msg: expect.stringMatching(/^PostgreSQL runs with full_page_writes = off: /) },
  ]);
  await tendril.stop();
}, 120_000);

test('synchronous_commit counts as the sessions of Tendril see it, and a start warns of it', async () => {
  const env = await freshEnv();
  const url = env.DATABASE_URL ?? '';
  await run(url, `ALTER DATABASE ${new URL(url).pathname.slice(1)} SET synchronous_commit = off`);
  const tendril = await startTendril(env);
  expect(warningsOf(tendril)).toMatchObject([
    { level: 40, msg: expect.stringMatching(/^PostgreSQL runs with synchronous_commit = off: /) },
  ]);
});

test('a start on stores that keep what is acknowledged warns of nothing', async () => {
  const tendril = await startTendril();
  expect(warningsOf(tendril)).toEqual([]);
});

test("a start warns where the process's clock and PostgreSQL's differ", async () => {
  const preloads = [fileURLToPath(new URL('../support/clock-behind.ts', import.meta.url))];
  const tendril = await startTendrilProcess(await freshEnv(), { folder: '.', preloads });
  expect(warningsOf(tendril)).toMatchObject([
    { msg: expect.stringMatching(/^PostgreSQL's clock and this process's differ: /) },
  ]);
});

test.skipIf(inject('mongoUrl') === undefined).each([
  ['w=0', { w: 0, journal: true }],
  ['w=1', { w: 1, journal: true }],
  ['journal=false', { w: 'majority', journal: false }],
])('a start warns of a MONGODB_URL that asks for %s', async (asked, told) => {
  const tendril = await startTendril(await freshEnv({ MONGODB_URL: `${newMongoUrl()}?${asked}` }));
  expect(warningsOf(tendril)).toMatchObject([
    { ...told, msg: expect.stringMatching(/^MONGODB_URL asks for a write concern that can lose alarms: /) },
  ]);
});

test("a clock that is more than a second from PostgreSQL's is warned of, with the difference", async () => {
  const url = await newDatabase();
  const [behind] = await warnings(url, () => Date.now() - 60_000);
  expect(behind).toMatchObject({
    level: 40,
    msg: expect.stringMatching(/^PostgreSQL's clock and this process's differ: /),
  });
  expect(behind?.aheadMs).toBeGreaterThan(30_000);
  expect(behind?.aheadMs).toBeLessThanOrEqual(60_000);
  const [ahead] = await warnings(url, () => Date.now() + 60_000);
  expect(ahead?.aheadMs).toBeLessThan(-30_000);
  expect(await warnings(url, () => Date.now() + 900)).toEqual([]);
});

test('a PostgreSQL that answers slowly is not taken for one whose clock is off', async () => {
  let readings = 0;
  const clock = () => Date.now() + (readings++ % 2 === 0 ? -30_000 : 30_000);
  expect(await warnings(await newDatabase(), clock)).toEqual([]);
});

test.skipIf(inject('mongoUrl') === undefined)(
  'MongoDB is asked to keep every alarm on the disks of a majority, whatever MONGODB_URL says',
  async () => {
    const url = newMongoUrl() ?? '';
    const client = await MongoClient.connect(url);
    onTestFinished(() => client.close());
    await client.db().setProfilingLevel('all');
    const alarms = await openAlarms({ kind: 'mongodb', url: `${url}?w=0&journal=false` }, silent);
    onTestFinished(() => alarms.stop());
    let drains = 0;
    await alarms.work(async () => void drains++);
    await alarms.set([new Date()]);
    await eventually(() => drains > 0);
    await eventually(async () => (await writeConcerns(client.db())).length > 1);
    for (const concern of await writeConcerns(client.db()))
      expect(concern).toMatchObject({ w: 'majority', j: true });
  },
);

/** Those that came with commands that write to Agenda's collection. */
async function writeConcerns(db: Db): Promise<unknown[]> {
  const writes = db.collection('system.profile').find({
    ns: `${db.databaseName}.agendaJobs`,
    $or: ['insert', 'findAndModify', 'findandmodify'].map((name) => ({
      [`command.${name}`]: { $exists: true },
    })),
  });
  return (await writes.toArray()).map(({ command }) => command.writeConcern);
}

/** Starts the PostgreSQL of a data folder again as it was, but for what makes it durable; it ends with the test. */
async function restartCareless(dataDir: string): Promise<void> {
  const folder = await realpath(join(dataDir, 'postgres'));
  const { uid, gid } = await stat(folder);
  const pid = Number.parseInt(await readFile(join(folder, 'postmaster.pid'), 'utf8'), 10);
  const commandLine = (await commandLineOf(pid)) ?? '';
  process.kill(pid, 'SIGINT');
  await eventually(async () => (await commandLineOf(pid)) === undefined, 60_000);
  const [program = '', ...args] = commandLine
    .replace('fsync=on', 'fsync=off')
    .replace('full_page_writes=on', 'full_page_writes=off')
    .split(' ');
  const child = spawn(program, args, {
    ...(process.getuid?.() === 0 && { uid, gid }),
    cwd: '/',
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
    stdio: 'ignore',
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  onTestFinished(async () => {
    child.kill('SIGINT');
    await ended;
  });
}
