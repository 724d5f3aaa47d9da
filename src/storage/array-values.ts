import { newBuffer } from '../large-buffer.js';

// PostgreSQL's object identifiers.
const byteaOid = 17;
const textOid = 25;
const headBytes = 20;

/**
 * A bytea[] as a parameter in PostgreSQL's binary format. Of an array the driver makes text, which is twice as long and passes through
 * the JavaScript heap some times over.
 */
export function byteaArray(items: readonly (Buffer | null)[]): Buffer {
  return binaryArray(byteaOid, items);
}

/** The same of a text[]. The driver would look through each text for what is to be escaped. */
export function textArray(items: readonly (string | null)[]): Buffer {
  return binaryArray(
    textOid,
    items.map((item) => (item === null ? null : Buffer.from(item))),
  );
}

/** An array of what has nothing to escape, as PostgreSQL writes it: of uuids, numbers, moments and this server's own words. */
export function plainArray(items: readonly (string | number | boolean | Date | null | undefined)[]): string {
  const texts = items.map((item) => (item instanceof Date ? item.toISOString() : (item ?? 'NULL')));
  return `{${texts.join(',')}}`;
}

function binaryArray(oid: number, items: readonly (Buffer | null)[]): Buffer {
  const size = items.reduce((bytes, item) => bytes + 4 + (item?.length ?? 0), headBytes);
  const array = newBuffer(size);
  // One dimension; null is possible; what the items are; how many; the number of the first.
  let at = 0;
  for (const number of [1, 1, oid, items.length, 1]) at = array.writeInt32BE(number, at);
  for (const item of items) {
    at = array.writeInt32BE(item?.length ?? -1, at);
    if (item) at += item.copy(array, at);
  }
  return array;
}
