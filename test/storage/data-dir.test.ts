import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { StartError } from '../../src/start-error.js';
import { lockDataDir } from '../../src/storage/data-dir.js';
import { runInOwnProcess } from '../support/own-process.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const owner = new URL('../support/store-owner.ts', import.meta.url);

async function lockedElsewhere(dataDir: string) {
  const other = runInOwnProcess(owner, ['lock', dataDir]);
  onTestFinished(() => other.kill());
  expect(await other.nextLine()).toBe('locked');
  return other;
}

test('the data folder is made with its parents, closed to others', async () => {
  const dataDir = join(await temporaryFolder(), 'a', 'b');
  const lock = await lockDataDir(dataDir);
  expect((await stat(dataDir)).mode & 0o066).toBe(0);
  await lock.release();
});

test('a second Tendril on the data folder is refused with the process id of the first', async () => {
  const dataDir = await temporaryFolder();
  const other = await lockedElsewhere(dataDir);
  const refused = lockDataDir(dataDir);
  await expect(refused).rejects.toBeInstanceOf(StartError);
  await expect(refused).rejects.toThrow(
    `Another Tendril (process ${other.pid}) is using the data folder ${dataDir}`,
  );
});

test('the lock of a killed Tendril hinders nobody, even when its process id is in use again', async () => {
  const dataDir = await temporaryFolder();
  await (await lockedElsewhere(dataDir)).kill();
  await writeFile(join(dataDir, 'tendril.pid'), `${process.ppid}\n`);
  await (await lockDataDir(dataDir)).release();
});

test('a released data folder can be locked again, and releasing twice does nothing', async () => {
  const dataDir = await temporaryFolder();
  const first = await lockDataDir(dataDir);
  await first.release();
  const second = await lockDataDir(dataDir);
  await first.release();
  await expect(lockDataDir(dataDir)).rejects.toBeInstanceOf(StartError);
  await second.release();
});

test.each([
  [
    'below a file',
    async (folder: string) => {
      await writeFile(join(folder, 'file'), '');
      return join(folder, 'file', 'data');
    },
  ],
  ['where nothing can be made', async () => '/proc/tendril/data'],
])('a data folder %s is refused in one sentence that names it', async (_, pathIn) => {
  const dataDir = await pathIn(await temporaryFolder());
  const refused = lockDataDir(dataDir);
  await expect(refused).rejects.toBeInstanceOf(StartError);
  await expect(refused).rejects.toThrow(
    /^The data folder \S+ cannot be written \(E\w+\): set DATA_DIR to a folder that the user running Tendril may create and write\.$/,
  );
});
