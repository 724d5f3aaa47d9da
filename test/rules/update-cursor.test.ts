import { describe, expect, test } from 'vitest';
import { notSeeing, readSnapshot, sees, shortSnapshot, writeSnapshot } from '../../src/rules/snapshot.js';
import { readUpdateCursor, type UpdateCursor, writeUpdateCursor } from '../../src/rules/update-cursor.js';

const workspaceId = '0193a4be-5f3c-7bb1-9d2e-111111111111';
const uuid = '0193a4be-5f3c-7bb1-9d2e-222222222222';

function encode(text: string): string {
  return Buffer.from(text).toString('base64url');
}

describe('a cursor', () => {
  test.each<[what: string, text: string, seen: string, until?: string]>([
    ['of a delivery in the logs, as all once were', `77 80 ${uuid} ${workspaceId}`, '77:77:'],
    ['of a live update', `77:90:77,80,85 80 ${uuid} ${workspaceId}`, '77:90:77,80,85'],
    ['of a live update while nobody else was writing', `80:81: 80 ${uuid} ${workspaceId}`, '80:81:'],
    ['within a catching up', `77:90:77 95 ${uuid} ${workspaceId} 77:99:77`, '77:90:77', '77:99:77'],
    ['within the first catching up', `77 95 ${uuid} ${workspaceId} 98:98:`, '77:77:', '98:98:'],
  ])('%s is read, and is written as it was', (_what, text, seen, until) => {
    const cursor = readUpdateCursor(encode(text), workspaceId);
    expect(cursor).toMatchObject({ seen, uuid, workspaceId });
    expect(cursor?.until).toBe(until);
    expect(writeUpdateCursor(cursor as UpdateCursor)).toBe(encode(text));
  });

  test.each([
    ['no snapshot', `x 80 ${uuid} ${workspaceId}`],
    ['a snapshot that begins with no transaction', `0:90: 80 ${uuid} ${workspaceId}`],
    ['a transaction of 20 digits', `77 10000000000000000000 ${uuid} ${workspaceId}`],
    ['a snapshot of transactions of 20 digits', `77:10000000000000000000: 80 ${uuid} ${workspaceId}`],
    ['what is no UUID', `77 80 ${'-'.repeat(36)} ${workspaceId}`],
    ['another workspace', `77 80 ${uuid} ${uuid}`],
    ['no second snapshot', `77 80 ${uuid} ${workspaceId} x`],
    ['a second snapshot that goes back', `77 80 ${uuid} ${workspaceId} 90:77:`],
    ['an empty second snapshot', `77 80 ${uuid} ${workspaceId} `],
    ['a third', `77 80 ${uuid} ${workspaceId} 99 99`],
    ['a snapshot written otherwise', `77:77: 80 ${uuid} ${workspaceId}`],
    ['a line more', `77 80 ${uuid} ${workspaceId}\n`],
    [
      'a snapshot that is too long',
      `1:9999:${Array.from({ length: 400 }, (_, n) => n + 1)} 80 ${uuid} ${workspaceId}`,
    ],
    ['a megabyte', `1:9999999:${Array.from({ length: 150_000 }, (_, n) => n + 1)} 80 ${uuid} ${workspaceId}`],
  ])('is not one with %s', (_what, text) => {
    expect(readUpdateCursor(encode(text), workspaceId)).toBeUndefined();
  });

  test('stays short, and tells of nothing that was not told, while very many transactions are under way', () => {
    const underWay = Array.from({ length: 500 }, (_, n) => 8_999_999_999_999_990_000n + 2n * BigInt(n));
    const seen = writeSnapshot({ xmin: 77n, xmax: 8_999_999_999_999_999_999n, underWay });
    const text = writeUpdateCursor({ seen, until: seen, xid: '80', uuid, workspaceId });
    const cursor = readUpdateCursor(text, workspaceId);
    const short = readSnapshot(cursor?.seen ?? '');
    expect(cursor?.until).toBe(cursor?.seen);
    expect(short?.underWay).toEqual(underWay.slice(0, short?.underWay.length));
    expect(short?.underWay.length).toBeGreaterThan(40);
    expect(short?.xmax).toBe(underWay[short?.underWay.length ?? 0]);
  });
});

describe('a snapshot', () => {
  test.each([
    '1:1:',
    '77:77:',
    '77:90:77',
    '77:90:80,89',
    '4294967299:4294967300:4294967299',
    '9223372036854775807:9223372036854775807:',
  ])('may be %s', (text) => {
    const snapshot = readSnapshot(text);
    expect(snapshot && writeSnapshot(snapshot)).toBe(text);
    expect(shortSnapshot(text)).toBe(text);
  });

  test.each([
    '',
    ':',
    '77',
    '77:90',
    '77:90:,',
    '77:90:80,',
    '77:90: 80',
    '-1:90:',
    '0:0:',
    '90:77:',
    '77:90:76',
    '77:90:90',
    '77:90:80,80',
    '77:90:85,80',
    '4294967296:4294967299:',
    '77:4294967296:',
    '77:90:80\n',
  ])('may not be %j', (text) => {
    expect(readSnapshot(text)).toBeUndefined();
  });

  test.each([
    [76, true],
    [77, false],
    [78, true],
    [80, false],
    [89, true],
    [90, false],
    [91, false],
  ])('says of transaction %i whether it had ended: %s', (xid, hadEnded) => {
    const snapshot = readSnapshot('77:90:77,80');
    expect(snapshot && sees(snapshot, BigInt(xid))).toBe(hadEnded);
  });

  test.each([
    ['77:90:77,80', 85, '77:90:77,80,85'],
    ['77:90:80', 77, '77:90:77,80'],
    ['77:90:77,85', 80, '77:90:77,80,85'],
    ['77:90:77', 77, '77:90:77'],
    ['77:90:77', 90, '77:90:77'],
  ])('%s of transaction %i itself counts it as under way: %s', (text, own, expected) => {
    const snapshot = readSnapshot(text);
    expect(snapshot && writeSnapshot(notSeeing(snapshot, BigInt(own)))).toBe(expected);
  });
});
