import { Client } from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { byteaArray } from '../../src/storage/bytea-array.js';
import { newDatabase } from '../support/stores.js';

test.each<[string, (Buffer | null)[]]>([
  ['bytes, no bytes and null', [Buffer.from([0, 255, 92, 34]), Buffer.alloc(0), null]],
  ['null alone', [null, null]],
  ['64 KiB', [Buffer.alloc(65_536, 'a'), Buffer.from('b')]],
])('PostgreSQL reads an array of %s as it was', async (_says, items) => {
  const client = new Client({ connectionString: await newDatabase() });
  await client.connect();
  onTestFinished(() => client.end());
  const { rows } = await client.query('SELECT item FROM unnest($1::bytea[]) AS item', [byteaArray(items)]);
  expect(rows.map(({ item }) => item)).toEqual(items);
});
