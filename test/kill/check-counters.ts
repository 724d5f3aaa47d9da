import type { FinalDelivery, FinalSubscription } from './final-state.js';
import type { Finding, RunRecord } from './record.js';

/** A subscription's counters say what its deliveries say. */
export function checkCounters({ final, endpoints }: RunRecord): Finding {
  const deliveries = Map.groupBy(final.deliveries, ({ endpoint }) => endpoint);
  const failing = new Set(endpoints.flatMap(({ name, promise }) => (promise === 'failed' ? [name] : [])));
  const violations = final.subscriptions.flatMap((subscription) => {
    const { endpoint } = subscription;
    const expected = countersOf(deliveries.get(endpoint) ?? []);
    const names = ['deliveryCount', 'failureCount', 'lastDeliveryMs'] as const;
    const told = failing.has(endpoint) ? ([...names, 'failuresInARow'] as const) : names;
    return told
      .filter((name) => subscription[name] !== expected[name])
      .map((name) => `${endpoint}: ${name} is ${subscription[name]}, its deliveries say ${expected[name]}`);
  });
  return {
    check: 'counters equal what the deliveries say',
    measured: `${final.subscriptions.length} subscriptions`,
    violations,
  };
}

/** A subscription whose endpoint is on record as gone is disabled. */
export function checkGone({ final }: RunRecord): Finding {
  const gone = final.deliveries.filter(({ failureReason }) => failureReason === 'ENDPOINT_GONE');
  const endpoints = new Set(gone.map(({ endpoint }) => endpoint));
  const violations = final.subscriptions
    .filter(({ endpoint, disabledReason }) => endpoints.has(endpoint) && disabledReason !== 'GONE')
    .map(({ endpoint, status }) => `${endpoint}: answered 410, and is ${status}`);
  return { check: 'who is gone is disabled', measured: `${gone.length} answers of 410`, violations };
}

type Counters = Omit<FinalSubscription, 'endpoint' | 'status' | 'disabledReason'>;

/** What the counters should be; `failuresInARow` where no attempt has ever succeeded. */
function countersOf(deliveries: readonly FinalDelivery[]): Counters {
  const attempts = deliveries.flatMap((delivery) => delivery.attempts);
  const ended = attempts.filter(({ outcome }) => outcome !== 'INTERRUPTED');
  const lastMs = ended.reduce((last, { endedMs }) => Math.max(last, endedMs), 0);
  const standingAt = (status: string) => deliveries.filter((delivery) => delivery.status === status).length;
  return {
    deliveryCount: standingAt('DELIVERED'),
    failureCount: standingAt('FAILED'),
    lastDeliveryMs: ended.length === 0 ? null : lastMs,
    failuresInARow: ended.length,
  };
}
