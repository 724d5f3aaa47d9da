import type { Migration } from '@mikro-orm/migrations';
import { Migration0001First } from './0001-first.js';
import { Migration0002Notifications } from './0002-notifications.js';
import { Migration0003RateLimits } from './0003-rate-limits.js';
import { Migration0004AttemptRate } from './0004-attempt-rate.js';
import { Migration0005WorkspaceWalls } from './0005-workspace-walls.js';
import { Migration0006SnapshotsOfUpdates } from './0006-snapshots-of-updates.js';
import { Migration0007CheaperNotifications } from './0007-cheaper-notifications.js';

/** A migration's class; its `name` is what the database remembers it by. */
export type MigrationClass = new (...args: ConstructorParameters<typeof Migration>) => Migration;

/** Every migration, in order. */
export const allMigrations: MigrationClass[] = [
  Migration0001First,
  Migration0002Notifications,
  Migration0003RateLimits,
  Migration0004AttemptRate,
  Migration0005WorkspaceWalls,
  Migration0006SnapshotsOfUpdates,
  Migration0007CheaperNotifications,
];
