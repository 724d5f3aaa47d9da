import { glob, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';

test('every test that the threat model names is there, by its file and by its title', async () => {
  const files = await Array.fromAsync(glob('test/**/*.test.ts'));
  const sources = (await Promise.all(files.map((file) => readFile(file, 'utf8')))).join('\n');
  const model = await readFile('docs/threat-model.md', 'utf8');
  const named = model
    .split('\n')
    .filter((line) => line.startsWith('| ') && line.split('|').length === 5)
    .map((line) => line.split('|')[3] ?? '');
  const paths = named.flatMap((cell) => [...cell.matchAll(/`([a-z]+\/[a-z-]+)`/g)].map(([, path]) => path));
  const titles = named.flatMap((cell) =>
    [...cell.matchAll(/"([^"…]+)…?"/g)].map(([, title = '']) => title.trim()),
  );
  expect(paths.filter((path) => !files.includes(`test/${path}.test.ts`))).toEqual([]);
  expect(titles.filter((title) => !sources.includes(title))).toEqual([]);
  expect([paths.length, titles.length].map((count) => count > 10)).toEqual([true, true]);
});
