import { expect, test } from 'vitest';
import { eventFilterTest } from '../../src/rules/event-filter.js';
import { keysAt, lookupKey, requiredEquality } from '../../src/rules/filter-equality.js';

test.each<[object, ReturnType<typeof requiredEquality>]>([
  [{ 'customer.id': 'c1' }, { path: 'customer.id', values: ['c1'] }],
  [{ amount: 5 }, { path: 'amount', values: [5] }],
  [{ paid: { $eq: true } }, { path: 'paid', values: [true] }],
  [{ currency: { $in: ['EUR', 'CHF'], $ne: 'CHF' } }, { path: 'currency', values: ['EUR', 'CHF'] }],
  [
    { amount: { $gt: 5 }, currency: 'EUR' },
    { path: 'currency', values: ['EUR'] },
  ],
  [{ $and: [{ amount: { $gt: 5 } }, { currency: 'EUR' }] }, { path: 'currency', values: ['EUR'] }],
  [{}, undefined],
  [{ amount: { $gt: 5 } }, undefined],
  [{ note: null }, undefined],
  [{ currency: { $in: ['EUR', null] } }, undefined],
  [{ currency: { $ne: 'EUR' } }, undefined],
  [{ tags: ['a', 'b'] }, undefined],
  [{ $or: [{ currency: 'EUR' }, { amount: 5 }] }, undefined],
  [{ $nor: [{ currency: 'EUR' }] }, undefined],
  [{ items: { $elemMatch: { sku: 'a' } } }, undefined],
])('%j requires %j', (filter, expected) => {
  expect(requiredEquality(filter)).toEqual(expected);
});

const payloads = [
  { a: 'x' },
  { a: ['x', 'y'] },
  { a: [['x'], [['y']]] },
  { a: { b: 'x' } },
  { a: [{ b: 'x' }, { b: ['y', 1] }, 'x'] },
  { a: [[{ b: 'x' }], { b: [{ c: 'y' }] }] },
  { a: { b: [{ c: ['x', [1]] }] } },
  { a: { 0: 'x', b: { 1: 'y' } } },
  { a: ['x', { 1: 'y' }, ['y', { b: 1 }]] },
  { a: { length: 2 }, b: [true, 0, -0, 'true', '1'] },
  { 'a.b': 'x', a: null, b: { c: { a: 'x' } } },
  { a: 'long', b: 'long' },
];
const paths = [
  'a',
  'b',
  'a.b',
  'a.b.c',
  'a.0',
  'a.1',
  'a.0.b',
  'a.1.1',
  'a.b.1',
  'a.b.0.c',
  'a.length',
  'a.0.0',
];
const values = ['x', 'y', 1, 0, true, false, 2, 4, 'true', '1'];

test('whatever a filter matches by equality, its value is among those that the path may mean', () => {
  let matches = 0;
  for (const payload of payloads)
    for (const path of paths)
      for (const value of values)
        for (const filter of [
          { [path]: value },
          { [path]: { $eq: value } },
          { [path]: { $in: [value, 'none'] } },
        ]) {
          if (!eventFilterTest(filter)(payload)) continue;
          matches += 1;
          expect(keysAt(payload, path), `${JSON.stringify(filter)} of ${JSON.stringify(payload)}`).toContain(
            lookupKey(value),
          );
        }
  expect(matches).toBeGreaterThan(60);
});
