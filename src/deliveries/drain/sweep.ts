import type { Database } from '../../storage/database.js';
import { fewRows, type Statement } from '../../storage/statement.js';
import { zeroUuid } from '../../storage/typeid.js';
import { markChanged } from '../delivery.entity.js';
import { waitingSubscriptions } from './claim-due.js';
import type { OwnLeases } from './own-claims.js';
import { settleUnsendable } from './settle-unsendable.js';
import type { OldestDue } from './watch-backlog.js';
import { workerLockClass } from './worker-lock.js';

/** What a sweep found. */
export interface Swept {
  /** Leases taken back from workers that are dead or hang. */
  readonly takenBack: number;
  /** The earliest due moment of each subscription that has deliveries waiting, soonest first. */
  readonly dueMoments: readonly Date[];
  /** Undefined where nothing waits. */
  readonly oldest: OldestDue | undefined;
}

/**
 * Looks for what has fallen through: leases without a living worker, deliveries nobody will send, moments without an alarm. The
 * worker that sweeps is asked about its own leases after PostgreSQL's clock was read: it cannot know of later ones.
 */
export async function sweep(database: Pick<Database, 'query'>, ownLeases: () => OwnLeases): Promise<Swept> {
  const [clock] = await database.query<{ now: Date }>(readClock, []);
  const { worker, inFlight, unsureMs } = ownLeases();
  const takenBack = await database.query(takeBack, [workerLockClass, worker, inFlight, clock?.now, unsureMs]);
  await settleUnsendable(database);
  const rows = await database.query<OldestDue & { dueAt: Date }>(findMoments, [zeroUuid]);
  return { takenBack: takenBack.length, dueMoments: rows.map((row) => row.dueAt), oldest: rows[0] };
}

// A server may have stopped for a month, and PostgreSQL's integer and GraphQL's Int end here.
const mostMs = 2 ** 31 - 1;
const few = fewRows('lost', 'l');

// What an interruption leads to is said in rules/delivery-states.ts: RETRYING at once, its step of the schedule kept. A claim
// of the last two seconds is left alone: its worker may be about to take its lock again after PostgreSQL was away. What this one has
// under way it does not take back, whether or not it has its lock. A claim of its own that it does not know of, though it waits
// for no answer from so long ago, was committed while its answer was lost.
const takeBack: Statement = {
  name: 'take-back-leases',
  text: `WITH lost AS (
      SELECT workspace_id, id FROM delivery
      WHERE status = 'SENDING' AND (lease_until < now() OR (
        attempt_started_at < now() - interval '2 seconds' AND (leased_by <> $2 OR id <> ALL ($3::uuid[])) AND (
          NOT EXISTS (
            SELECT FROM pg_locks l
            WHERE l.locktype = 'advisory' AND l.classid = $1::oid AND l.objid = leased_by::oid AND l.granted
              AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()))
          OR (leased_by = $2
            AND attempt_started_at < $4::timestamptz - $5::float8 * interval '1 millisecond' - interval '10 seconds'))))
      LIMIT 1000 FOR UPDATE SKIP LOCKED
    ), kept AS (
      INSERT INTO attempt (workspace_id, id, delivery_id, subscription_id, number, trigger, outcome, started_at, duration_ms,
        request_url, request_headers, error)
      SELECT d.workspace_id, d.attempt_id, d.id, d.subscription_id, d.attempt_count, d.next_trigger, 'INTERRUPTED',
        d.attempt_started_at, least(extract(epoch FROM now() - d.attempt_started_at) * 1000, ${mostMs}), s.endpoint_url, '[]',
        'The server stopped before the outcome was known; the endpoint may have got the request.'
      FROM ${few} JOIN delivery d USING (workspace_id, id) JOIN webhook_subscription s ON s.id = d.subscription_id
      ON CONFLICT DO NOTHING
    )
    UPDATE delivery d SET status = 'RETRYING', next_attempt_at = now(), leased_by = NULL, lease_until = NULL, ${markChanged}
    FROM ${few} WHERE d.workspace_id = l.workspace_id AND d.id = l.id
    RETURNING d.id`,
};

const readClock: Statement = { name: 'read-clock', text: 'SELECT now() AS now' };

const findMoments: Statement = {
  name: 'find-due-moments',
  text: `WITH ${waitingSubscriptions}
    SELECT first.due_at AS "dueAt", w.subscription_id AS "subscriptionId",
      extract(epoch FROM now() - first.due_at)::float8 AS seconds
    FROM waiting w
    CROSS JOIN LATERAL (
      SELECT next_attempt_at AS due_at FROM delivery
      WHERE waiting_for = w.subscription_id ORDER BY next_attempt_at LIMIT 1
    ) first
    ORDER BY first.due_at LIMIT 1000`,
};
