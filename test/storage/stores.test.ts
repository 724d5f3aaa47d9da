import { MongoClient } from 'mongodb';
import { Client } from 'pg';
import { expect, inject, test } from 'vitest';
import { newDatabase, newMongoUrl, startReplicaSet } from '../support/stores.js';

test('each call gives a database of its own with the tables of this version', async () => {
  const urls = await Promise.all([newDatabase(), newDatabase()]);
  expect(new Set(urls).size).toBe(2);
  for (const url of urls) {
    const client = new Client({ connectionString: url });
    await client.connect();
    const { rows } = await client.query("SELECT to_regclass('migration') AS migrations");
    await client.end();
    expect(rows).toEqual([{ migrations: 'migration' }]);
  }
});

test.skipIf(inject('mongoUrl') === undefined)(
  'a replica set of one tells changes, a lone server does not',
  async () => {
    const replicaSet = await startReplicaSet();
    const hello = async (url: string | undefined) => {
      const client = await MongoClient.connect(url ?? '');
      const answer = await client.db().command({ hello: 1 });
      await client.close();
      return answer;
    };
    expect(await hello(replicaSet?.url)).toMatchObject({ isWritablePrimary: true, setName: 'tendril' });
    expect(await hello(newMongoUrl())).not.toHaveProperty('setName');
  },
);
