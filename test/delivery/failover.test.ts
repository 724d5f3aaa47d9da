import { setTimeout as pause } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { auditDeliveries } from '../support/delivery-audit.js';
import { eventually } from '../support/eventually.js';
import { publish, subscribe } from '../support/main-operations.js';
import { startReceiver } from '../support/receiver.js';
import { startPostgresPair } from '../support/standby.js';
import { openTcpProxy } from '../support/tcp-proxy.js';
import { freshEnv, startTendril } from '../support/tendril.js';

const type = 'payout.paid';

test('a standby takes over from a machine that is gone without a word, and nothing that was acknowledged is lost', async () => {
  const postgres = await startPostgresPair();
  const url = new URL(postgres.url);
  const proxy = await openTcpProxy(Number(url.port));
  onTestFinished(() => proxy.close());
  url.port = String(proxy.port);
  const tendril = await startTendril(await freshEnv({ DATABASE_URL: url.href }));
  const receiver = await startReceiver();
  const { id } = await subscribe(tendril, { endpointUrl: receiver.url, eventTypes: [type] });

  const acknowledged: string[] = [];
  let isOver = false;
  const publishing = [1, 2, 3, 4].map(async (publisher) => {
    for (let nth = 0; !isOver; nth++) {
      const idempotencyKey = `${publisher}-${nth}`;
      acknowledged.push(await untilItSucceeds(() => publish(tendril, type, { nth }, { idempotencyKey })));
    }
  });
  await eventually(() => acknowledged.length > 100);

  proxy.silence();
  await postgres.promote();
  await proxy.mend(postgres.standbyPort);
  const before = acknowledged.length;
  await eventually(() => acknowledged.length > before + 100, 40_000);
  isOver = true;
  await Promise.all(publishing);
  await auditDeliveries(tendril, receiver, id, acknowledged, 60_000);
  expect(new Set(acknowledged).size).toBe(acknowledged.length);
}, 180_000);

async function untilItSucceeds<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch {
      await pause(100);
    }
  }
}
