import type { Database } from '../storage/database.js';
import type { Statement } from '../storage/statement.js';

/** A subscription that wants an event type. */
export interface Taker {
  readonly id: string;
  /** Of the subscription itself, for whoever sends. */
  readonly revision: number;
  readonly status: 'ACTIVE' | 'INACTIVE' | 'PENDING_CONFIRMATION' | 'DISABLED';
  /** A query document over the payload; null takes every event. */
  readonly filter: object | null;
  readonly maxAttemptsPerSecond: number | null;
}

/** What publishing needs to know of an event type of a workspace. */
export interface MatchedType {
  /** The revision of the workspace's catalogue that all this is from; decimal digits. */
  readonly revision: string;
  /** Whether the catalogue has it in use. */
  readonly known: boolean;
  readonly schema: object | boolean | null;
  readonly takers: readonly Taker[];
}

/** An event type of a workspace. */
export interface AskedType {
  readonly workspaceId: string;
  readonly type: string;
}

/** Looks up event types and who wants them, and remembers it. */
export interface SubscriptionMatcher {
  /** In the order of what was asked. What is remembered may be of an old revision, which storing finds out. */
  match(asked: readonly AskedType[]): Promise<MatchedType[]>;
  /** Has a workspace looked up anew. */
  forget(workspaceId: string): void;
}

// Of types and takers together.
const maxRemembered = 100_000;

/** A matcher that remembers nothing yet. */
export function createSubscriptionMatcher(database: Database): SubscriptionMatcher {
  const remembered = new Map<string, Map<string, MatchedType>>();
  let size = 0;

  function remember({ workspaceId, type }: AskedType, matched: MatchedType): void {
    size += 1 + matched.takers.length;
    if (size > maxRemembered) {
      remembered.clear();
      size = 1 + matched.takers.length;
    }
    const types = remembered.get(workspaceId) ?? new Map<string, MatchedType>();
    remembered.set(workspaceId, types.set(type, matched));
  }

  return {
    async match(asked) {
      const recall = ({ workspaceId, type }: AskedType) => remembered.get(workspaceId)?.get(type);
      const found = new Map(asked.map((one) => [one, recall(one)]));
      const missing = asked.filter((one) => found.get(one) === undefined);
      const rows = missing.length > 0 ? await lookUp(database, missing) : [];
      rows.forEach((row, index) => {
        const one = missing[index] as AskedType;
        found.set(one, row);
        // Names that nobody has in the catalogue are the caller's to choose: they would push out everything else.
        if (row.known) remember(one, row);
      });
      return asked.map((one) => found.get(one) as MatchedType);
    },
    forget(workspaceId) {
      for (const { takers } of remembered.get(workspaceId)?.values() ?? []) size -= 1 + takers.length;
      remembered.delete(workspaceId);
    },
  };
}

async function lookUp(database: Database, asked: readonly AskedType[]): Promise<MatchedType[]> {
  return database.query<MatchedType>(match, [
    asked.map((one) => one.workspaceId),
    asked.map((one) => one.type),
  ]);
}

const match: Statement = {
  name: 'match-subscriptions',
  text: `SELECT coalesce(c.revision, 0)::text AS revision, t.id IS NOT NULL AS known, t.schema,
      coalesce(takers.list, '[]') AS takers
    FROM unnest($1::uuid[], $2::text[]) WITH ORDINALITY AS asked (workspace_id, type, place)
    LEFT JOIN catalogue c ON c.workspace_id = asked.workspace_id
    LEFT JOIN event_type t ON t.workspace_id = asked.workspace_id AND t.name = asked.type AND t.archived_at IS NULL
    CROSS JOIN LATERAL (
      SELECT json_agg(json_build_object('id', s.id, 'revision', s.revision, 'status', s.status, 'filter', s.filter,
        'maxAttemptsPerSecond', s.max_attempts_per_second)) AS list
      FROM webhook_subscription s
      WHERE s.id IN (
        SELECT p.subscription_id FROM subscription_event_type p
        WHERE p.workspace_id = asked.workspace_id
          AND p.pattern = ANY (ARRAY[asked.type, split_part(asked.type, '.', 1) || '.*', '*'])
      ) AND s.deleted_at IS NULL
    ) takers
    ORDER BY asked.place`,
};
