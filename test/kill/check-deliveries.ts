import type { FinalDelivery } from './final-state.js';
import { entriesOf, type Finding, pairOf, type RunRecord } from './record.js';
import type { PlannedEndpoint } from './schedule.js';

/** Every acknowledged event is owed once to each endpoint, and has reached each that recovers. */
export function checkLoss({ acknowledged, endpoints, arrivals, deliveries }: RunRecord): Finding {
  const violations: string[] = [];
  for (const { eventId } of acknowledged) {
    for (const { name, promise } of endpoints) {
      const pair = pairOf(name, eventId);
      const owed = deliveries.get(pair)?.length ?? 0;
      const came = arrivals.get(pair) ?? [];
      const hasReached =
        promise === 'gone' || came.some(({ answeredMs }) => promise === 'failed' || answeredMs !== undefined);
      if (owed !== 1) violations.push(`${pair}: ${owed} deliveries are on record`);
      else if (!hasReached) violations.push(`${pair}: acknowledged, and never received`);
    }
  }
  return {
    check: 'every acknowledged event reaches every endpoint that recovers',
    measured: `${acknowledged.length} events, ${endpoints.length} endpoints`,
    violations,
  };
}

/** The stored events are those that were published, each key once, and nothing else was sent. */
export function checkStored({ entries, final, acknowledged, arrivals }: RunRecord): Finding {
  const stored = new Map(final.events.map((event) => [event.id, event]));
  const published = new Set([
    ...acknowledged.map(({ payload }) => payload),
    ...entriesOf(entries, 'unanswered').flatMap(({ payloads }) => payloads),
  ]);
  const keys = Map.groupBy(
    final.events.filter(({ key }) => key !== null),
    ({ key }) => key,
  );
  const violations = [
    ...acknowledged
      .filter((one) => stored.get(one.eventId)?.payload !== one.payload)
      .map(({ eventId }) => `${eventId}: acknowledged, and not stored as it was published`),
    ...final.events
      .filter(({ payload }) => !published.has(payload))
      .map(({ id }) => `${id}: nobody published it`),
    ...[...keys]
      .filter(([, events]) => events.length > 1)
      .map(([key, events]) => `${key}: ${events.length} events`),
    ...[...arrivals.values()].flatMap(([first]) =>
      first && !stored.has(first.webhookId) ? [`${first.webhookId}: sent, and not stored`] : [],
    ),
    ...entriesOf(entries, 'refused').map(({ payload, why }) => `${payload}: refused, ${why}`),
  ];
  const unanswered = entriesOf(entries, 'unanswered').length;
  return {
    check: 'what is stored is what was published, each idempotency key once',
    measured: `${final.events.length} events, ${keys.size} keys, ${unanswered} publishes without an answer`,
    violations,
  };
}

/** All has come to the end that its endpoint's behaviour leads to, and what was resent has its attempt. */
export function checkSettled({ entries, final, endpoints, deliveries }: RunRecord): Finding {
  const planned = new Map(endpoints.map((endpoint) => [endpoint.name, endpoint]));
  const accepted = entriesOf(entries, 'resent').filter(({ answer }) => answer === 'accepted');
  const violations = [
    ...final.deliveries
      .filter((delivery) => !isSettled(delivery, planned.get(delivery.endpoint)))
      .map(({ id, endpoint, status }) => `${id} to ${endpoint}: ${status}`),
    ...accepted
      .filter(({ endpoint, eventId }) => !hasResend(deliveries.get(pairOf(endpoint, eventId))?.[0]))
      .map(({ endpoint, eventId }) => `${pairOf(endpoint, eventId)}: a resend was accepted, and not made`),
  ];
  return {
    check: 'every delivery comes to its end, every resend to its attempt',
    measured: `${final.deliveries.length} deliveries, ${accepted.length} resends`,
    violations,
  };
}

/** Attempts are numbered from 1 without gaps. */
export function checkAttempts({ final }: RunRecord): Finding {
  const violations = final.deliveries.flatMap(({ id, endpoint, attemptCount, attempts }) => {
    const expected = Array.from({ length: attemptCount }, (_, index) => index + 1).join(' ');
    const numbers = attempts.map(({ number }) => number).join(' ');
    const outcomes = attempts.map(({ outcome }) => outcome).join(' ');
    return numbers === expected ? [] : [`${id} to ${endpoint}: ${numbers} (${outcomes}) of ${attemptCount}`];
  });
  const attempts = final.deliveries.flatMap((delivery) => delivery.attempts);
  const interrupted = attempts.filter(({ outcome }) => outcome === 'INTERRUPTED').length;
  return {
    check: 'attempts are numbered from 1 without gaps',
    measured: `${attempts.length} attempts, ${interrupted} INTERRUPTED`,
    violations,
  };
}

/** An endpoint gets the same bytes each time, with the payload as it was published. */
export function checkBytes({ arrivals, final }: RunRecord): Finding {
  const payloads = new Map(final.events.map(({ id, payload }) => [id, payload]));
  const violations: string[] = [];
  let again = 0;
  for (const [pair, came] of arrivals) {
    const [first] = came;
    again += came.length - 1;
    if (came.some(({ body }) => body !== first?.body)) violations.push(`${pair}: the bodies differ`);
    if (!first?.body.endsWith(`"data":${payloads.get(first.webhookId)}}`))
      violations.push(`${pair}: the payload is not the one published`);
  }
  return {
    check: 'bodies are the same bytes each time',
    measured: `${again} requests beyond a first`,
    violations,
  };
}

function isSettled({ status, failureReason }: FinalDelivery, endpoint: PlannedEndpoint | undefined): boolean {
  switch (endpoint?.promise) {
    case 'delivered':
      return status === 'DELIVERED';
    case 'failed':
      return status === 'FAILED' && failureReason === 'RETRIES_EXHAUSTED';
    default:
      return ['DELIVERED', 'SKIPPED'].includes(status) || failureReason === 'ENDPOINT_GONE';
  }
}

function hasResend(delivery: FinalDelivery | undefined): boolean {
  return delivery?.attempts.some(({ trigger }) => trigger === 'RESEND') ?? false;
}
