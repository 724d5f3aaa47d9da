import { Client } from 'pg';
import { pino } from 'pino';
import { onTestFinished, test } from 'vitest';
import { holdConnection } from '../../src/storage/hold-connection.js';
import { eventually } from '../support/eventually.js';
import { newDatabase } from '../support/stores.js';
import { openTcpProxy } from '../support/tcp-proxy.js';

test('a connection that goes silent while it is made ready is given up, and made anew', async () => {
  const databaseUrl = await newDatabase();
  const url = new URL(databaseUrl);
  const proxy = await openTcpProxy(Number(url.port));
  onTestFinished(() => proxy.close());
  url.host = `127.0.0.1:${proxy.port}`;
  const asked: string[] = [];
  const ready: string[] = [];
  const held = await holdConnection({
    databaseUrl: url.href,
    applicationName: 'held by a test',
    log: pino({ level: 'silent' }),
    async prepare(client) {
      asked.push('ready?');
      if (asked.length === 2) proxy.silence();
      await client.query('SELECT 1');
      ready.push('ready');
    },
  });
  onTestFinished(() => held.close());

  await endBackend(databaseUrl, 'held by a test');
  await eventually(() => asked.length === 2);
  await proxy.mend();
  await eventually(() => ready.length === 2, 30_000);
}, 60_000);

async function endBackend(databaseUrl: string, name: string): Promise<void> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1', [
    name,
  ]);
  await client.end();
}
