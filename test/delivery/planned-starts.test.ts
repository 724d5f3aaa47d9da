import { expect, test } from 'vitest';
import type { ClaimedDelivery } from '../../src/deliveries/drain/claim-due.js';
import { EndpointWindows } from '../../src/deliveries/drain/endpoint-windows.js';
import { PlannedStarts } from '../../src/deliveries/drain/planned-starts.js';

const id = 'a subscription';

test('more is claimed half a second before the attempts that are planned run out', () => {
  const planned = new PlannedStarts();
  planned.noteClaim([startingAt(1000), startingAt(1100)], [], 0);
  expect(planned.nextClaimInMs(0)).toBe(700);
  expect(planned.dueClaims(new EndpointWindows(), 699)).toEqual([]);
  expect(planned.dueClaims(new EndpointWindows(), 700)).toEqual([id]);
});

test('a claim that finds nothing is made once more a second later, in case another worker or a lower rate was in its way', () => {
  const planned = new PlannedStarts();
  planned.noteClaim([startingAt(1000)], [], 0);
  planned.noteClaim([], [id], 600);
  expect(planned.nextClaimInMs(0)).toBe(1600);
  planned.noteClaim([], [id], 1600);
  expect(planned.nextClaimInMs(0)).toBe(Number.POSITIVE_INFINITY);
});

test('what is found at the second look is gone on with', () => {
  const planned = new PlannedStarts();
  planned.noteClaim([], [id], 0);
  planned.noteClaim([startingAt(1900)], [id], 1000);
  planned.noteClaim([], [id], 1500);
  expect(planned.nextClaimInMs(0)).toBe(2500);
});

test('while the endpoint has no room nothing is claimed, and it is looked at again soon', () => {
  const planned = new PlannedStarts();
  const windows = new EndpointWindows();
  planned.noteClaim([startingAt(0)], [], 0);
  while (windows.roomOf(id) > 0) windows.enter(id);
  expect(planned.dueClaims(windows, 100)).toEqual([]);
  expect(planned.nextClaimInMs(0)).toBe(200);
  windows.leave(id, undefined);
  expect(planned.dueClaims(windows, 200)).toEqual([id]);
});

test('what is taken back is not begun', () => {
  const planned = new PlannedStarts();
  const delivery = startingAt(0);
  planned.hold(delivery, performance.now() + 60_000, () => expect.unreachable());
  expect(planned.held).toBe(1);
  expect(planned.takeHeld()).toEqual([delivery]);
  expect(planned.held).toBe(0);
});

test('what is held beyond a thousand is claimed only when it is to begin at once', () => {
  const planned = new PlannedStarts();
  for (let count = 0; count < 1024; count++)
    planned.hold(startingAt(0), performance.now() + 60_000, () => undefined);
  planned.noteClaim([startingAt(0)], [], 0);
  expect(planned.aheadMs).toBe(0);
  expect(planned.dueClaims(new EndpointWindows(), 100)).toEqual([]);
  planned.takeHeld();
  expect(planned.aheadMs).toBe(1000);
  expect(planned.dueClaims(new EndpointWindows(), 200)).toEqual([id]);
});

function startingAt(atMs: number): ClaimedDelivery {
  return {
    uuid: '0190a0a0-0000-7000-8000-000000000002',
    workspaceId: '0190a0a0-0000-7000-8000-000000000001',
    subscriptionId: id,
    subscriptionRevision: 1,
    eventId: '0190a0a0-0000-7000-8000-000000000003',
    eventType: 'payout.paid',
    payload: '{}',
    eventCreatedAtMs: 0,
    publishedBy: null,
    attemptId: '0190a0a0-0000-7000-8000-000000000004',
    attemptNumber: 1,
    trigger: 'SCHEDULE',
    retryStep: 0,
    leaseEpoch: 1,
    body: null,
    start: { atMs, intervalMs: 100 },
  };
}
