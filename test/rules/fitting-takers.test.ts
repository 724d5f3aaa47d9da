import { expect, test } from 'vitest';
import { fittingTakers } from '../../src/events/fitting-takers.js';
import type { Taker } from '../../src/events/match-subscriptions.js';

function taker(id: string, filter: object | null): Taker {
  return { id, revision: 1, status: 'ACTIVE', filter, maxAttemptsPerSecond: null };
}

const takers = [
  taker('all', null),
  taker('every', {}),
  taker('large', { amount: { $gte: 100 } }),
  taker('c1', { 'customer.id': 'c1' }),
  taker('c1, large', { 'customer.id': 'c1', amount: { $gte: 100 } }),
  taker('c2 or c3', { 'customer.id': { $in: ['c2', 'c3'] } }),
  taker('red and blue', { $and: [{ tags: 'red' }, { tags: 'blue' }] }),
  taker('amount 5', { amount: 5 }),
];

test.each<[object, string[]]>([
  [{ customer: { id: 'c1' }, amount: 5 }, ['all', 'every', 'c1', 'amount 5']],
  [{ customer: { id: 'c1' }, amount: 100 }, ['all', 'every', 'large', 'c1', 'c1, large']],
  [{ customer: { id: 'c3' } }, ['all', 'every', 'c2 or c3']],
  [{ customer: [{ id: 'c1' }, { id: 'c2' }] }, ['all', 'every', 'c1', 'c2 or c3']],
  [{ tags: ['blue', 'red'] }, ['all', 'every', 'red and blue']],
  [{ tags: ['blue'] }, ['all', 'every']],
  [{ amount: '5' }, ['all', 'every']],
  [['c1'], ['all', 'every']],
])('%j is for %j', (payload, expected) => {
  const ids = fittingTakers(takers, JSON.stringify(payload)).map(({ id }) => id);
  expect(ids.sort()).toEqual(expected.sort());
});

test('numbers too long to be exact are compared as a filter has them', () => {
  const exact = [taker('long', JSON.parse('{"amount": 1.00000000000000000001}') as object)];
  expect(fittingTakers(exact, '{"amount":1.00000000000000000001}')).toHaveLength(1);
});

test('a payload that is nested deeply still goes to whoever takes everything', () => {
  const deep = `{"tags":${'['.repeat(3000)}"red"${']'.repeat(3000)}}`;
  const ids = fittingTakers(takers, deep).map(({ id }) => id);
  expect(ids).toContain('all');
});
