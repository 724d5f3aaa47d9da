import { describe, expect, test } from 'vitest';
import { checkEventFilter, eventFilterTest } from '../../src/rules/event-filter.js';

const payload = {
  amount: 120,
  currency: 'EUR',
  live: true,
  note: null,
  customer: { age: 30, tags: ['new', 'vip'] },
  lines: [
    { sku: 'a', count: 1 },
    { sku: 'b', count: 5 },
  ],
  'odd.key': 1,
};

describe('a filter is a query over the payload', () => {
  test.each<[object, boolean]>([
    [{}, true],
    [{ amount: 120 }, true],
    [{ amount: '120' }, false],
    [{ amount: { $eq: 120 }, currency: 'EUR' }, true],
    [{ amount: { $gt: 100, $lt: 130 } }, true],
    [{ amount: { $gte: 121 } }, false],
    [{ amount: { $lte: 120 } }, true],
    [{ currency: { $gt: 'EU' } }, true],
    [{ amount: { $gt: '0' } }, false],
    [{ currency: { $ne: 'USD' } }, true],
    [{ currency: { $in: ['USD', 'EUR'] } }, true],
    [{ currency: { $nin: ['USD', 'EUR'] } }, false],
    [{ missing: { $exists: false } }, true],
    [{ note: { $exists: true } }, true],
    [{ 'customer.name': { $exists: true } }, false],
    [{ 'customer.name': { $exists: false } }, true],
    [{ 'nobody.name': { $exists: false } }, true],
    [{ note: null }, true],
    [{ missing: null }, true],
    [{ 'customer.age': 30 }, true],
    [{ 'customer.tags': 'vip' }, true],
    [{ 'customer.tags': { $all: ['vip', 'new'] } }, true],
    [{ 'customer.tags': { $all: ['vip', 'old'] } }, false],
    [{ 'customer.tags': { $size: 2 } }, true],
    [{ 'lines.sku': 'b' }, true],
    [{ 'lines.1.sku': 'b' }, true],
    [{ lines: { $elemMatch: { sku: 'a', count: 5 } } }, false],
    [{ lines: { $elemMatch: { sku: 'b', count: { $gt: 4 } } } }, true],
    [{ 'customer.tags': { $elemMatch: { $in: ['vip'] } } }, true],
    [{ lines: { $all: [{ $elemMatch: { sku: 'a' } }, { $elemMatch: { sku: 'b' } }] } }, true],
    [{ amount: { $not: { $gt: 200 } } }, true],
    [{ amount: { $type: 'number' } }, true],
    [{ amount: { $type: ['string', 'bool'] } }, false],
    [{ $or: [{ amount: 1 }, { currency: 'EUR' }] }, true],
    [{ $and: [{ amount: 120 }, { $nor: [{ live: false }, { currency: 'USD' }] }] }, true],
    [{ customer: { age: 30, tags: ['new', 'vip'] } }, true],
  ])('%j: %s', (filter, isMatch) => {
    expect(checkEventFilter(filter)).toEqual([]);
    expect(eventFilterTest(filter)(payload)).toBe(isMatch);
    // Compiled the first time, remembered the second.
    expect(eventFilterTest(filter)(payload)).toBe(isMatch);
  });
});

describe('a filter fits where MongoDB would find', () => {
  const order = {
    total: 0,
    tags: ['new', 'vip'],
    lines: [{ sku: 'a', price: 5, sizes: [1, 2] }, { sku: 'b' }],
    grid: [
      [1, 2],
      ['x', { y: 3 }],
    ],
    none: [],
    mixed: [7, null],
    constructor: 'ACME',
  };

  test.each<[object, boolean]>([
    [{ total: { $all: [0] } }, true],
    [{ missing: { $all: [null] } }, true],
    [{ tags: { $all: [] } }, false],
    [{ tags: { $type: 'string' } }, true],
    [{ tags: { $type: 'array' } }, true],
    [{ lines: { $type: 'object' } }, true],
    [{ 'lines.price': { $type: 'number' } }, true],
    [{ 'lines.price': { $not: { $type: 'number' } } }, false],
    [{ 'lines.price': null }, true],
    [{ 'lines.price': { $in: [null] } }, true],
    [{ 'lines.price': { $ne: null } }, false],
    [{ 'lines.price': { $exists: true } }, true],
    [{ 'lines.missing': [] }, false],
    [{ 'lines.sku': { $size: 2 } }, false],
    [{ 'lines.sizes': { $size: 2 } }, true],
    [{ 'lines.length': 2 }, false],
    [{ 'tags.length': { $exists: true } }, false],
    [{ 'none.a': null }, false],
    [{ 'mixed.a': null }, false],
    [{ mixed: { $elemMatch: { a: null } } }, false],
    [{ mixed: { $elemMatch: { $gt: 6 } } }, true],
    [{ grid: 1 }, false],
    [{ grid: [1, 2] }, true],
    [{ 'grid.0': 1 }, false],
    [{ 'grid.0': [1, 2] }, true],
    [{ 'grid.0.1': 2 }, true],
    [{ 'grid.y': 3 }, false],
    [{ 'grid.1.y': 3 }, true],
    [{ grid: { $elemMatch: { 0: 1 } } }, true],
    [{ 'tags.0': 'new' }, true],
    [{ 'tags.0': 'vip' }, false],
    [{ total: 0 }, true],
  ])('%j: %s', (filter, isMatch) => {
    expect(checkEventFilter(filter)).toEqual([]);
    expect(eventFilterTest(filter)(order)).toBe(isMatch);
  });
});

