import { expect, test } from 'vitest';
import { copyOf } from '../../src/large-buffer.js';
import { runInOwnProcess } from '../support/own-process.js';

const maxGrowthBytes = 20_000_000;

test('a thousand buffers of 64 KiB leave no more than 20 MB when they go, whatever small things came to lie between them', async () => {
  const other = runInOwnProcess(new URL('../support/large-buffers-in-turn.ts', import.meta.url), []);
  expect(Number(await other.nextLine())).toBeLessThan(maxGrowthBytes);
});

test('a small copy holds its own bytes and no more', () => {
  expect(copyOf([Buffer.alloc(10)]).buffer.byteLength).toBe(10);
});
