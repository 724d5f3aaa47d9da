import type { WorkspaceDatabase } from '../storage/workspace-database.js';

/** Whether the index can find this text: it goes by three letters or digits in a row. */
export function isIndexable(search: string): boolean {
  return /[\p{L}\p{Nd}]{3}/u.test(search);
}

/** Events of a workspace by their ids, between `lowest` and `highest`. */
interface EventRange {
  readonly workspaceId: string;
  readonly pattern: string;
  readonly lowest: string;
  readonly highest: string;
}

/** The first so many events of these whose payload is like its `pattern`: every payload is read until then. */
export async function findByReading(
  database: WorkspaceDatabase,
  { workspaceId, pattern, lowest, highest }: EventRange,
  descending: boolean,
  most: number,
): Promise<string[]> {
  const rows = await database.query<{ id: string }>(
    {
      text: `SELECT id FROM event WHERE workspace_id = $1 AND payload ILIKE $2 AND id > $3::uuid AND id < $4::uuid
        ORDER BY id ${descending ? 'DESC' : 'ASC'} LIMIT ${most}`,
    },
    [workspaceId, pattern, lowest, highest],
  );
  return rows.map(({ id }) => id);
}
