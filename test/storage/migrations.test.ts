import { Migration } from '@mikro-orm/migrations';
import { Client } from 'pg';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { StartError } from '../../src/start-error.js';
import { openDatabase } from '../../src/storage/database.js';
import { allMigrations } from '../../src/storage/migrations/all.js';
import { eventually } from '../support/eventually.js';
import { newDatabase } from '../support/stores.js';

/** What the next version might bring: it needs the table of events for itself alone. */
class Migration9001Planted extends Migration {
  override name = '9001-planted';

  override up(): void {
    this.addSql('CREATE TABLE planted (id uuid PRIMARY KEY)');
    this.addSql('ALTER TABLE event ADD COLUMN planted text');
  }
}

const nextVersion = [...allMigrations, Migration9001Planted];

/** A process that starts: what it says, and how that ends. */
function start(url: string, migrations = nextVersion) {
  const log: string[] = [];
  const pinoLog = pino({ level: 'info' }, { write: (line: string) => void log.push(JSON.parse(line).msg) });
  const started = openDatabase(url, [], pinoLog, migrations).then((database) => database.close());
  started.catch(() => undefined); // whoever waits for it is told
  return { log, started };
}

async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url });
  await client.connect();
  onTestFinished(() => client.end());
  return client;
}

/** Somebody who reads events for as long as the test pleases. */
async function readForLong(url: string): Promise<{ end(): Promise<unknown> }> {
  const reader = await connect(url);
  await reader.query('BEGIN');
  await reader.query('SELECT count(*) FROM event');
  return { end: () => reader.query('COMMIT') };
}

const lockedLine = 'others use the tables for long; the migration is tried again';
const waitingLine = 'waiting for another process, which brings the tables up to date';
const doneLine = 'brought the tables up to date';

test('a migration that others keep waiting gives way to everybody again and again, and is applied whole in the end', async () => {
  const url = await newDatabase();
  const reader = await readForLong(url);
  const process = start(url);
  await eventually(() => process.log.includes(lockedLine), 30_000);
  const other = await connect(url);
  await other.query("SET statement_timeout = '20s'");
  for (let reads = 0; reads < 5; reads += 1) await other.query('SELECT count(*) FROM event');
  const { rows } = await other.query("SELECT to_regclass('planted') AS planted");
  expect(rows).toEqual([{ planted: null }]);
  await reader.end();
  await process.started;
  expect(process.log).toEqual([lockedLine, doneLine]);
  await other.query('SELECT planted FROM event');
});

test('of two processes that start at once, one brings the tables up to date, and the other says that it waits', async () => {
  const url = await newDatabase();
  const reader = await readForLong(url);
  const processes = [start(url), start(url)];
  const said = () => processes.flatMap(({ log }) => log);
  await eventually(() => said().includes(lockedLine) && said().includes(waitingLine), 30_000);
  await reader.end();
  await Promise.all(processes.map(({ started }) => started));
  expect(processes.map(({ log }) => log)).toEqual(
    expect.arrayContaining([[lockedLine, doneLine], [waitingLine]]),
  );
});

test('a process of the version before that waits for a migration is refused after it, and nothing is undone', async () => {
  const url = await newDatabase();
  const reader = await readForLong(url);
  const next = start(url);
  await eventually(() => next.log.includes(lockedLine), 30_000);
  const before = start(url, allMigrations);
  await eventually(() => before.log.includes(waitingLine), 30_000);
  await reader.end();
  await next.started;
  await expect(before.started).rejects.toThrow(StartError);
  await expect(before.started).rejects.toThrow(
    'The database is newer than this Tendril: it has the migration 9001-planted, which this version does not know.',
  );
  await start(url).started;
});

test('a migration that fails leaves nothing behind, and the next process is not kept waiting', async () => {
  class MigrationThatFails extends Migration9001Planted {
    override up(): void {
      super.up();
      this.addSql('SELECT 1 / 0');
    }
  }
  const url = await newDatabase();
  await expect(start(url, [...allMigrations, MigrationThatFails]).started).rejects.toThrow(
    'division by zero',
  );
  const next = start(url);
  await next.started;
  expect(next.log).toEqual([doneLine]);
});
