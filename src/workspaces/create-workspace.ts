import type { EntityManager } from '@mikro-orm/postgresql';
import { defaultCatalogue } from '../events/default-catalogue.js';
import { EventType } from '../events/event-type.entity.js';
import { newUuid } from '../storage/typeid.js';
import { Workspace } from './workspace.entity.js';

/** Makes a workspace with its catalogue of event types, in the caller's transaction. */
export async function createWorkspace(em: EntityManager, name: string): Promise<Workspace> {
  const workspace = em.create(Workspace, { uuid: newUuid(), name } as Workspace);
  // By itself, and first: the rows that belong to it refer to it, which the entity manager does not know.
  await em.persist(workspace).flush();
  for (const { name: typeName, description, schema } of defaultCatalogue) {
    em.persist(
      em.create(EventType, {
        uuid: newUuid(),
        workspaceId: workspace.uuid,
        name: typeName,
        description,
        schema: schema ?? null,
      } as EventType),
    );
  }
  await em.flush();
  return workspace;
}
