import { newUuid, timeOfUuid } from '../storage/typeid.js';
import type { Admission } from './admission.js';
import type { CheckedEvent } from './check-event.js';
import type { FittingTakers } from './fitting-takers.js';
import type { Taker } from './match-subscriptions.js';
import type { NewDelivery, NewEvent } from './store-events.js';

/**
 * An event with its id, and a delivery for each taker whose filter it fits or may fit; `admission` gives those a place that may be sent
 * at once. `revision` is that of the catalogue that the takers are from.
 */
export function newEvent(
  { workspaceId, apiKeyId, event }: { workspaceId: string; apiKeyId: string; event: CheckedEvent },
  requestHash: Buffer,
  revision: string,
  { fitting, undecided }: FittingTakers,
  admission: Admission,
): NewEvent {
  const uuid = newUuid();
  const owed = [
    ...fitting.map((taker) => ({ taker, skipReason: skipReasons[taker.status] })),
    // Whatever the subscription's status: no other reason says that the event may not be meant for it.
    ...undecided.map((taker) => ({ taker, skipReason: 'FILTER_TOO_COSTLY' })),
  ];
  return {
    uuid,
    workspaceId,
    ...event,
    publishedBy: apiKeyId,
    requestHash,
    createdAt: new Date(timeOfUuid(uuid)),
    catalogueRevision: revision,
    deliveries: owed.map((one, ordinal) => newDelivery(uuid, one, ordinal, admission)),
  };
}

// A delivery's id has its event's first eleven bytes; the last five count the event's deliveries.
function newDelivery(
  eventUuid: string,
  { taker, skipReason }: { taker: Taker; skipReason: string | null },
  ordinal: number,
  admission: Admission,
): NewDelivery {
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
