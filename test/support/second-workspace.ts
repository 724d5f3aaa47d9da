import { pino } from 'pino';
import { EventType } from '../../src/events/event-type.entity.js';
import { openDatabase } from '../../src/storage/database.js';
import { ApiKey, ApiKeyScope } from '../../src/workspaces/api-key.entity.js';
import { createApiKey } from '../../src/workspaces/create-api-key.js';
import { createWorkspace } from '../../src/workspaces/create-workspace.js';
import { Workspace } from '../../src/workspaces/workspace.entity.js';
import type { Env } from './tendril.js';

/** Makes another workspace in a Tendril's database, with its catalogue; gives an ADMIN key to it. */
export async function addWorkspace(env: Env, name: string): Promise<string> {
  const database = await openDatabase(
    env.DATABASE_URL ?? '',
    [Workspace, ApiKey, EventType],
    pino({ level: 'silent' }),
  );
  const key = await database.orm.em.fork().transactional(async (em) => {
    const { uuid } = await createWorkspace(em, name);
    return createApiKey(em, { workspaceId: uuid, name: 'First key', scopes: [ApiKeyScope.ADMIN] }).key;
  });
  await database.close();
  return key;
}
