import { hash } from 'node:crypto';
import { type UserError, userError } from '../graphql/user-error.js';
import type { Database } from '../storage/database.js';
import type { Admission } from './admission.js';
import { type CheckedEvent, unknownEventType } from './check-event.js';
import { type FittingTakers, fittingTakers } from './fitting-takers.js';
import type { MatchedType, SubscriptionMatcher } from './match-subscriptions.js';
import { newEvent } from './new-event.js';
import { checkPayload } from './payload-schema.js';
import { findKeyHolders, type NewEvent, type StoredEvents, storeEvents } from './store-events.js';

/** What became of one event. */
export type Published =
  | { kind: 'stored'; event: NewEvent }
  | { kind: 'duplicate'; eventId: string }
  | { kind: 'refused'; errors: UserError[] };

/** An event that waits to be stored. */
export interface WaitingEvent {
  readonly workspaceId: string;
  /** Who publishes it. */
  readonly apiKeyId: string;
  readonly event: CheckedEvent;
  /** Where it stands in the arguments, for its faults. */
  readonly path: readonly string[];
  readonly settle: (published: Published) => void;
  readonly fail: (error: unknown) => void;
}

/** What a batch is published with. */
export interface PublishParts {
  readonly database: Database;
  readonly matcher: SubscriptionMatcher;
  readonly admission: Admission;
}

/** What became of a batch as a whole. */
export interface BatchOutcome {
  /** What there was no time for. */
  readonly rest: readonly WaitingEvent[];
  /** What is to wait behind all others: it is to be matched anew, or its workspace is the one that used the time up. */
  readonly late: readonly WaitingEvent[];
  /** Whether deliveries were stored that wait to be claimed. */
  readonly isAnyDue: boolean;
}

// Schemas and filters are the customers', and may take long: after this, what is sorted out is stored before the rest is looked at. Others
// are served meanwhile, and a change of a subscription has only the last part matched again.
const partMs = 20;

/** Settles waiting events, all or a part. */
export async function publishBatch(
  parts: PublishParts,
  batch: readonly WaitingEvent[],
): Promise<BatchOutcome> {
  const types = await matchTypes(parts.matcher, batch);
  const { accepted, repeated, rest, late } = sortOut(batch, types);
  // Nothing fails between here and the statement that stores them: places would be lost.
  const events = new Map(accepted.map((one) => [one.waiting, eventOf(one, parts.admission)]));
  const { stored, outdated } = await storeAndBegin(parts, [...events.values()]);
  let isAnyDue = false;
  const again: WaitingEvent[] = [];
  for (const [one, event] of events) {
    if (stored.has(event.uuid)) {
      one.settle({ kind: 'stored', event });
      isAnyDue ||= event.deliveries.some(({ skipReason, place }) => skipReason === null && !place);
    } else if (outdated.has(event.uuid)) again.push(one);
    else repeated.push(one);
  }
  for (const { workspaceId } of again) parts.matcher.forget(workspaceId);
  if (again.length > 0) return { rest, late: [...again, ...repeated, ...late], isAnyDue };
  await settleDuplicates(parts.database, repeated);
  return { rest, late, isAnyDue };
}

/** Stores events, and has those of their deliveries sent that have their place. */
async function storeAndBegin(
  { database, admission }: PublishParts,
  events: readonly NewEvent[],
): Promise<StoredEvents> {
  let stored: ReadonlySet<string> = new Set();
  try {
    const result = await storeEvents(database, events);
    stored = result.stored;
    return result;
  } finally {
    const placed = events.flatMap((event) =>
      event.deliveries.flatMap(({ place, ...delivery }) => (place ? [{ event, ...delivery, place }] : [])),
    );
    admission.begin(placed.filter(({ event }) => stored.has(event.uuid)));
    for (const { event, subscriptionId, place } of placed)
      if (!stored.has(event.uuid)) admission.withdraw(subscriptionId, place);
  }
}

/** An event that can be stored, and who is to have it. */
interface Accepted {
  readonly waiting: WaitingEvent;
  readonly type: MatchedType;
  readonly takers: FittingTakers;
}

