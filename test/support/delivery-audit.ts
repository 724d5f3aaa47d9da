import { expect } from 'vitest';
import { eventually } from './eventually.js';
import { countDeliveries, expectCountersToFit } from './main-operations.js';
import { postGraphql } from './post-graphql.js';
import type { Receiver } from './receiver.js';
import type { Tendril } from './tendril.js';

/** How a run went. */
interface DeliveryAudit {
  /** Requests that reached the receiver beyond one for each event. */
  readonly repeated: number;
  /** Attempts on record whose outcome the server did not live to see. */
  readonly interrupted: number;
}

interface AuditedPage {
  readonly nodes: readonly {
    id: string;
    attemptCount: number;
    attempts: { number: number; outcome: string }[];
  }[];
  readonly pageInfo: { hasNextPage: boolean; endCursor: string };
}

/**
 * Waits until everything owed to a subscription is DELIVERED, and holds the run to what is promised: each of the events has
 * reached the receiver, attempts are numbered from 1 without gaps, and the counters say what the deliveries say.
 */
export async function auditDeliveries(
  tendril: Tendril,
  receiver: Receiver,
  subscriptionId: string,
  eventIds: readonly string[],
  deadlineMs = 15_000,
): Promise<DeliveryAudit> {
  let delivered = 0;
  await eventually(
    async () => {
      delivered = await countDeliveries(tendril, {
        subscriptionIds: [subscriptionId],
        statuses: ['DELIVERED'],
      });
      // What was stored and not acknowledged is owed too.
      const owed = await countDeliveries(tendril, { subscriptionIds: [subscriptionId] });
      return delivered >= eventIds.length && delivered === owed;
    },
    deadlineMs,
    () => `${delivered} of ${eventIds.length} are delivered`,
  );
  const reached = new Set(receiver.received.map(({ headers }) => headers['webhook-id']));
  expect(eventIds.filter((id) => !reached.has(id))).toEqual([]);
  const interrupted = await auditAttempts(tendril, subscriptionId);
  await expectCountersToFit(tendril, subscriptionId);
  return { repeated: receiver.received.length - reached.size, interrupted };
}

/** Holds the attempts of every delivery to their numbers; gives how many were interrupted. */
async function auditAttempts(tendril: Tendril, subscriptionId: string): Promise<number> {
  let interrupted = 0;
  let after: string | null = null;
  do {
    const page: AuditedPage = await deliveryPage(tendril, subscriptionId, after);
    for (const { id, attemptCount, attempts } of page.nodes) {
      const numbers = Array.from({ length: attemptCount }, (_, index) => index + 1);
      expect({ id, numbers: attempts.map(({ number }) => number) }).toEqual({ id, numbers });
      interrupted += attempts.filter(({ outcome }) => outcome === 'INTERRUPTED').length;
    }
    after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
  } while (after !== null);
  return interrupted;
}

async function deliveryPage(
  tendril: Tendril,
  subscriptionId: string,
  after: string | null,
): Promise<AuditedPage> {
  const query = `query ($after: String, $filter: DeliveryFilter) {
    deliveries(first: 250, after: $after, filter: $filter) {
      nodes { id attemptCount attempts { number outcome } }
      pageInfo { hasNextPage endCursor }
    }
  }`;
  const { data, errors } = await postGraphql(tendril, query, {
    variables: { after, filter: { subscriptionIds: [subscriptionId] } },
  });
  expect(errors).toBeUndefined();
  return data?.deliveries as AuditedPage;
}
