import { expect, test } from 'vitest';
import { runInOwnProcess } from '../support/own-process.js';

const maxGrowthBytes = 20_000_000;

test('a thousand buffers of 64 KiB leave no more than 20 MB when they go, whatever small things came to lie between them', async () => {
  const other = runInOwnProcess(new URL('../support/large-buffers-in-turn.ts', import.meta.url), []);
  expect(Number(await other.nextLine())).toBeLessThan(maxGrowthBytes);
});
