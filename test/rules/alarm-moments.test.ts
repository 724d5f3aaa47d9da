import { describe, expect, test } from 'vitest';
import { alarmMoment, RecentMoments } from '../../src/deliveries/alarms/alarm-moments.js';

describe('the second an alarm is named after', () => {
  test.each([
    { name: 'what is due later is rounded up', dueAtMs: 12_001, nowMs: 10_000, moment: 13_000 },
    { name: 'a whole second stays as it is', dueAtMs: 12_000, nowMs: 10_000, moment: 12_000 },
    { name: 'later in the running second is the next one', dueAtMs: 10_900, nowMs: 10_500, moment: 11_000 },
    { name: 'what is due now takes the running second', dueAtMs: 10_500, nowMs: 10_500, moment: 10_000 },
    { name: 'and so does what was due long ago', dueAtMs: 0, nowMs: 10_500, moment: 10_000 },
  ])('$name', ({ dueAtMs, nowMs, moment }) => {
    expect(alarmMoment(dueAtMs, nowMs)).toBe(moment);
  });
});

describe('moments that were set lately', () => {
  test('are asked for once, until they are forgotten', () => {
    const recent = new RecentMoments();
    expect(recent.takeNew([1000, 2000, 1000], 0)).toEqual([1000, 2000]);
    expect(recent.takeNew([2000, 3000], 0)).toEqual([3000]);
    recent.forget([2000]);
    expect(recent.takeNew([2000, 3000], 0)).toEqual([2000]);
  });

  test('are trusted for five seconds', () => {
    const recent = new RecentMoments();
    recent.takeNew([60_000], 0);
    expect(recent.takeNew([60_000], 4999)).toEqual([]);
    expect(recent.takeNew([60_000], 5000)).toEqual([60_000]);
  });

  test('are ten thousand at most, of which the oldest go first', () => {
    const recent = new RecentMoments();
    const moments = Array.from({ length: 10_001 }, (_, index) => index * 1000);
    recent.takeNew(moments, 0);
    expect(recent.takeNew([0, 10_000_000], 1)).toEqual([0]);
  });
});
