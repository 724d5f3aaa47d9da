import type { Statement } from '../storage/statement.js';
import type { WorkspaceDatabase } from '../storage/workspace-database.js';
import { Attempt, type AttemptRow, attemptColumns } from './attempt.entity.js';
import type { RowKey } from './load-deliveries.js';

/** The attempt of this key; null where there is none. */
export async function findAttempt(
  database: WorkspaceDatabase,
  { workspaceId, uuid }: RowKey,
): Promise<Attempt | null> {
  const [row] = await database.query<AttemptRow>(find, [workspaceId, uuid]);
  return row ? new Attempt(row) : null;
}

const find: Statement = {
  name: 'find-attempt',
  text: `SELECT ${attemptColumns} FROM attempt a WHERE a.workspace_id = $1 AND a.id = $2`,
};
