import { likePattern } from '../rules/like-pattern.js';
import { fromTypeId, toTypeId } from '../storage/typeid.js';
import type { WorkspaceDatabase } from '../storage/workspace-database.js';
import type { DeliveryFilter } from './delivery-filter.types.js';
import { type LogPart, logStatement } from './log-statement.js';
import { searchPayloads } from './search-payloads.js';

/** The part of the log that its search fits, in its order: by the endpoints' URLs, by ids, and by the payloads' text. */
export async function searchLog<Row extends { readonly uuid: string }>(
  database: WorkspaceDatabase,
  part: LogPart,
  columns: string,
): Promise<Row[]> {
  const search = part.filter.search ?? '';
  if (search.includes('\0')) return [];
  const parts = [...partsById(part, search.trim()), ...(await partsByUrl(database, part, search))];
  const listed = await Promise.all(
    parts.map(async (one) => {
      const { text, values } = await logStatement(database, one, columns);
      return database.query<Row>({ text }, values);
    }),
  );
  const found = firstOf(part, listed.flat());
  // What lies behind these is on another page.
  const last = found.length === part.limit ? found.at(-1)?.uuid : undefined;
  const rest = last === undefined ? part : { ...part, [part.descending ? 'above' : 'below']: last };
  return firstOf(part, [...found, ...(await searchPayloads<Row>(database, rest, columns))]);
}

function partsById(part: LogPart, id: string): LogPart[] {
  const uuid = fromTypeId('dlv', id);
  if (uuid !== undefined) return [{ ...part, uuid }];
  return fromTypeId('evt', id) === undefined ? [] : withIds(part, 'eventIds', [id]);
}

async function partsByUrl(database: WorkspaceDatabase, part: LogPart, search: string): Promise<LogPart[]> {
  const rows = await database.query<{ id: string }>(byUrl, [part.workspaceId, likePattern(search)]);
  return withIds(
    part,
    'subscriptionIds',
    rows.map(({ id }) => toTypeId('wsub', id)),
  );
}

const byUrl = {
  name: 'search-endpoint-urls',
  text: 'SELECT id FROM webhook_subscription WHERE workspace_id = $1 AND endpoint_url ILIKE $2',
};

/** The part with these ids alone, of those that its filter asks for; nothing where none is left. */
function withIds(part: LogPart, name: 'eventIds' | 'subscriptionIds', ids: readonly string[]): LogPart[] {
  const asked = part.filter[name];
  const kept = ids.filter((id) => asked?.includes(id) ?? true);
  const filter: DeliveryFilter = { ...part.filter, [name]: kept };
  return kept.length > 0 ? [{ ...part, filter }] : [];
}

/** The first of these in the part's order, each once. */
function firstOf<Row extends { readonly uuid: string }>(
  { descending, limit }: LogPart,
  rows: readonly Row[],
): Row[] {
  const each = [...new Map(rows.map((row) => [row.uuid, row])).values()];
  const sign = descending ? -1 : 1;
  return each.sort((a, b) => (a.uuid < b.uuid ? -sign : sign)).slice(0, limit);
}
