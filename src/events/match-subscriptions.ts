import type { Database, Statement } from '../storage/database.js';

/** A subscription that wants an event type. */
export interface Taker {
  readonly id: string;
  readonly status: 'ACTIVE' | 'INACTIVE' | 'PENDING_CONFIRMATION' | 'DISABLED';
  /** A query document over the payload; null takes every event. */
  readonly filter: object | null;
}

/** What publishing needs to know of an event type of a workspace. */
export interface MatchedType {
  /** Whether the catalogue has it in use. */
  readonly known: boolean;
  readonly schema: object | boolean | null;
  readonly takers: readonly Taker[];
}

/** Looks up event types and who wants them; the answer is in the order of what was asked. */
export async function matchSubscriptions(
  database: Database,
  asked: readonly { workspaceId: string; type: string }[],
): Promise<MatchedType[]> {
  return database.query<MatchedType>(match, [
    asked.map((one) => one.workspaceId),
    asked.map((one) => one.type),
  ]);
}

const match: Statement = {
  name: 'match-subscriptions',
  text: `SELECT t.id IS NOT NULL AS known, t.schema, coalesce(takers.list, '[]') AS takers
    FROM unnest($1::uuid[], $2::text[]) WITH ORDINALITY AS asked (workspace_id, type, place)
    LEFT JOIN event_type t ON t.workspace_id = asked.workspace_id AND t.name = asked.type AND t.archived_at IS NULL
    CROSS JOIN LATERAL (
      SELECT json_agg(json_build_object('id', s.id, 'status', s.status, 'filter', s.filter)) AS list
      FROM webhook_subscription s
      WHERE s.id IN (
        SELECT p.subscription_id FROM subscription_event_type p
        WHERE p.workspace_id = asked.workspace_id
          AND p.pattern = ANY (ARRAY[asked.type, split_part(asked.type, '.', 1) || '.*', '*'])
      ) AND s.deleted_at IS NULL
    ) takers
    ORDER BY asked.place`,
};
