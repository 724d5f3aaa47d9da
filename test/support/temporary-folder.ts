import { chmod, mkdtemp, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';

/**
 * An empty folder that goes with the test. Mode 0711 lets PostgreSQL's user pass through when root runs the tests; with 0700,
 * as mktemp makes it, the place that PostgreSQL's data then get elsewhere goes too.
 */
export async function temporaryFolder(mode: 0o700 | 0o711 = 0o711): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `tendril-test-${process.pid}-`));
  await chmod(folder, mode);
  onTestFinished(async () => {
    const elsewhere = await readlink(join(folder, 'postgres')).catch(() => undefined);
    if (elsewhere !== undefined) await rm(dirname(elsewhere), { recursive: true, force: true });
    await rm(folder, { recursive: true, force: true });
  });
  return folder;
}
