import type { EntityManager } from '@mikro-orm/postgresql';
import { EventType } from './event-type.entity.js';

/** Which of these names are event types in use in the workspace. */
export async function knownEventTypes(
  em: EntityManager,
  workspaceId: string,
  names: readonly string[],
): Promise<ReadonlySet<string>> {
  // A text with U+0000 is no name, and PostgreSQL takes none.
  const askable = names.filter((name) => name.length <= 255 && !name.includes('\0')).slice(0, 100);
  if (askable.length === 0) return new Set();
  const found = await em.find(
    EventType,
    { workspaceId, name: { $in: askable }, archivedAt: null },
    { fields: ['name'] },
  );
  return new Set(found.map((eventType) => eventType.name));
}
