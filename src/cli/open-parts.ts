// The entities' decorators need it before anything of theirs is loaded.
import 'reflect-metadata';
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Config } from '../config.js';
import { EventType } from '../events/event-type.entity.js';
import { StartError } from '../start-error.js';
import { serverOn, tryLockDataDir } from '../storage/data-dir.js';
import { openDatabase } from '../storage/database.js';
import { createEncryption } from '../storage/encryption.js';
import { readOrMakeKeyFile } from '../storage/encryption-key-file.js';
import { findRunningPostgres, startPostgres } from '../storage/postgres-server.js';
import { ApiKey } from '../workspaces/api-key.entity.js';
import { Workspace } from '../workspaces/workspace.entity.js';
import type { CommandParts } from './command.types.js';

const serverReadyWithinMs = 60_000;
const lookAgainAfterMs = 100;

/**
 * What commands work with, on the same configuration as the server's: beside it, or without it, where an embedded PostgreSQL then
 * runs for as long as the command does. `opened` closes all of it.
 */
export async function openParts(
  config: Config,
  log: Logger,
  opened: AsyncDisposableStack,
): Promise<CommandParts> {
  const { dataDir, databaseUrl } = config;
  const embedded = databaseUrl === undefined ? await openEmbedded(dataDir, log, opened) : undefined;
  const url = databaseUrl ?? embedded?.url ?? '';
  const hasKeys = config.encryptionKeys.length > 0;
  const encryptionKeys = hasKeys ? config.encryptionKeys : await readOrMakeKeyFile(dataDir);
  const database = await openDatabase(url, [Workspace, ApiKey, EventType], log);
  opened.defer(() => database.close());
  return {
    database,
    encryptionKeys,
    encryption: createEncryption(encryptionKeys),
    log,
    keyFileIn: hasKeys ? undefined : dataDir,
    isBesideServer: embedded?.isBesideServer ?? false,
  };
}

/** Commands wait for each other: the PostgreSQL that one has started ends with it. */
async function openEmbedded(
  dataDir: string,
  log: Logger,
  opened: AsyncDisposableStack,
): Promise<{ url: string; isBesideServer: boolean }> {
  const untilMs = Date.now() + serverReadyWithinMs;
  while (Date.now() < untilMs) {
    const lock = await tryLockDataDir(dataDir);
    if (lock) {
      opened.defer(() => lock.release());
      const postgres = await startPostgres({ dataDir, log });
      opened.defer(() => postgres.stop());
      return { url: postgres.url, isBesideServer: false };
    }
    const url = (await serverOn(dataDir)) === undefined ? undefined : await findRunningPostgres(dataDir);
    if (url !== undefined) return { url, isBesideServer: true };
    await pause(lookAgainAfterMs);
  }
  throw new StartError(
    `The data folder ${dataDir} is in use, and its PostgreSQL cannot be reached: look whether its server is well, or run this as the user that runs it.`,
  );
}
