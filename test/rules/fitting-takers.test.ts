import { expect, test } from 'vitest';
import { fittingTakers } from '../../src/events/fitting-takers.js';
import type { Taker } from '../../src/events/match-subscriptions.js';
import { checkEventFilter } from '../../src/rules/event-filter.js';

function taker(id: string, filter: object | null): Taker {
  return { id, revision: 1, status: 'ACTIVE', filter, maxAttemptsPerSecond: null };
}

function idsFor(takers: readonly Taker[], payload: string) {
  const { fitting, undecided } = fittingTakers(takers, payload);
  return { fitting: fitting.map(({ id }) => id).sort(), undecided: undecided.map(({ id }) => id).sort() };
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
  expect(idsFor(takers, JSON.stringify(payload))).toEqual({ fitting: expected.sort(), undecided: [] });
});

test('numbers too long to be exact are compared as a filter has them', () => {
  const exact = [taker('long', JSON.parse('{"amount": 1.00000000000000000001}') as object)];
  expect(fittingTakers(exact, '{"amount":1.00000000000000000001}').fitting).toHaveLength(1);
});

test('a payload that is nested deeply still goes to whoever takes everything', () => {
  const deep = `{"tags":${'['.repeat(3000)}"red"${']'.repeat(3000)}}`;
  expect(idsFor(takers, deep).fitting).toContain('all');
});

const largest = 262_144;
const hundred = Array.from({ length: 100 });

/** A payload that has as many of these in its list `a` as it may. */
function full(element: string): string {
  const count = Math.floor((largest - 40) / (element.length + 1));
  return `{"amount":100,"a":[${Array(count).fill(element).join()}]}`;
}

function nested(levels: number, inner: (text: string) => string): string {
  let text = '[]';
  for (let level = 0; level < levels; level++) text = inner(text);
  return `{"amount":100,"a":${text}}`;
}

const places = (count: number) => `a${'.0'.repeat(count)}`;
// Each of its lists may be entered by a place or by a field.
const manifold = nested(120, (text) => `[{"0":${text}}]`);

// Each of them fits, or would take minutes, were it not for the budget.
test.each<[string, object, string]>([
  ['conditions', { $nor: hundred.map((_, index) => ({ a: index + 1 })) }, full('0')],
  [
    'lists in lists',
    { $nor: hundred.map(() => ({ a: { $elemMatch: { $elemMatch: { $gt: 1 } } } })) },
    full('[0]'),
  ],
  [
    'operators in operators',
    { $nor: hundred.map(() => ({ a: { $elemMatch: { $not: { $not: { $gt: 1 } } } } })) },
    full('0'),
  ],
  ['objects to compare', { $nor: hundred.map(() => ({ a: { $in: [{ b: 1 }] } })) }, full('{"a":0}')],
  ['letters of a name', { a: { $nin: [{ b: 1 }] } }, `{"amount":100,"a":{"${'k'.repeat(largest - 40)}":1}}`],
  [
    'filters without conditions',
    { $nor: [{ a: { $elemMatch: { $and: [...hundred.slice(1).map(() => ({})), { b: 1 }] } } }] },
    `{"amount":100,"a":[${Array(20).fill('{}').join()}]}`,
  ],
  ['types', { $nor: hundred.map(() => ({ a: { $type: ['bool', 'null', 'string'] } })) }, full('0')],
  ['places or fields', { $nor: [{ [places(90)]: 1 }] }, manifold],
])('a hundred filters of too many %s are given up, and all others have the event', (_, hostile, payload) => {
  expect(checkEventFilter(hostile)).toEqual([]);
  const ordinary = [
    taker('all', null),
    taker('large', { amount: { $gte: 100 } }),
    taker('100', { amount: 100 }),
  ];
  const all = [...hundred.map((_, index) => taker(`hostile ${index}`, { ...hostile })), ...ordinary];
  for (const order of [all, all.toReversed()]) {
    const { fitting, undecided } = idsFor(order, payload);
    expect(fitting).toEqual(['100', 'all', 'large']);
    expect(undecided).toEqual(hundred.map((_, index) => `hostile ${index}`).sort());
  }
});

