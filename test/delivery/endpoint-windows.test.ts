import { expect, test } from 'vitest';
import { type AttemptResult, EndpointWindows } from '../../src/deliveries/drain/endpoint-windows.js';

const answered: AttemptResult = {
  outcome: { kind: 'responded', statusCode: 204, retryAfter: undefined },
  durationMs: 20,
};
const timedOut: AttemptResult = { outcome: { kind: 'timedOut', afterMs: 1000 }, durationMs: 1000 };
const hanging = Array.from({ length: 256 }, (_, n) => `hanging-${n}`);

/** Windows of endpoints that have timed out until four requests are all that they may have. */
function windowsOfHanging(): EndpointWindows {
  const windows = new EndpointWindows();
  for (let times = 0; times < 4; times += 1)
    for (const id of hanging) {
      windows.enter(id);
      windows.leave(id, timedOut);
    }
  return windows;
}

/** Fills all the room that there is, as a claim does; gives how much that was. */
function fill(windows: EndpointWindows): number {
  let filled = 0;
  for (const [id, room] of windows.rooms(1024).rooms)
    for (let n = 0; n < room; n += 1) {
      windows.enter(id);
      filled += 1;
    }
  return filled;
}

test('however many endpoints hang, half of all slots are left to those that answer', () => {
  const windows = windowsOfHanging();
  expect(fill(windows)).toBe(512);
  expect(hanging.map((id) => windows.roomOf(id)).every((room) => room === 0)).toBe(true);
  expect(windows.roomOf('unknown')).toBe(32);
});

test('a slow endpoint that has no room is not sent to at once', () => {
  const windows = windowsOfHanging();
  fill(windows);
  expect([windows.isOpen('hanging-255'), windows.isOpen('unknown')]).toEqual([false, true]);
});

test('what comes free goes to the slow endpoint that was sent to least lately, so all have their turn', () => {
  const windows = windowsOfHanging();
  fill(windows);
  windows.leave('hanging-0', timedOut);
  const given = [...windows.rooms(1024).rooms].filter(([, room]) => room > 0);
  expect(given).toEqual([['hanging-128', 1]]);
});

test('slow endpoints with nothing to send keep room from the others for one turn alone', () => {
  const windows = windowsOfHanging();
  const request = windows.rooms(1024);
  expect(request.rooms.get('hanging-255')).toBe(0);
  windows.passTurn(request, []);
  expect(windows.rooms(1024).rooms.get('hanging-255')).toBe(4);
});

test('an endpoint that answers again is slow no more, nor is what it has in flight', () => {
  const windows = windowsOfHanging();
  fill(windows);
  windows.leave('hanging-0', answered);
  // Its three others in flight count no more, and it has a window of five.
  expect(windows.roomOf('hanging-0')).toBe(2);
  expect(
    [...windows.rooms(1024).rooms]
      .filter(([id]) => id !== 'hanging-0')
      .reduce((sum, [, room]) => sum + room, 0),
  ).toBe(4);
});

test('one that hangs alone has all of its own four slots', () => {
  const windows = new EndpointWindows();
  for (let times = 0; times < 4; times += 1) {
    windows.enter('alone');
    windows.leave('alone', timedOut);
  }
  expect(windows.roomOf('alone')).toBe(4);
});

test('slow endpoints are remembered while hundreds of others come and go', () => {
  const windows = windowsOfHanging();
  for (let n = 0; n < 600; n += 1) {
    windows.enter(`other-${n}`);
    windows.leave(`other-${n}`, answered);
  }
  expect(hanging.map((id) => windows.roomOf(id)).every((room) => room === 4)).toBe(true);
});

test('healthy endpoints are remembered while they are idle, however many others are slow', () => {
  const windows = new EndpointWindows();
  for (let n = 0; n < 600; n += 1) {
    windows.enter(`slow-${n}`);
    windows.leave(`slow-${n}`, timedOut);
  }
  for (let times = 0; times < 40; times += 1)
    for (const id of ['one', 'other']) {
      windows.enter(id);
      windows.leave(id, answered);
    }
  expect([windows.roomOf('one'), windows.roomOf('other')]).toEqual([72, 72]);
});
