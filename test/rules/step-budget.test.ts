import { expect, test } from 'vitest';
import { pay, shareSteps } from '../../src/rules/step-budget.js';

/** Runs jobs that cost so many steps each, and says which of them were done. */
function doneWithin(steps: number, costs: readonly number[]) {
  const done: number[] = [];
  let taken = 0;
  const { givenUp, spare } = shareSteps(steps, costs, (cost) => {
    for (let step = 0; step < cost; step++) {
      pay(1);
      taken += 1;
    }
    done.push(cost);
  });
  return { done: done.sort((a, b) => a - b), givenUp, spare, taken };
}

test.each<[number, number[], number[], number]>([
  [100, [], [], 100],
  [100, [30, 70], [30], 0],
  [100, [40, 50], [40, 50], 10],
  // What a first try with 25 steps has taken is gone.
  [100, [1, 2, 3, 69], [1, 2, 3, 69], 0],
  [100, [1, 2, 3, 70], [1, 2, 3], 0],
  [100, [1000, 1000, 1000, 5], [5], 0],
  [2, [1, 1, 1], [], 2],
  // Who has run out of steps is not begun anew with fewer.
  [100, [1, 90, 90, 90, 90], [1], 19],
])('%d steps for jobs of %j do %j', (steps, costs, expected, spare) => {
  for (const order of [costs, costs.toReversed()]) {
    const result = doneWithin(steps, order);
    expect(result.done).toEqual(expected);
    expect([...result.done, ...result.givenUp].sort((a, b) => a - b)).toEqual(
      costs.toSorted((a, b) => a - b),
    );
    expect(result.taken).toBeLessThanOrEqual(steps);
    if (costs.length === expected.length || spare > 0) expect(result.spare).toBe(spare);
  }
});

test('a budget ends with its jobs, and other errors pass through', () => {
  expect(() =>
    shareSteps(1, ['job'], () => {
      throw new RangeError('other');
    }),
  ).toThrow('other');
  expect(() => pay(1_000_000)).not.toThrow();
});
