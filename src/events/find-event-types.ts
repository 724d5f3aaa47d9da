import type { FilterQuery } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import { EventType } from './event-type.entity.js';

/** Which event types are looked for; undefined and null: no such condition. */
export interface EventTypesSought {
  readonly workspaceId: string;
  readonly group?: string | null | undefined;
  /** A text in the name or the description, upper or lower case. */
  readonly search?: string | null | undefined;
  /** Only those behind this one. */
  readonly afterUuid: string | undefined;
  readonly limit: number;
}

/** Event types of a workspace's catalogue, in the order in which they came into it; archived ones included. */
export async function findEventTypes(em: EntityManager, sought: EventTypesSought): Promise<EventType[]> {
  const { workspaceId, group, search, afterUuid, limit } = sought;
  // No name and no description holds U+0000, and PostgreSQL takes none.
  if (group?.includes('\0') || search?.includes('\0')) return [];
  const conditions: FilterQuery<EventType>[] = [{ workspaceId }];
  if (afterUuid !== undefined) conditions.push({ uuid: { $gt: afterUuid } });
  if (typeof group === 'string') conditions.push({ name: { $like: `${literal(group)}.%` } });
  if (typeof search === 'string') {
    const pattern = `%${literal(search)}%`;
    conditions.push({ $or: [{ name: { $ilike: pattern } }, { description: { $ilike: pattern } }] });
  }
  return em.find(EventType, { $and: conditions }, { orderBy: { uuid: 'asc' }, limit });
}

/** A text for LIKE that means itself: %, _ and \ are escaped. */
function literal(text: string): string {
  return text.replace(/[%_\\]/g, '\\$&');
}
