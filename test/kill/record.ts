import type { FinalDelivery, FinalState } from './final-state.js';
import type { Entry, EntryOf } from './history.js';
import type { PlannedEndpoint } from './schedule.js';

/** What a check came to; no violations: it holds. */
export interface Finding {
  readonly check: string;
  readonly measured: string;
  readonly violations: readonly string[];
}

/** A request that an endpoint got; `answeredMs` where it gave the whole of a 2xx answer. */
export interface Arrival extends EntryOf<'arrived'> {
  readonly answeredMs: number | undefined;
}

/** A run as the checks look at it. */
export interface RunRecord {
  readonly entries: readonly Entry[];
  readonly final: FinalState;
  readonly endpoints: readonly PlannedEndpoint[];
  readonly acknowledged: readonly EntryOf<'acknowledged'>[];
  readonly faults: readonly EntryOf<'fault'>[];
  /** By `pairOf`, oldest first. */
  readonly arrivals: ReadonlyMap<string, readonly Arrival[]>;
  /** By `pairOf`. */
  readonly deliveries: ReadonlyMap<string, readonly FinalDelivery[]>;
}

/** The key of what is owed: one event to one endpoint. */
export function pairOf(endpoint: string, eventId: string): string {
  return `${eventId} to ${endpoint}`;
}

/** The entries of one kind, in their order. */
export function entriesOf<Kind extends Entry['kind']>(
  entries: readonly Entry[],
  kind: Kind,
): EntryOf<Kind>[] {
  return entries.filter((entry): entry is EntryOf<Kind> => entry.kind === kind);
}

/** Puts together what belongs together. */
export function recordOf(
  entries: readonly Entry[],
  final: FinalState,
  endpoints: readonly PlannedEndpoint[],
): RunRecord {
  const answered = new Map(entriesOf(entries, 'answered').map(({ request, atMs }) => [request, atMs]));
  const arrivals = entriesOf(entries, 'arrived').map((one) => ({
    ...one,
    answeredMs: answered.get(one.request),
  }));
  return {
    entries,
    final,
    endpoints,
    acknowledged: entriesOf(entries, 'acknowledged'),
    faults: entriesOf(entries, 'fault'),
    arrivals: Map.groupBy(arrivals, ({ endpoint, webhookId }) => pairOf(endpoint, webhookId)),
    deliveries: Map.groupBy(final.deliveries, ({ endpoint, eventId }) => pairOf(endpoint, eventId)),
  };
}
