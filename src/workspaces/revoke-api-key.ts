import type { EntityManager } from '@mikro-orm/postgresql';
import { fromTypeId } from '../storage/typeid.js';
import { ApiKey } from './api-key.entity.js';

/** Revokes a key of the workspace; one that is revoked already keeps its date. Null where the workspace has none of this id. */
export async function revokeApiKey(
  em: EntityManager,
  workspaceId: string,
  id: string,
  now: Date,
): Promise<ApiKey | null> {
  const uuid = fromTypeId('key', id);
  if (uuid === undefined) return null;
  await em.nativeUpdate(ApiKey, { uuid, workspaceId, revokedAt: null }, { revokedAt: now });
  return em.findOne(ApiKey, { uuid, workspaceId }, { refresh: true });
}
