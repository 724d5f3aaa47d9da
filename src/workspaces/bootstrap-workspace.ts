import type { EntityManager } from '@mikro-orm/postgresql';
import type { Database } from '../storage/database.js';
import { ApiKey, ApiKeyScope } from './api-key.entity.js';
import { createApiKey, hashApiKey } from './create-api-key.js';
import { createWorkspace } from './create-workspace.js';
import { Workspace } from './workspace.entity.js';

const workspaceName = 'default';
// Any constant will do; it keeps processes that start together from making the workspace twice.
const bootstrapLock = 7_336_305;

/**
 * Sees to it that there is a workspace and an ADMIN key to it. At the first start it makes both; later it adds a
 * bootstrap key that is not known yet, which also helps where the first key was lost. A revoked one stays revoked.
 * `newKey` is the key that was made by chance, to be shown once; undefined where none was.
 */
export async function bootstrapWorkspace(
  database: Database,
  bootstrapApiKey: string | undefined,
): Promise<{ newKey: string | undefined }> {
  return database.orm.em.fork().transactional(async (em) => {
    await em.execute('SELECT pg_advisory_xact_lock(?)', [bootstrapLock]);
    const found = await em.findOne(Workspace, { name: workspaceName }, { orderBy: { uuid: 'asc' } });
    const workspace = found ?? (await createWorkspace(em, workspaceName));
    const isWanted = bootstrapApiKey === undefined ? !found : !(await isKnown(em, bootstrapApiKey));
    if (!isWanted) return { newKey: undefined };
    const { key } = createApiKey(em, {
      workspaceId: workspace.uuid,
      name: bootstrapApiKey === undefined ? 'First key' : 'BOOTSTRAP_API_KEY',
      scopes: [ApiKeyScope.ADMIN],
      key: bootstrapApiKey,
    });
    return { newKey: bootstrapApiKey === undefined ? key : undefined };
  });
}

async function isKnown(em: EntityManager, key: string): Promise<boolean> {
  return (await em.count(ApiKey, { keyHash: hashApiKey(key) })) > 0;
}
