import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { commandLineOf } from '../../src/storage/left-behind.js';
import { auditDeliveries } from '../support/delivery-audit.js';
import { eventually } from '../support/eventually.js';
import { publishMany, subscribe } from '../support/main-operations.js';
import { startReceiver } from '../support/receiver.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { startTendrilProcess, type TendrilProcess } from '../support/tendril.js';

const type = 'payout.paid';
const retryPolicy = { scheduleSeconds: [1, 1, 1, 1] };

async function startEmbedded(dataDir: string): Promise<TendrilProcess> {
  const { XDG_CACHE_HOME = '', MONGOD_BINARY = '' } = process.env;
  const key = 'tdl_test_of_an_embedded_postgresql_that_is_killed';
  const env = { DATA_DIR: dataDir, BOOTSTRAP_API_KEY: key, PORT: '0', XDG_CACHE_HOME, MONGOD_BINARY };
  const tendril = await startTendrilProcess(
    Object.fromEntries(Object.entries(env).filter(([, value]) => value)),
  );
  // Killed instead, as at the end of a test, it would leave its stores running.
  onTestFinished(async () => void (await tendril.end('SIGTERM')));
  return tendril;
}

async function postmaster(dataDir: string): Promise<number> {
  return Number.parseInt(
    await readFile(join(dataDir, 'postgres/postmaster.pid'), 'utf8').catch(() => ''),
    10,
  );
}

function timesRunningAgain({ log }: TendrilProcess): number {
  return log.filter((line) => line.includes('is running again')).length;
}

async function isReady({ url }: TendrilProcess): Promise<boolean> {
  const response = await fetch(`${url}/health/ready`);
  const { missing } = (await response.json()) as { missing: string[] };
  return response.ok && missing.length === 0;
}

test('an embedded PostgreSQL that is killed is started again, and nothing that was acknowledged is lost', async () => {
  const dataDir = await temporaryFolder();
  const tendril = await startEmbedded(dataDir);
  const receiver = await startReceiver((_request, earlier, response) =>
    response.writeHead(earlier % 4 === 0 ? 500 : 204).end(),
  );
  const { id } = await subscribe(tendril, { endpointUrl: receiver.url, eventTypes: [type], retryPolicy });
  const eventIds: string[] = [];
  for (let round = 0; round < 2; round += 1) {
    eventIds.push(...(await publishMany(tendril, type, 20)));
    const before = timesRunningAgain(tendril);
    process.kill(await postmaster(dataDir), 'SIGKILL');
    await eventually(() => timesRunningAgain(tendril) > before, 30_000);
    await eventually(() => isReady(tendril), 30_000);
  }
  eventIds.push(...(await publishMany(tendril, type, 20)));
  await auditDeliveries(tendril, receiver, id, eventIds, 30_000);
});

test('a stop just after its PostgreSQL was killed starts none any more, and ends with 0', async () => {
  const dataDir = await temporaryFolder();
  const tendril = await startEmbedded(dataDir);
  process.kill(await postmaster(dataDir), 'SIGKILL');
  await eventually(() => tendril.log.some((line) => line.includes('PostgreSQL ended by itself (SIGKILL)')));
  expect(await tendril.end('SIGTERM')).toBe(0);
  expect(await commandLineOf(await postmaster(dataDir))).toBeUndefined();
});
