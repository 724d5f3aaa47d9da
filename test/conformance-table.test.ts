import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from './support/temporary-folder.js';

const script = join(import.meta.dirname, 'conformance/table.ts');
const place = '# A\n\n<!-- conformance -->\n<!-- /conformance -->\n\nB\n';

test('the table is made of the tests’ titles, between its marks, and says when it is out of date', async () => {
  const folder = await project(place, {
    'ivy.test.ts':
      "test('IVY-02 SHOULD: a | b', () => {});\ntest.each([['x']])('IVY-01 MUST: it\\'s payout.*', async () => {});",
    'every-profile.test.ts': "describe('EVERY-01 MUST: all', () => {});",
  });
  expect(await run(folder, '--check')).toMatchObject({
    code: 1,
    said: expect.stringContaining('out of date'),
  });
  expect(await run(folder)).toEqual({ code: 0, said: '' });
  const readme = await readFile(join(folder, 'README.md'), 'utf8');
  expect(readme).toMatch(/^# A\n\n<!-- conformance -->\n.*<!-- \/conformance -->\n\nB\n$/s);
  expect(readme.split('\n').filter((line) => line.includes('test.ts'))).toEqual([
    '| every | MUST: all | [EVERY-01](test/conformance/every-profile.test.ts) |',
    "| IVY | MUST: it's payout.\\* | [IVY-01](test/conformance/ivy.test.ts) |",
    '| IVY | SHOULD: a \\| b | [IVY-02](test/conformance/ivy.test.ts) |',
  ]);
  expect(await run(folder, '--check')).toEqual({ code: 0, said: '' });
});

test('an id that stands twice, one of another profile, and a title without one are refused, all at once', async () => {
  const folder = await project(place, {
    'ivy.test.ts':
      "test('IVY-01 MUST: a', f);\ntest('IVY-01 MUST: b', f);\ntest('HOURLY-01 MUST: c', f);\ntest('d', f);",
  });
  const { code, said } = await run(folder);
  expect(code).toBe(1);
  expect(said).toContain('IVY-01 stands for 2 statements');
  expect(said).toContain('"HOURLY-01" is not');
  expect(said).toContain('"d" is not');
  expect(await readFile(join(folder, 'README.md'), 'utf8')).toBe(place);
});

test('a README without a place for the table is refused', async () => {
  const folder = await project('# A\n', { 'ivy.test.ts': "test('IVY-01 MUST: a', f);" });
  expect(await run(folder)).toMatchObject({ code: 1, said: expect.stringContaining('is missing') });
});

async function project(readme: string, tests: Record<string, string>): Promise<string> {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'test/conformance'), { recursive: true });
  await writeFile(join(folder, 'README.md'), readme);
  for (const [name, text] of Object.entries(tests))
    await writeFile(join(folder, 'test/conformance', name), text);
  return folder;
}

function run(cwd: string, ...flags: string[]): Promise<{ code: number; said: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [script, ...flags], { cwd }, (error, _stdout, said) =>
      resolve({ code: error ? Number(error.code) : 0, said }),
    );
  });
}