describe('what is not on the list is refused at save, with its place', () => {
  test.each([
    ['{"$where": "this.a"}', 'The filter has $where'],
    ['{"a": {"$where": "1"}}', 'The filter at a has $where'],
    ['{"$expr": {"$gt": ["$a", 1]}}', '$expr'],
    ['{"a": {"$expr": 1}}', '$expr'],
    ['{"a": {"$function": {}}}', '$function'],
    ['{"$jsonSchema": {}}', '$jsonSchema'],
    ['{"a": {"$regex": "(a+)+$"}}', '$regex'],
    ['{"a": {"$not": {"$regex": "a"}}}', 'The filter at a.$not has $regex'],
    ['{"a": {"$mod": [2, 0]}}', '$mod'],
    ['{"a": {"$": 1}}', '$'],
    ['{"a": {"$toString": 1}}', '$toString'],
    ['{"$or": [{"b": 1}, {"a": {"$where": 1}}]}', 'The filter at $or[1].a has $where'],
    ['{"a": {"$elemMatch": {"$where": 1}}}', '$where'],
    ['{"a": {"$elemMatch": {"b": {"$regex": "x"}}}}', '$regex'],
    ['{"a": {"$in": [{"$regex": "x"}]}}', '$regex inside a value'],
    ['{"a": {"$all": [{"$where": "x"}]}}', '$where inside a value'],
    ['{"a": {"b": {"$gt": 1}}}', 'write a path with dots'],
    ['{"a": {"$gt": 1, "b": 2}}', 'mixes operators with the field "b"'],
    ['{"$gt": 1}', 'does not belong there'],
    ['{"a": {"$or": [{"b": 1}]}}', 'does not belong there'],
    ['{"$or": []}', 'a list of at least one filter'],
    ['{"$and": {"a": 1}}', 'a list of at least one filter'],
    ['{"$nor": [1]}', 'The filter at $nor[0] must be an object'],
    ['{"a": {"$not": 5}}', 'must be an object of operators'],
    ['{"a": {"$in": 5}}', 'must be a list'],
    ['{"a": {"$all": 5}}', 'must be a list'],
    ['{"a": {"$exists": "yes"}}', 'true or false'],
    ['{"a": {"$size": -1}}', 'whole number'],
    ['{"a": {"$type": "constructor"}}', 'a type or a list of types'],
    ['{"a": {"$gt": {"b": 1}}}', 'a number or a string'],
    ['{"a": {"$elemMatch": 1}}', 'an object of conditions'],
    ['{"__proto__": {"a": 1}}', '__proto__'],
    ['{"a.__proto__.b": 1}', '__proto__'],
    ['{"constructor.name": "x"}', 'constructor'],
    ['{"a": {"$eq": {"prototype": 1}}}', 'prototype'],
    ['{"a..b": 1}', 'a part of which is empty'],
    ['{"": 1}', 'a part of which is empty'],
    ['[]', 'must be a JSON object'],
    ['null', 'must be a JSON object'],
    ['"a"', 'must be a JSON object'],
    ['{"a":{"b":{"c":{"d":{"e":{"f":{"g":{"h":1}}}}}}}}', ''],
    ['{"a":{"b":{"c":{"d":{"e":{"f":{"g":{"h":{}}}}}}}}}', 'at most 8 levels'],
  ])('%s: %s', (text, words) => {
    const faults = checkEventFilter(JSON.parse(text));
    if (words === '') expect(faults).toEqual([]);
    else expect(faults.join('\n')).toContain(words);
  });

  test('all faults are told at once', () => {
    expect(checkEventFilter({ a: { $where: 1 }, $or: [{ b: { $size: 'x' } }, 3] })).toHaveLength(3);
  });

  test('a filter of 8 KiB is accepted and one byte more is not', () => {
    const filter = { a: 'x'.repeat(8192 - '{"a":""}'.length) };
    expect(checkEventFilter(filter)).toEqual([]);
    expect(checkEventFilter({ a: `${filter.a}x` })).toEqual([expect.stringContaining('8193 bytes')]);
  });

  test('more than a hundred conditions are refused', () => {
    const branches = (count: number) => ({
      $or: Array.from({ length: count }, (_, index) => ({ a: index })),
    });
    expect(checkEventFilter(branches(100))).toEqual([]);
    expect(checkEventFilter(branches(101))).toEqual([expect.stringContaining('101 conditions')]);
    expect(checkEventFilter({ a: { $in: Array.from({ length: 1000 }, (_, index) => index) } })).toEqual([]);
    // Each of these is compared, and looked for in a list that may be long.
    const all = (count: number) => ({ a: { $all: Array.from({ length: count }, (_, index) => index) } });
    expect(checkEventFilter(all(50))).toEqual([]);
    expect(checkEventFilter(all(51))).toEqual([expect.stringContaining('102 conditions')]);
  });

  test('a field of a hundred parts is accepted and one part more is not', () => {
    const field = Array.from({ length: 100 }, () => 'a').join('.');
    expect(checkEventFilter({ [field]: 1 })).toEqual([]);
    expect(checkEventFilter({ b: { $elemMatch: { [`${field}.a`]: 1 } } })).toEqual([
      'The filter at b.$elemMatch has a field of 101 parts; at most 100 are allowed.',
    ]);
  });

  test('nesting that would exhaust the stack is refused, not thrown at', () => {
    let deep: unknown = 1;
    for (let level = 0; level < 200_000; level++) deep = [deep];
    expect(checkEventFilter({ a: deep })).toEqual([expect.stringContaining('at most 8 levels')]);
  });
});

