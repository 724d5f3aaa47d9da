import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';

interface Locked {
  readonly version?: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly link?: boolean;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly hasInstallScript?: boolean;
}

const read = async (file: string) => JSON.parse(await readFile(file, 'utf8'));

test('every package that is installed for production has a version and a checksum of its content', async () => {
  const { lockfileVersion, packages } = await read('package-lock.json');
  const all = Object.entries<Locked>(packages).filter(([path]) => path !== '');
  expect(lockfileVersion).toBe(3);
  expect(all.filter(([, { version }]) => !/^\d+\.\d+\.\d+/.test(version ?? ''))).toEqual([]);
  // Tools of other platforms, which npm leaves out here, may lack theirs.
  const unchecked = all.filter(([, { integrity, dev, optional }]) =>
    integrity === undefined ? !(dev && optional) : !integrity.startsWith('sha512-'),
  );
  expect(unchecked).toEqual([]);
});

test('no package comes from elsewhere than the registry that npm is set to: no Git, no file, no address', async () => {
  const { packages } = await read('package-lock.json');
  const elsewhere = Object.entries<Locked>(packages).filter(([, { resolved, link }]) => resolved || link);
  expect(elsewhere).toEqual([]);
});

test('every install script is approved by name, and no other', async () => {
  const [{ packages }, { allowScripts }] = await Promise.all([
    read('package-lock.json'),
    read('package.json'),
  ]);
  const withScripts = Object.entries<Locked>(packages)
    .filter(([, { hasInstallScript }]) => hasInstallScript)
    .map(([path]) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length));
  expect([...new Set(withScripts)].sort()).toEqual(Object.keys(allowScripts).sort());
});
