import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Logger } from 'pino';
import { StartError } from '../start-error.js';
import { fetchMongod, MONGOD_SOURCES } from './fetch-mongod.js';
import type { FoundMongod } from './mongod-source.js';

const run = promisify(execFile);

/**
 * Finds a mongod: the one named, the one on PATH, one in the cache, or one fetched once into the cache. One log line
 * says which it is. `binary` is MONGOD_BINARY: a path, or `off` for none; a path that does not run is a StartError.
 */
export async function findMongod(options: {
  binary: string | undefined;
  /** Where fetched binaries are kept; undefined: `.cache/tendril` in the user's home. */
  cacheDir?: string | undefined;
  log: Logger;
}): Promise<FoundMongod> {
  const { binary, log } = options;
  if (binary === 'off') return { kind: 'unavailable', reason: 'MONGOD_BINARY is off' };
  if (binary !== undefined) return namedMongod(resolve(binary), log);
  const onPath = await mongodOnPath();
  const pathVersion = onPath && (await versionOf(onPath));
  if (onPath && pathVersion) return found(onPath, pathVersion, 'on PATH', log);
  const cacheDir = options.cacheDir === undefined ? defaultCacheDir() : resolve(options.cacheDir);
  if (cacheDir === undefined)
    return { kind: 'unavailable', reason: 'no mongod here, and no folder to keep one in' };
  for (const source of MONGOD_SOURCES) {
    const path = join(cacheDir, source.cachedAs);
    const version = await versionOf(path);
    if (version) return found(path, version, 'fetched earlier', log);
  }
  return fetchMongod(cacheDir, versionOf, log);
}

async function namedMongod(path: string, log: Logger): Promise<FoundMongod> {
  const version = await versionOf(path);
  if (version) return found(path, version, 'named by MONGOD_BINARY', log);
  throw new StartError(
    `MONGOD_BINARY names ${path}, which is not a mongod that runs here: give the path of one, or \`off\` to do without MongoDB.`,
  );
}

function found(path: string, version: string, origin: string, log: Logger): FoundMongod {
  log.info(`Using mongod ${version} at ${path} (${origin})`);
  return { kind: 'found', path, version };
}

/** Undefined for a user without a home, as containers have them. */
function defaultCacheDir(): string | undefined {
  try {
    return join(homedir(), '.cache', 'tendril');
  } catch {
    return undefined;
  }
}

async function mongodOnPath(): Promise<string | undefined> {
  return run('/bin/sh', ['-c', 'command -v mongod']).then(
    ({ stdout }) => stdout.trim() || undefined,
    () => undefined,
  );
}

/** Asked of the program itself, so that a missing library or a foreign processor counts as no mongod. */
async function versionOf(path: string): Promise<string | undefined> {
  try {
    await access(path, constants.X_OK);
    const { stdout } = await run(path, ['--version'], { timeout: 10_000 });
    return /db version v(\d+\.\d+\.\d+)/.exec(stdout)?.[1];
  } catch {
    return undefined;
  }
}
