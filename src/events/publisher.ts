import { createHash, randomBytes } from 'node:crypto';
import { type UserError, userError } from '../graphql/user-error.js';
import { withPlainNumbers } from '../rules/exact-json.js';
import { matchesEventFilter } from '../rules/event-filter.js';
import type { Database } from '../storage/database.js';
import { newUuid } from '../storage/typeid.js';
import { type CheckedEvent, checkEvent, unknownEventType } from './check-event.js';
import { type MatchedType, matchSubscriptions, type Taker } from './match-subscriptions.js';
import { checkPayload } from './payload-schema.js';
import type { PublishEventInput } from './publish.types.js';
import { findKeyHolders, type KeyHolder, type NewDelivery, type NewEvent, storeEvents } from './store-events.js';

/** What became of one event. */
export type Published =
  | { kind: 'stored'; event: NewEvent }
  | { kind: 'duplicate'; eventId: string }
  | { kind: 'refused'; errors: UserError[] };

/** Stores events; the answer is given once they are committed. */
export interface Publisher {
  /** `paths` say where each input stands in the arguments, for the faults. */
  publish(workspaceId: string, inputs: readonly PublishEventInput[], paths: readonly (readonly string[])[]): Promise<Published[]>;
}

interface Waiting {
  readonly workspaceId: string;
  readonly event: CheckedEvent;
  readonly path: readonly string[];
  readonly settle: (published: Published) => void;
  readonly fail: (error: unknown) => void;
}

const maxBatchEvents = 1000;

/**
 * Gathers what is published while a batch is being committed into the next one. One batch is under way at a time, so that
 * within a process ids come to light in their order. `onStored` is told after each commit.
 */
export function createPublisher(database: Database, onStored: () => void): Publisher {
  const waiting: Waiting[] = [];
  let running = false;

  async function run(): Promise<void> {
    running = true;
    while (waiting.length > 0) {
      const batch = waiting.splice(0, maxBatchEvents);
      try {
        if (await publishBatch(database, batch)) onStored();
      } catch (error) {
        for (const one of batch) one.fail(error);
      }
    }
    running = false;
  }

  return {
    publish(workspaceId, inputs, paths) {
      const results = inputs.map((input, index) => {
        const path = paths[index] ?? [];
        const event = checkEvent(input, path);
        if ('errors' in event) return Promise.resolve<Published>({ kind: 'refused', errors: event.errors });
        return new Promise<Published>((settle, fail) => waiting.push({ workspaceId, event, path, settle, fail }));
      });
      // Whoever publishes in the same turn of the event loop comes along.
      if (!running && waiting.length > 0) {
        running = true;
        setImmediate(() => void run());
      }
      return Promise.all(results);
    },
  };
}

/** Settles every waiting event; true where something was stored. */
async function publishBatch(database: Database, batch: readonly Waiting[]): Promise<boolean> {
  const types = await matchTypes(database, batch);
  const held = new Set<string>();
  const later: Waiting[] = [];
  const events = new Map<Waiting, NewEvent>();
  for (const one of batch) {
    const type = types.get(typeKey(one));
    const errors = checkAgainst(type, one);
    if (errors.length > 0 || !type) {
      one.settle({ kind: 'refused', errors });
      continue;
    }
    const key = one.event.idempotencyKey === null ? undefined : `${one.workspaceId} ${one.event.idempotencyKey}`;
    if (key !== undefined && held.has(key)) {
      later.push(one);
      continue;
    }
    if (key !== undefined) held.add(key);
    events.set(one, newEvent(one, type));
  }
  const stored = events.size > 0 ? await storeEvents(database, [...events.values()]) : new Set<string>();
  for (const [one, event] of events) {
    if (stored.has(event.uuid)) one.settle({ kind: 'stored', event });
    else later.push(one);
  }
  if (later.length > 0) await settleDuplicates(database, later);
  return stored.size > 0;
}

async function matchTypes(database: Database, batch: readonly Waiting[]): Promise<Map<string, MatchedType>> {
  const asked = new Map(batch.map((one) => [typeKey(one), { workspaceId: one.workspaceId, type: one.event.type }]));
  const matched = await matchSubscriptions(database, [...asked.values()]);
  return new Map([...asked.keys()].map((key, index) => [key, matched[index] as MatchedType]));
}

function typeKey(one: Waiting): string {
  return `${one.workspaceId} ${one.event.type}`;
}

function checkAgainst(type: MatchedType | undefined, one: Waiting): UserError[] {
  if (!type?.known) return [unknownEventType(one.event.type, one.path)];
  if (type.schema === null) return [];
  return checkPayload(type.schema, JSON.parse(one.event.payload)).map(({ pointer, message }) =>
    userError('INVALID_PAYLOAD', `The payload does not fit the schema of ${one.event.type}: ${pointer || '/'} ${message}.`, [
      ...one.path,
      'payload',
    ]),
  );
}

function newEvent({ workspaceId, event }: Waiting, type: MatchedType): NewEvent {
  const uuid = newUuid();
  const filtered = type.takers.some((taker) => taker.filter !== null) ? withPlainNumbers(JSON.parse(event.payload)) : undefined;
  const takers = type.takers.filter((taker) => taker.filter === null || matchesEventFilter(taker.filter, filtered));
  return {
    uuid,
    workspaceId,
    ...event,
    requestHash: requestHash(event),
    createdAt: new Date(Number.parseInt(uuid.slice(0, 8) + uuid.slice(9, 13), 16)),
    deliveries: takers.map((taker, ordinal) => newDelivery(uuid, taker, ordinal)),
  };
}

// A delivery's id has its event's first eleven bytes, two by chance, and three that count the event's deliveries.
function newDelivery(eventUuid: string, taker: Taker, ordinal: number): NewDelivery {
  const tail = randomBytes(2).toString('hex') + ordinal.toString(16).padStart(6, '0');
  return { uuid: eventUuid.slice(0, 26) + tail, subscriptionId: taker.id, skipReason: skipReasons[taker.status] };
}

const skipReasons = {
  ACTIVE: null,
  INACTIVE: 'SUBSCRIPTION_INACTIVE',
  DISABLED: 'SUBSCRIPTION_DISABLED',
  PENDING_CONFIRMATION: 'SUBSCRIPTION_UNCONFIRMED',
} as const;

function requestHash({ type, payload }: CheckedEvent): Buffer {
  return createHash('sha256').update(type).update('\0').update(payload).digest();
}

/** Their idempotency keys are held: by the same event, or by another one. */
async function settleDuplicates(database: Database, later: readonly Waiting[]): Promise<void> {
  const keys = later.map((one) => ({ workspaceId: one.workspaceId, key: one.event.idempotencyKey ?? '' }));
  const holders = new Map<string, KeyHolder>();
  for (const holder of await findKeyHolders(database, keys)) holders.set(`${holder.workspaceId} ${holder.key}`, holder);
  for (const one of later) {
    const holder = holders.get(`${one.workspaceId} ${one.event.idempotencyKey}`);
    if (!holder) one.fail(new Error('an idempotency key was held and is gone'));
    else if (holder.requestHash.equals(requestHash(one.event))) one.settle({ kind: 'duplicate', eventId: holder.eventId });
    else {
      const message = 'This idempotency key was used in the last 24 hours for another type or payload; use a new one.';
      one.settle({ kind: 'refused', errors: [userError('IDEMPOTENCY_KEY_REUSED', message, [...one.path, 'idempotencyKey'])] });
    }
  }
}
