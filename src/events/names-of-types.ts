import type { Statement } from '../storage/statement.js';
import type { WorkspaceDatabase } from '../storage/workspace-database.js';

// More than these are frequent together, and found on the way.
const fewTypes = 40;

/** What a filter's event types, groups among them, name in a workspace's catalogue; undefined where that is too much to go through one by one. */
export async function fewNamesOf(
  database: Pick<WorkspaceDatabase, 'query'>,
  workspaceId: string,
  types: readonly string[],
): Promise<readonly string[] | undefined> {
  const rows = await database.query<{ name: string }>(namesOf, [workspaceId, types.filter(isAskable)]);
  return rows.length > fewTypes ? undefined : rows.map(({ name }) => name);
}

/** The condition that a column holds one of these event types, groups among them; `bind` gives the place of a value. */
export function typeIn(column: string, types: readonly string[], bind: (value: unknown) => string): string {
  const names = types.filter(isAskable);
  const groups = names.filter((type) => type.endsWith('.*')).map((type) => type.slice(0, -2));
  return `(${column} = ANY (${bind(names)}::text[]) OR split_part(${column}, '.', 1) = ANY (${bind(groups)}::text[]))`;
}

// No name holds U+0000, and PostgreSQL takes none.
const isAskable = (type: string) => !type.includes('\0');

const namesOf: Statement = {
  name: 'names-of-event-types',
  text: `SELECT name FROM event_type WHERE workspace_id = $1 AND split_part(name, '.', 1) || '.*' = ANY ($2::text[])
    UNION SELECT name FROM unnest($2::text[]) name WHERE name NOT LIKE '%.*'`,
};
