import { type Page, type PageRequest, pageOf } from '../graphql/paging.js';
import { likePattern, payloadPattern } from '../rules/like-pattern.js';
import { fromTypeId, lowestUuidAt } from '../storage/typeid.js';
import type { WorkspaceDatabase } from '../storage/workspace-database.js';
import type { WebhookEventFilter } from './event.types.js';
import { fewNamesOf, typeIn } from './names-of-types.js';
import { type EventRow, eventColumns, WebhookEvent } from './webhook-event.entity.js';

/** A page of a workspace's events, newest first. */
export async function listEvents(
  database: Pick<WorkspaceDatabase, 'query'>,
  workspaceId: string,
  filter: WebhookEventFilter,
  request: PageRequest,
): Promise<Page<WebhookEvent>> {
  const values: unknown[] = [workspaceId];
  const conditions = ['e.workspace_id = $1'];
  const bind = (value: unknown) => `$${values.push(value)}`;
  const types = filter.types && (await fewNamesOf(database, workspaceId, filter.types));
  if (filter.types && !types) conditions.push(typeIn('e.type', filter.types, bind));
  if (filter.createdAfter)
    conditions.push(`e.id >= ${bind(lowestUuidAt(filter.createdAfter.getTime()))}::uuid`);
  if (filter.createdBefore)
    conditions.push(`e.id < ${bind(lowestUuidAt(filter.createdBefore.getTime()))}::uuid`);
  if (filter.search) conditions.push(searchCondition(filter.search, bind));
  if (request.afterUuid) conditions.push(`e.id < ${bind(request.afterUuid)}::uuid`);
  if (request.beforeUuid) conditions.push(`e.id > ${bind(request.beforeUuid)}::uuid`);
  const inOrder = `${request.backwards ? 'ASC' : 'DESC'} LIMIT ${bind(request.size + 1)}`;
  const select = (more: readonly string[] = []) =>
    `SELECT ${eventColumns} FROM event e WHERE ${[...conditions, ...more].join(' AND ')} ORDER BY e.id ${inOrder}`;
  // An index has the events of each type in their order: what is rare is not looked for among all the others.
  const text = types
    ? `SELECT own.* FROM unnest(${bind(types)}::text[]) f (type) CROSS JOIN LATERAL (${select(['e.type = f.type'])}) own
        ORDER BY own.uuid ${inOrder}`
    : select();
  const rows = await database.query<EventRow>({ text }, values);
  return pageOf(
    request,
    rows.map((row) => new WebhookEvent(row)),
  );
}

function searchCondition(search: string, bind: (value: unknown) => string): string {
  if (search.includes('\0')) return 'false';
  const alternatives = [
    `e.payload ILIKE ${bind(payloadPattern(search))}`,
    `e.idempotency_key ILIKE ${bind(likePattern(search))}`,
  ];
  const uuid = fromTypeId('evt', search.trim());
  if (uuid) alternatives.push(`e.id = ${bind(uuid)}::uuid`);
  return `(${alternatives.join(' OR ')})`;
}
