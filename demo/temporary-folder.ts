import { chmod, mkdtemp, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** An empty folder for Tendril's data. */
export async function makeTemporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tendril-demo-'));
  // As root, PostgreSQL runs as another user, who must pass through.
  await chmod(folder, 0o711);
  return folder;
}

/** Removes the folder, and PostgreSQL's data where its user could not enter the folder and they were put elsewhere. */
export async function removeTemporaryFolder(folder: string): Promise<void> {
  const elsewhere = await readlink(join(folder, 'postgres')).catch(() => undefined);
  if (elsewhere !== undefined) await rm(dirname(elsewhere), { recursive: true, force: true });
  await rm(folder, { recursive: true, force: true });
}
