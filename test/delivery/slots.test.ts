import { expect, test } from 'vitest';
import { Slots } from '../../src/deliveries/drain/slots.js';

function slotsInUse(count: number): Slots {
  const slots = new Slots();
  for (let n = 0; n < count; n += 1) slots.take();
  return slots;
}

test('with few in flight, half of them that came free are worth a claim, although others hang', () => {
  const slots = slotsInUse(36);
  for (let n = 0; n < 17; n += 1) slots.free(true);
  expect(slots.hasRefill).toBe(false);
  slots.free(true);
  expect(slots.hasRefill).toBe(true);
  slots.noteClaim();
  expect(slots.hasRefill).toBe(false);
});

test('with many in flight, a sixteenth of all slots is worth a claim', () => {
  const slots = slotsInUse(1024);
  expect(slots.hasRoom).toBe(false);
  for (let n = 0; n < 63; n += 1) slots.free(true);
  expect([slots.hasRoom, slots.hasRefill]).toEqual([false, false]);
  slots.free(true);
  expect([slots.hasRoom, slots.hasRefill]).toEqual([true, true]);
});

test('what comes free where nothing waits is no reason to claim', () => {
  const slots = slotsInUse(3);
  for (let n = 0; n < 3; n += 1) slots.free(false);
  expect([slots.inUse, slots.hasRefill]).toEqual([0, false]);
});
