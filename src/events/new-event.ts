import { newUuid, timeOfUuid } from '../storage/typeid.js';
import type { Admission } from './admission.js';
import type { CheckedEvent } from './check-event.js';
import { fittingTakers } from './fitting-takers.js';
import type { MatchedType, Taker } from './match-subscriptions.js';
import type { NewDelivery, NewEvent } from './store-events.js';

/** An event with its id, and a delivery for each taker whose filter it fits; `admission` gives those a place that may be sent at once. */
export function newEvent(
  { workspaceId, apiKeyId, event }: { workspaceId: string; apiKeyId: string; event: CheckedEvent },
  requestHash: Buffer,
  { takers, revision }: MatchedType,
  admission: Admission,
): NewEvent {
  const uuid = newUuid();
  const fitting = fittingTakers(takers, event.payload);
  return {
    uuid,
    workspaceId,
    ...event,
    publishedBy: apiKeyId,
    requestHash,
    createdAt: new Date(timeOfUuid(uuid)),
    catalogueRevision: revision,
    deliveries: fitting.map((taker, ordinal) => newDelivery(uuid, taker, ordinal, admission)),
  };
}

// A delivery's id has its event's first eleven bytes; the last five count the event's deliveries.
function newDelivery(eventUuid: string, taker: Taker, ordinal: number, admission: Admission): NewDelivery {
  const skipReason = skipReasons[taker.status];
  // A rate is kept to where deliveries are claimed.
  const mayGoAtOnce = skipReason === null && taker.maxAttemptsPerSecond === null;
  return {
    uuid: eventUuid.slice(0, 26) + ordinal.toString(16).padStart(10, '0'),
    subscriptionId: taker.id,
    subscriptionRevision: taker.revision,
    skipReason,
    place: mayGoAtOnce ? admission.admit(taker.id) : undefined,
  };
}

const skipReasons = {
  ACTIVE: null,
  INACTIVE: 'SUBSCRIPTION_INACTIVE',
  DISABLED: 'SUBSCRIPTION_DISABLED',
  PENDING_CONFIRMATION: 'SUBSCRIPTION_UNCONFIRMED',
} as const;
