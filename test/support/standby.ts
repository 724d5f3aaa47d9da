import { execFile, spawn } from 'node:child_process';
import { chown, readFile, realpath, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { findFreePort } from '../../src/storage/free-port.js';
import { commandLineOf } from '../../src/storage/left-behind.js';
import { startPostgres } from '../../src/storage/postgres-server.js';
import { eventually } from './eventually.js';
import { temporaryFolder } from './temporary-folder.js';

/** A PostgreSQL and its synchronous standby: what is committed at the first is at the other as well. */
export interface PostgresPair {
  /** Of the primary. */
  readonly url: string;
  readonly standbyPort: number;
  /** Makes a primary of the standby, whatever has become of the other. */
  promote(): Promise<void>;
}

/** Starts both for the test. */
export async function startPostgresPair(): Promise<PostgresPair> {
  const dataDir = await temporaryFolder();
  const log = pino({ level: 'silent' });
  // A folder is copied while nobody writes there.
  await (await startPostgres({ dataDir, log })).stop();
  const folder = await realpath(join(dataDir, 'postgres'));
  const copy = `${folder}-standby`;
  await promisify(execFile)('cp', ['-a', folder, copy]);
  const { url, stop } = await startPostgres({ dataDir, log });
  onTestFinished(stop);
  const standbyPort = await startStandby(folder, copy, url);
  const primary = await connectTo(url);
  await primary.query("ALTER SYSTEM SET synchronous_standby_names = '*'");
  await primary.query('SELECT pg_reload_conf()');
  const isInSync = async () =>
    (await primary.query("SELECT FROM pg_stat_replication WHERE sync_state = 'sync'")).rowCount === 1;
  await eventually(isInSync, 20_000);
  await primary.end();
  return {
    url,
    standbyPort,
    async promote() {
      const standby = await connectTo(withPort(url, standbyPort));
      await standby.query('SELECT pg_promote()');
      await standby.end();
    },
  };
}

/** Starts it with the command line of the primary; gives its port. */
async function startStandby(folder: string, copy: string, primaryUrl: string): Promise<number> {
  const { hostname, port, username, password } = new URL(primaryUrl);
  const { uid, gid } = await stat(copy);
  await writeFile(join(copy, 'standby.signal'), '');
  await chown(join(copy, 'standby.signal'), uid, gid);
  const pid = Number.parseInt(await readFile(join(folder, 'postmaster.pid'), 'utf8'), 10);
  const standbyPort = await findFreePort();
  const [program = '', ...args] = ((await commandLineOf(pid)) ?? '')
    .split(' ')
    .map((word) => (word === folder ? copy : word.replace(/^port=\d+$/, `port=${standbyPort}`)));
  const conninfo = `primary_conninfo=host=${hostname} port=${port} user=${username} password=${password}`;
  const child = spawn(program, [...args, '-c', conninfo], {
    ...(process.getuid?.() === 0 && { uid, gid }),
    cwd: '/',
    stdio: 'ignore',
  });
  onTestFinished(async () => {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGQUIT');
    await ended;
  });
  return standbyPort;
}

async function connectTo(connectionString: string): Promise<Client> {
  const client = new Client({ connectionString });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

function withPort(url: string, port: number): string {
  return Object.assign(new URL(url), { port }).href;
}
