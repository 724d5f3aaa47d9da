import { Client } from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { startCrashablePostgres } from './crashable-store.js';

test('a process of PostgreSQL that crashes by itself is found, also after a restart; one that was killed with all is not', async () => {
  const postgres = await startCrashablePostgres(await temporaryFolder());
  onTestFinished(() => postgres.crash('SIGQUIT'));
  await postgres.crash('SIGKILL');
  await postgres.restart();
  expect(await postgres.ownCrashes()).toEqual([]);

  const client = new Client({ connectionString: postgres.url });
  client.on('error', () => undefined);
  await client.connect();
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  process.kill(rows[0]?.pid ?? 0, 'SIGSEGV');
  await eventually(async () => (await postgres.ownCrashes()).some((line) => line.includes('signal 11')));
  await postgres.crash('SIGQUIT');
  await postgres.restart();
  expect(await postgres.ownCrashes()).toHaveLength(1);
});
