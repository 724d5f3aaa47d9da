import type { Statement } from '../storage/statement.js';
import { fromTypeId, zeroUuid } from '../storage/typeid.js';
import type { WorkspaceDatabase } from '../storage/workspace-database.js';
import type { Backlog } from './delivery.types.js';
import { waitingSubscriptions, withSubscription } from './drain/claim-due.js';

/** A larger backlog counts as this many: counting goes through the index, so that it costs some 100 ms at most. */
const backlogCountedUpTo = 100_000;

/** What is due in a workspace and not under way; `subscriptionId`, a TypeID, asks for one subscription's. */
export async function readBacklog(
  database: WorkspaceDatabase,
  workspaceId: string,
  subscriptionId?: string | null,
): Promise<Backlog> {
  // A malformed id is one that no subscription has.
  const [row] =
    typeof subscriptionId === 'string'
      ? await database.query<Backlog>(ofOne, [fromTypeId('wsub', subscriptionId) ?? zeroUuid, workspaceId])
      : await database.query<Backlog>(ofAll, [zeroUuid, workspaceId]);
  if (!row) throw new TypeError('an aggregate gave no row');
  return row;
}

const ofAll = statement('read-backlog', waitingSubscriptions);
const ofOne = statement('read-backlog-of-one', 'waiting AS (SELECT $1::uuid AS subscription_id)');

function statement(name: string, waiting: string): Statement {
  return {
    name,
    text: `WITH ${waiting}, asked AS MATERIALIZED (
        SELECT s.id FROM waiting w ${withSubscription}
        WHERE s.workspace_id = $2 AND s.status = 'ACTIVE' AND s.deleted_at IS NULL
      ), oldest AS (
        SELECT min(first.due_at) AS due_at FROM asked CROSS JOIN LATERAL (
          SELECT next_attempt_at AS due_at FROM delivery
          WHERE waiting_for = asked.id AND next_attempt_at <= now() ORDER BY next_attempt_at LIMIT 1
        ) first
      ), counted AS (
        SELECT count(*)::integer AS due FROM (
          SELECT FROM asked CROSS JOIN LATERAL (
            SELECT FROM delivery WHERE waiting_for = asked.id AND next_attempt_at <= now() LIMIT ${backlogCountedUpTo}
          ) one
          LIMIT ${backlogCountedUpTo}
        ) due
      )
      SELECT counted.due AS "dueCount", oldest.due_at AS "oldestDueAt",
        coalesce(extract(epoch FROM now() - oldest.due_at), 0)::float8 AS "oldestDueSeconds"
      FROM counted, oldest`,
  };
}