test('a filter that takes too many steps to be looked up is given up like one that takes too many to be tried', () => {
  const hostile = taker('places', { [places(90)]: 1 });
  const { fitting, undecided } = idsFor([...takers, hostile], manifold);
  expect(fitting).toEqual(['all', 'every', 'large']);
  expect(undecided).toEqual(['places']);
});

test('a filter with more parts than are taken today is given up before it exhausts the stack', () => {
  for (const filter of [{ [places(4_000)]: 1 }, { $nor: [{ [places(4_000)]: 1 }] }]) {
    const inLists = nested(8_000, (text) => `[${text}]`);
    const { fitting, undecided } = idsFor([taker('old', filter), taker('all', null)], inLists);
    expect({ fitting, undecided }).toEqual({ fitting: ['all'], undecided: ['old'] });
  }
});

test('whoever shares a path with filters that ask too much is tried alone', () => {
  const values = Array.from({ length: 300 }, (_, index) => index);
  const greedy = Array.from({ length: 2000 }, (_, index) =>
    taker(`greedy ${index}`, { a: { $in: values }, b: index }),
  );
  const innocent = taker('innocent', { a: 299, amount: 100 });
  const { fitting, undecided } = idsFor([...greedy, innocent], JSON.stringify({ a: values, amount: 100 }));
  expect({ fitting, undecided }).toEqual({ fitting: ['innocent'], undecided: [] });
});

test('thousands of filters at one path are decided, whatever else asks too much of the event', () => {
  const same = Array.from({ length: 10_000 }, (_, index) => taker(`c1 ${index}`, { 'customer.id': 'c1' }));
  const hostile = hundred.map((_, index) => taker(`hostile ${index}`, { [`${places(89)}.${index}`]: 1 }));
  const payload = JSON.stringify({ ...JSON.parse(manifold), customer: { id: 'c1' } });
  for (const order of [
    [...same, ...hostile],
    [...hostile, ...same],
  ]) {
    const { fitting, undecided } = fittingTakers(order, payload);
    expect(fitting).toHaveLength(same.length);
    expect(undecided).toHaveLength(hostile.length);
  }
});

test('filters may look through thousands of lines many times', () => {
  const lines = Array.from({ length: 2500 }, (_, index) => ({
    sku: `sku-${index}`,
    count: index,
    tags: ['new'],
  }));
  const all = hundred
    .slice(0, 10)
    .map((_, index) =>
      taker(`${index}`, { lines: { $elemMatch: { sku: `sku-${2490 + index}`, count: { $gt: 5 } } } }),
    );
  expect(fittingTakers(all, JSON.stringify({ lines })).fitting).toHaveLength(10);
});

test('thousands of filters that can only be tried all are', () => {
  const all = Array.from({ length: 10_000 }, (_, index) =>
    taker(`${index}`, {
      amount: { $gt: index },
      currency: { $nin: ['EUR', 'USD', 'GBP'] },
      $or: [{ tags: { $ne: 'old' } }, { lines: { $elemMatch: { sku: 'a', count: { $lt: 5 } } } }],
    }),
  );
  const payload =
    '{"amount":5000,"currency":"CHF","tags":["new","old"],"lines":[{"sku":"b"},{"sku":"a","count":3}]}';
  const { fitting, undecided } = fittingTakers(all, payload);
  expect([fitting.length, undecided.length]).toEqual([5000, 0]);
});

test('thousands of filters that are looked up by the same values all are', () => {
  const all = Array.from({ length: 10_000 }, (_, index) =>
    taker(`${index}`, { tags: { $in: ['a', 'b', 'c'] } }),
  );
  expect(fittingTakers(all, '{"tags":["a","b","c"]}').fitting).toHaveLength(10_000);
});
