import { expect, test } from 'vitest';
import { Slots } from '../../src/deliveries/drain/slots.js';

function endAndFree(slots: Slots, isWanted: boolean): void {
  slots.end(isWanted);
  slots.free();
}

function slotsInUse(count: number): Slots {
  const slots = new Slots();
  for (let n = 0; n < count; n += 1) slots.take();
  return slots;
}

test('with few in flight, half of them that came free are worth a claim, although others hang', () => {
  const slots = slotsInUse(36);
  for (let n = 0; n < 17; n += 1) endAndFree(slots, true);
  expect(slots.hasRefill).toBe(false);
  endAndFree(slots, true);
  expect(slots.hasRefill).toBe(true);
  slots.noteClaim();
  expect(slots.hasRefill).toBe(false);
});

test('with many in flight, an eighth of all slots is worth a claim', () => {
  const slots = slotsInUse(1024);
  expect(slots.hasRoom).toBe(false);
  for (let n = 0; n < 127; n += 1) endAndFree(slots, true);
  expect([slots.hasRoom, slots.hasRefill]).toEqual([false, false]);
  endAndFree(slots, true);
  expect([slots.hasRoom, slots.hasRefill]).toEqual([true, true]);
});

test('what comes free where nothing waits is no reason to claim', () => {
  const slots = slotsInUse(3);
  for (let n = 0; n < 3; n += 1) endAndFree(slots, false);
  expect([slots.inUse, slots.hasRefill]).toEqual([0, false]);
});

test('what has ended is worth a claim before it is on record, as long as there are slots', () => {
  const slots = slotsInUse(256);
  for (let n = 0; n < 128; n += 1) slots.end(true);
  expect([slots.inUse, slots.hasRoom, slots.hasRefill]).toEqual([256, true, true]);
  const full = slotsInUse(1024);
  for (let n = 0; n < 128; n += 1) full.end(true);
  expect([full.hasRoom, full.hasRefill]).toEqual([false, true]);
});

test('room for new events is there at once where few are in flight, and where what is does not end', async () => {
  await slotsInUse(512).roomFor(250);
  await slotsInUse(1024).roomFor(250);
});

test('new events wait while more than 512 deliveries are in flight and go on ending', async () => {
  const slots = slotsInUse(530);
  const inUse = slots.roomFor(100_000).then(() => slots.inUse);
  while (slots.inUse > 400) {
    endAndFree(slots, false);
    await new Promise(setImmediate);
  }
  expect(await inUse).toBeLessThanOrEqual(512);
});

test('new events wait no longer than their number allows', async () => {
  const slots = slotsInUse(1024);
  let hasWaited = false;
  const waiting = slots.roomFor(10).then(() => {
    hasWaited = true;
  });
  // Never comes down to what they wait for.
  while (!hasWaited) {
    endAndFree(slots, false);
    slots.take();
    await new Promise(setImmediate);
  }
  await waiting;
});
