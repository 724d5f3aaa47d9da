import type { ServerResponse } from 'node:http';
import { Client } from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { newEventType, publishMany, subscribe } from '../support/main-operations.js';
import { startReceiver } from '../support/receiver.js';
import { freshEnv, startTendril } from '../support/tendril.js';

// As many as a new endpoint gets at once.
const events = 32;

test('responses of 64 KiB that come at once are recorded a mebibyte at a time', async () => {
  const env = await freshEnv();
  const tendril = await startTendril(env);
  const type = await newEventType(tendril);
  const held: ServerResponse[] = [];
  const receiver = await startReceiver((_request, _earlier, response) => void held.push(response));
  for (const path of ['a', 'b'])
    await subscribe(tendril, { endpointUrl: `${receiver.url}/${path}`, eventTypes: [type] });
  const client = new Client({ connectionString: env.DATABASE_URL });
  await client.connect();
  onTestFinished(() => client.end());

  await publishMany(tendril, type, events);
  await receiver.waitFor(2 * events);
  for (const response of held) response.end('a'.repeat(64 * 1024));
  // Rows of one statement are of one transaction.
  const batches = async () => (await client.query(recorded)).rows.map(({ attempts }) => attempts);
  await eventually(async () => (await batches()).reduce((sum, each) => sum + each, 0) === 2 * events);
  expect(Math.max(...(await batches()))).toBeLessThanOrEqual(16);
});

const recorded = 'SELECT count(*)::integer AS attempts FROM attempt GROUP BY xmin::text';
