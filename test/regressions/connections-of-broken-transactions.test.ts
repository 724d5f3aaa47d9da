import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { openDatabase } from '../../src/storage/database.js';
import { eventually } from '../support/eventually.js';
import { openTcpProxy } from '../support/tcp-proxy.js';
import { freshEnv } from '../support/tendril.js';

// Kysely 0.29.6 kept the connection of a transaction that could not be rolled back, or not even begun, out of the pool for ever:
// a dozen of them, and nothing reached PostgreSQL any more (https://github.com/kysely-org/kysely/issues/1990).
test('transactions that lose PostgreSQL give back their connections', async () => {
  const url = new URL((await freshEnv()).DATABASE_URL ?? '');
  const proxy = await openTcpProxy(Number(url.port));
  onTestFinished(() => proxy.close());
  url.host = `127.0.0.1:${proxy.port}`;
  const database = await openDatabase(url.href, [], pino({ level: 'silent' }));
  const goOn = Promise.withResolvers<void>();
  const begun = Array.from({ length: 12 }, () => {
    const isOpen = Promise.withResolvers<void>();
    const ended = database.orm.em.fork().transactional(async (tx) => {
      await tx.execute('SELECT 1');
      isOpen.resolve();
      await goOn.promise;
      await tx.execute('SELECT 1');
    });
    return { isOpen: isOpen.promise, ended };
  });
  await Promise.all(begun.map(({ isOpen }) => isOpen));
  await proxy.cut();
  goOn.resolve();
  const ended = await Promise.allSettled(begun.map(({ ended }) => ended));
  expect(ended.map(({ status }) => status)).toEqual(begun.map(() => 'rejected'));

  await proxy.mend();
  await eventually(() => database.answers());
  expect(database.pool.totalCount).toBeLessThan(12);
  await database.close();
});
