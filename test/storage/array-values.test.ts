import { Client } from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { byteaArray, plainArray, textArray } from '../../src/storage/array-values.js';
import { newDatabase } from '../support/stores.js';

test.each<[string, (Buffer | null)[]]>([
  ['bytes, no bytes and null', [Buffer.from([0, 255, 92, 34]), Buffer.alloc(0), null]],
  ['null alone', [null, null]],
  ['64 KiB', [Buffer.alloc(65_536, 'a'), Buffer.from('b')]],
])('PostgreSQL reads an array of %s as it was', async (_says, items) => {
  expect(await read('bytea[]', byteaArray(items))).toEqual(items);
});

test('PostgreSQL reads an empty array as one', async () => {
  expect(await read('text[]', textArray([]))).toEqual([]);
});

test('PostgreSQL reads an array of texts as it was', async () => {
  const items = ['[{"name":"a","value":"\\\\ \\" {,}"}]', '', 'NULL', 'Größe \u{1f331}', null];
  expect(await read('text[]', textArray(items))).toEqual(items);
});

test.each<[string, string, (string | number | boolean | Date | null)[]]>([
  ['uuids', 'uuid[]', ['019ab1de-7a3c-7b11-8a5e-0123456789ab', null]],
  ['numbers', 'integer[]', [-1, 0, 2 ** 31 - 1, null]],
  ['truths', 'boolean[]', [true, false, null]],
  ['moments', 'timestamptz[]', [new Date(0), new Date(1_795_418_949_025), null]],
  ['words', 'text[]', ['DELIVERED', null]],
  ['nothing', 'uuid[]', []],
])('PostgreSQL reads a plain array of %s as it was', async (_says, type, items) => {
  expect(await read(type, plainArray(items))).toEqual(items);
});

async function read(type: string, array: Buffer | string): Promise<unknown[]> {
  const client = new Client({ connectionString: await newDatabase() });
  await client.connect();
  onTestFinished(() => client.end());
  const { rows } = await client.query(`SELECT item FROM unnest($1::${type}) AS item`, [array]);
  return rows.map(({ item }) => item);
}
