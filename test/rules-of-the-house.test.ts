import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { badFiles, badImports, goodFiles, wrongTypes } from './support/planted-violations.js';

// A gate that has never been seen to reject anything may be open. So each rule of CONTRIBUTING.md that a tool holds is
// broken here on purpose, outside the project and under the project's own configuration.

// Compilers on a busy machine, not waits.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const project = join(import.meta.dirname, '..');
const folders: string[] = [];

async function plant(files: Readonly<Record<string, string>>, configuration: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tendril-rules-'));
  folders.push(folder);
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  await copyFile(join(project, configuration), join(folder, configuration));
  return folder;
}

/** What one of the project's tools prints in a folder, whatever its exit code: the tools fail here, as they should. */
function outputOf(folder: string, tool: string, ...args: string[]): Promise<string> {
  return new Promise((resolve) => {
    const options = { cwd: folder, maxBuffer: 16 * 1024 * 1024 };
    execFile(join(project, 'node_modules/.bin', tool), args, options, (_error, out, err) =>
      resolve(out || err),
    );
  });
}

afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

interface Diagnostic {
  category: string;
  message: string;
  location: { path: string; start: { line: number } };
}

async function lint(files: Readonly<Record<string, string>>): Promise<Diagnostic[]> {
  const folder = await plant(files, 'biome.json');
  const report = await outputOf(folder, 'biome', 'check', '--reporter=json', '--max-diagnostics=none', '.');
  return JSON.parse(report).diagnostics;
}

describe('biome rejects', () => {
  const importing: Record<string, string> = {};
  for (const [path, specifier] of badImports)
    importing[path] = `${importing[path] ?? ''}import '${specifier}';\n`;
  let diagnostics: Diagnostic[] = [];

  beforeAll(async () => {
    diagnostics = await lint({
      ...importing,
      ...Object.fromEntries(badFiles.map(({ path, text }) => [path, text])),
    });
  });

  test.each(badImports)('%s importing %s', (path, specifier, because) => {
    const line = 1 + (importing[path]?.split('\n').indexOf(`import '${specifier}';`) ?? 0);
    const found = diagnostics.filter(
      ({ location, category }) =>
        location.path === path &&
        location.start.line === line &&
        category === 'lint/style/noRestrictedImports',
    );
    expect(found).toEqual([expect.objectContaining({ message: expect.stringContaining(because) })]);
  });

  test.each(badFiles)('$says', ({ path, rule }) => {
    const categories = diagnostics
      .filter(({ location }) => location.path === path)
      .map(({ category }) => category);
    expect(categories).toContain(rule);
  });
});

test('biome lets pass what keeps to the rules', async () => {
  expect(await lint(goodFiles)).toEqual([]);
});

test('the compiler rejects what a strict flag is there for', async () => {
  const files = Object.fromEntries(wrongTypes.map(([flag, , text]) => [`src/${flag}.ts`, text]));
  const folder = await plant({ ...files, 'package.json': '{ "type": "module" }' }, 'tsconfig.json');
  await symlink(join(project, 'node_modules'), join(folder, 'node_modules'));
  const output = await outputOf(folder, 'tsc', '--noEmit', '--pretty', 'false');
  const found = output.matchAll(/^src\/(\w+)\.ts\(\d+,\d+\): error (TS\d+)/gm);
  expect(new Set(Array.from(found, ([, flag, code]) => `${flag} ${code}`))).toEqual(
    new Set(wrongTypes.map(([flag, code]) => `${flag} ${code}`)),
  );
});

test('knip rejects what nothing uses: a file, an export, a dependency', async () => {
  const folder = await plant(
    {
      'package.json': JSON.stringify({
        name: 'planted',
        type: 'module',
        dependencies: { pino: '10', zod: '4' },
      }),
      'src/main.ts': "import 'zod';\nimport { used } from './parts.js';\n\nused();\n",
      'src/parts.ts': 'export const used = () => 1;\nexport const unused = () => 2;\n',
      'src/forgotten.ts': 'export const forgotten = 3;\n',
    },
    'knip.json',
  );
  const report = JSON.parse(await outputOf(folder, 'knip', '--reporter', 'json'));
  const found = (kind: string) =>
    report.issues.flatMap((issue: Record<string, { name: string }[]>) =>
      (issue[kind] ?? []).map(({ name }) => name),
    );
  expect(found('files')).toEqual(['src/forgotten.ts']);
  expect(found('exports')).toEqual(['unused']);
  expect(found('dependencies')).toEqual(['pino']);
});

test('codegen rejects typed documents that are older than the schema', async () => {
  const folder = await plant(
    {
      'package.json': '{ "type": "module" }',
      'schema.graphql': 'type Query { newField: String }',
      'test/support/operations.graphql': 'query New { newField }',
      'generated/operations.ts': 'export {};\n',
    },
    'codegen.ts',
  );
  await symlink(join(project, 'node_modules'), join(folder, 'node_modules'));
  const output = await outputOf(folder, 'graphql-codegen', '--config', 'codegen.ts', '--check', '--silent');
  expect(output).toContain('generated/operations.ts');
  expect(output).toContain('stale');
});
