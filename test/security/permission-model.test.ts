import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { deliveryOnce, newEventType, publishForOne, subscribe } from '../support/main-operations.js';
import { startReceiver } from '../support/receiver.js';
import { freshEnv, startTendrilProcess } from '../support/tendril.js';

test("on stores of the operator's own it runs under Node's permission model, with nothing but its own folder to read", async () => {
  const tendril = await startTendrilProcess(
    await freshEnv({ NODE_OPTIONS: `--permission --allow-fs-read=${resolve('.')}/*`, MONGOD_BINARY: 'off' }),
  );
  const receiver = await startReceiver();
  const type = await newEventType(tendril);
  await subscribe(tendril, { endpointUrl: receiver.url, eventTypes: [type] });
  await deliveryOnce(tendril, await publishForOne(tendril, type), 'DELIVERED');
  expect((await fetch(`${tendril.url}/graphiql/`)).status).toBe(200);
  expect(await tendril.end('SIGTERM')).toBe(0);
});