describe('matching never throws', () => {
  test.each([null, undefined, 5, 'text', true, [], [{ a: 1 }]])(
    'the payload %j matches {} and nothing else',
    (other) => {
      expect(eventFilterTest({})(other)).toBe(true);
      expect(eventFilterTest({ a: 1 })(other)).toBe(false);
      expect(eventFilterTest({ a: { $exists: false } })(other)).toBe(false);
    },
  );

  test.each([
    '{"constructor": {"name": 5}, "a": {"constructor": {"name": 5}, "toString": 1}}',
    '{"__proto__": {"a": 1}}',
    '{"a": {"hasOwnProperty": 1, "valueOf": 2}}',
    `{"a": ${'['.repeat(20_000)}${']'.repeat(20_000)}}`,
  ])('nor does it on the payload %.60s', (text) => {
    const strange = JSON.parse(text);
    for (const filter of [
      { a: 1 },
      { a: { $gt: 1 } },
      { a: { $in: [{ b: 1 }] } },
      { a: { $eq: { constructor: 1 } } },
      { 'a.b.c': { $exists: true } },
      { a: { $elemMatch: { b: 1 } } },
    ]) {
      expect(eventFilterTest(filter)(strange)).toBe(false);
    }
  });

  test('nor does it go on for ever where a thousand objects are compared with a hundred thousand lists', () => {
    const filter = { a: { $in: Array.from({ length: 1000 }, () => [1]) } };
    expect(checkEventFilter(filter)).toEqual([]);
    expect(eventFilterTest(filter)({ a: Array.from({ length: 100_000 }, () => [2]) })).toBe(false);
    expect(eventFilterTest(filter)({ a: [[2], [1]] })).toBe(true);
    expect(eventFilterTest({ a: { $in: [{ b: 1, c: [null] }] } })({ a: { c: [null], b: 1 } })).toBe(true);
  });

  test('nor is a part of thousands of digits read anew for each of thousands of lists', () => {
    const payload = { a: Array.from({ length: 20_000 }, () => ({ b: [] })) };
    const [digits = 0, letters = 0] = ['9', 'k'].map((sign) => {
      const fits = eventFilterTest({ [`a.b.${sign.repeat(8000)}`]: { $gt: 1 } });
      return Math.min(...Array.from({ length: 5 }, () => processorTimeOf(() => fits(payload))));
    });
    // Read anew, they take a hundred times as long.
    expect(digits).toBeLessThan(20 * letters);
  });

  test('an operator that the check would have refused has nothing to run, even in a filter that was never checked', () => {
    const seen: unknown[] = [];
    const where = () => seen.push('ran') > 0;
    for (const filter of [
      { $where: where },
      { a: { $where: where } },
      { a: { $regex: '.' } },
      { $expr: true },
      { $jsonSchema: {} },
    ]) {
      expect(eventFilterTest(filter)({ a: 'text' })).toBe(false);
    }
    expect(seen).toEqual([]);
  });
});

function processorTimeOf(run: () => void): number {
  const before = process.cpuUsage();
  run();
  return process.cpuUsage(before).user;
}