/** Refuses what is faulty; the others are to be stored, or repeat an idempotency key within the batch. */
function sortOut(batch: readonly WaitingEvent[], types: ReadonlyMap<string, MatchedType>) {
  const accepted: Accepted[] = [];
  const repeated: WaitingEvent[] = [];
  const keys = new Set<string>();
  const endsAtMs = performance.now() + partMs;
  for (const [index, one] of batch.entries()) {
    const last = batch[index - 1];
    if (last && performance.now() >= endsAtMs) {
      const isLate = ({ workspaceId }: WaitingEvent) => workspaceId === last.workspaceId;
      const left = batch.slice(index);
      return { accepted, repeated, rest: left.filter((it) => !isLate(it)), late: left.filter(isLate) };
    }
    const type = types.get(typeKey(one)) as MatchedType;
    const errors = faultsOf(one, type);
    const key = keyOf(one);
    if (errors.length > 0) one.settle({ kind: 'refused', errors });
    else if (key !== undefined && keys.has(key)) repeated.push(one);
    else {
      if (key !== undefined) keys.add(key);
      accepted.push({ waiting: one, type, takers: fittingTakers(type.takers, one.event.payload) });
    }
  }
  return { accepted, repeated, rest: [], late: [] };
}

function eventOf({ waiting, type, takers }: Accepted, admission: Admission): NewEvent {
  return newEvent(waiting, requestHash(waiting.event), type.revision, takers, admission);
}

async function matchTypes(
  matcher: SubscriptionMatcher,
  batch: readonly WaitingEvent[],
): Promise<Map<string, MatchedType>> {
  const asked = new Map(
    batch.map((one) => [typeKey(one), { workspaceId: one.workspaceId, type: one.event.type }]),
  );
  const matched = await matcher.match([...asked.values()]);
  return new Map([...asked.keys()].map((key, index) => [key, matched[index] as MatchedType]));
}

function typeKey({ workspaceId, event }: WaitingEvent): string {
  return `${workspaceId} ${event.type}`;
}

function keyOf({ workspaceId, event }: WaitingEvent): string | undefined {
  return event.idempotencyKey === null ? undefined : `${workspaceId} ${event.idempotencyKey}`;
}

function faultsOf({ event, path }: WaitingEvent, type: MatchedType): UserError[] {
  if (!type.known) return [unknownEventType(event.type, path)];
  if (type.schema === null) return [];
  return checkPayload(type.schema, JSON.parse(event.payload)).map(({ pointer, message }) =>
    userError(
      'INVALID_PAYLOAD',
      `The payload does not fit the schema of ${event.type}: ${pointer || '/'} ${message}.`,
      [...path, 'payload'],
    ),
  );
}

/** Tells a repetition from another event under the same key. */
function requestHash({ type, payload }: CheckedEvent): Buffer {
  return hash('sha256', `${type}\0${payload}`, 'buffer');
}

/** Their idempotency keys are held: by the same event, or by another one. */
async function settleDuplicates(database: Database, later: readonly WaitingEvent[]): Promise<void> {
  if (later.length === 0) return;
  const asked = later.map((one) => ({ workspaceId: one.workspaceId, key: one.event.idempotencyKey ?? '' }));
  const found = await findKeyHolders(database, asked);
  const holders = new Map(found.map((holder) => [`${holder.workspaceId} ${holder.key}`, holder]));
  for (const one of later) {
    const holder = holders.get(keyOf(one) ?? '');
    if (!holder) one.fail(new Error('an idempotency key was held and is gone'));
    else if (holder.requestHash.equals(requestHash(one.event)))
      one.settle({ kind: 'duplicate', eventId: holder.eventId });
    else one.settle({ kind: 'refused', errors: [keyReused(one.path)] });
  }
}

function keyReused(path: readonly string[]): UserError {
  const message =
    'This idempotency key was used in the last 24 hours for another type or payload; use a new one.';
  return userError('IDEMPOTENCY_KEY_REUSED', message, [...path, 'idempotencyKey']);
}
