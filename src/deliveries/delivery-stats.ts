import { badInput } from '../graphql/paging.js';
import type { Statement } from '../storage/statement.js';
import { fromTypeId, lowestUuidAt } from '../storage/typeid.js';
import type { WorkspaceDatabase } from '../storage/workspace-database.js';
import { type DeliveryStatsBucket, StatsInterval } from './delivery.types.js';

const maxBuckets = 1500;
// An attempt's id is made when it is claimed, a moment before it begins, and clocks differ.
const idMarginMs = 60_000;
const intervalMs = {
  [StatsInterval.MINUTE]: 60_000,
  [StatsInterval.HOUR]: 3_600_000,
  [StatsInterval.DAY]: 86_400_000,
};

/** What statistics are asked for. */
export interface StatsRequest {
  readonly workspaceId: string;
  readonly from: Date;
  readonly to: Date;
  readonly interval: StatsInterval;
  /** A TypeID; null or undefined: of all subscriptions. */
  readonly subscriptionId?: string | null | undefined;
}

/** Counts and durations of attempts, in buckets without gaps. Too many buckets, or an end before the begin, is BAD_USER_INPUT. */
export async function deliveryStats(
  database: Pick<WorkspaceDatabase, 'query'>,
  request: StatsRequest,
): Promise<DeliveryStatsBucket[]> {
  const stepMs = intervalMs[request.interval];
  const startMs = Math.floor(request.from.getTime() / stepMs) * stepMs;
  const endMs = request.to.getTime();
  const buckets = Math.ceil((endMs - startMs) / stepMs);
  if (endMs < request.from.getTime()) throw badInput('to lies before from.');
  if (buckets > maxBuckets)
    throw badInput(
      `That would be ${buckets} buckets; ask for at most ${maxBuckets}, or for a longer interval.`,
    );
  // A malformed id is one that no subscription has.
  const subscription =
    typeof request.subscriptionId === 'string'
      ? (fromTypeId('wsub', request.subscriptionId) ?? lowestUuidAt(0))
      : undefined;
  const values = [
    request.workspaceId,
    lowestUuidAt(startMs - idMarginMs),
    new Date(startMs),
    new Date(endMs),
    stepMs,
    lowestUuidAt(endMs + idMarginMs),
  ];
  return subscription === undefined
    ? database.query(ofAll, values)
    : database.query(ofOne, [...values, subscription]);
}

const statsWith = (condition: string) =>
  `SELECT bucket AS "startsAt", count(a.id)::integer AS attempts,
      count(a.id) FILTER (WHERE a.outcome = 'SUCCEEDED')::integer AS succeeded,
      count(a.id) FILTER (WHERE a.outcome <> 'SUCCEEDED')::integer AS failed,
      percentile_disc(0.5) WITHIN GROUP (ORDER BY a.duration_ms) AS "p50DurationMs",
      percentile_disc(0.95) WITHIN GROUP (ORDER BY a.duration_ms) AS "p95DurationMs"
    FROM generate_series($3::timestamptz, $4::timestamptz - interval '1 millisecond', $5::float8 * interval '1 millisecond') AS bucket
    LEFT JOIN (
      SELECT id, outcome, duration_ms,
        date_bin($5::float8 * interval '1 millisecond', started_at, $3::timestamptz) AS began
      FROM attempt
      WHERE workspace_id = $1 AND id >= $2::uuid AND id < $6::uuid AND outcome <> 'INTERRUPTED'
        AND started_at >= $3::timestamptz AND started_at < $4::timestamptz
        ${condition}
    ) a ON a.began = bucket
    GROUP BY bucket ORDER BY bucket`;

const ofAll: Statement = { name: 'delivery-stats', text: statsWith('') };
// An index has the attempts of each subscription.
const ofOne: Statement = {
  name: 'delivery-stats-of-subscription',
  text: statsWith('AND subscription_id = $7::uuid'),
};
