import { describe, expect, test } from 'vitest';
import { checkSchema } from '../../src/events/check-schema.js';
import { checkPayload } from '../../src/events/payload-schema.js';

const invoice = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'https://example.com/invoice.json',
  type: 'object',
  properties: {
    id: { type: 'string', pattern: '^inv_[0-9a-z]+$' },
    amount: { type: 'number', minimum: 0, multipleOf: 0.01 },
    currency: { enum: ['EUR', 'USD'] },
    lines: { type: 'array', items: { $ref: '#/$defs/line' }, uniqueItems: true },
  },
  required: ['id', 'amount'],
  $defs: { line: { type: 'object', required: ['sku'], properties: { sku: { type: 'string' } } } },
};

describe('a payload that does not fit its schema is told where and why', () => {
  test.each([
    ['fits', { id: 'inv_1', amount: 19.99, currency: 'EUR', lines: [{ sku: 'a' }, { sku: 'b' }] }, []],
    ['a field is missing', { id: 'inv_1' }, [['/amount', 'is required']]],
    ['a number is a string', { id: 'inv_1', amount: '5' }, [['/amount', 'must be number']]],
    ['a number is too small', { id: 'inv_1', amount: -1 }, [['/amount', 'must be >= 0']]],
    [
      'a value is not in the list',
      { id: 'inv_1', amount: 1, currency: 'GBP' },
      [['/currency', 'must be equal to one of the allowed values: ["EUR","USD"]']],
    ],
    ['a pattern is not matched', { id: 'INV', amount: 1 }, [['/id', 'must match pattern "^inv_[0-9a-z]+$"']]],
    [
      'a part reached by a reference',
      { id: 'inv_1', amount: 1, lines: [{ sku: 'a' }, {}] },
      [['/lines/1/sku', 'is required']],
    ],
    [
      'items that are equal, whatever the order of their keys',
      {
        id: 'inv_1',
        amount: 1,
        lines: [
          { sku: 'a', n: 1 },
          { n: 1, sku: 'a' },
        ],
      },
      [['/lines', 'must NOT have duplicate items']],
    ],
    [
      'several faults at once',
      { id: 7, amount: -1 },
      [
        ['/id', 'must be string'],
        ['/amount', 'must be >= 0'],
      ],
    ],
    ['no object at all', 'text', [['', 'must be object']]],
  ])('%s', (_name, payload, expected) => {
    expect(checkSchema(invoice)).toEqual([]);
    expect(checkPayload(invoice, payload).map(({ pointer, message }) => [pointer, message])).toEqual(
      expected,
    );
  });

  test('a name with a slash stands escaped in the pointer', () => {
    expect(checkPayload({ properties: { 'a/b~c': { type: 'null' } } }, { 'a/b~c': 1 })).toEqual([
      { pointer: '/a~1b~0c', message: 'must be null' },
    ]);
  });

  test('a property that the schema does not allow is named', () => {
    const schema = { properties: { a: true }, unevaluatedProperties: false };
    expect(checkPayload(schema, { a: 1, b: 2 })).toEqual([
      { pointer: '', message: 'must NOT have unevaluated properties: "b"' },
    ]);
  });

  test('at most ten faults are told', () => {
    const items = Array.from({ length: 1000 }, () => 'x');
    expect(checkPayload({ items: { type: 'number' } }, items)).toHaveLength(10);
  });
});

describe('what a schema means', () => {
  test.each([
    ['true takes everything', true, 1, true],
    ['false takes nothing', false, 1, false],
    ['{} takes everything', {}, null, true],
    ['what is no keyword is an annotation', { 'x-ours': 1, deprecated: true, format: 'email' }, 'x', true],
    [
      'a property of every object is no property of the payload',
      { required: ['constructor', 'toString'] },
      {},
      false,
    ],
    [
      'the property __proto__ is one like others',
      { required: ['a'] },
      JSON.parse('{"__proto__":{"a":1}}'),
      false,
    ],
    ['nullable is not a keyword', { type: 'string', nullable: true }, null, false],
    ['$async is not a keyword', { $async: true, type: 'string' }, 1, false],
    ['an anchor is found', { $ref: '#name', $defs: { a: { $anchor: 'name', type: 'null' } } }, 1, false],
    [
      'an escaped pointer is found',
      { $ref: '#/$defs/a~1b%25', $defs: { 'a/b%': { type: 'null' } } },
      1,
      false,
    ],
    ['a schema that goes down may come back', tree(), { left: { right: { left: {} } } }, true],
    ['and is checked on the way', tree(), { left: { right: { left: 1 } } }, false],
    [
      'patternProperties are matched',
      { patternProperties: { '^n_': { type: 'number' } } },
      { n_a: 'x' },
      false,
    ],
    ['prefixItems are by place', { prefixItems: [{ type: 'string' }], items: false }, ['a', 1], false],
    ['equal numbers are not unique', { uniqueItems: true }, [1, 1.0], false],
    ['a number and its text are unique', { uniqueItems: true }, [1, '1'], true],
    ['uniqueItems: false asks for nothing', { uniqueItems: false }, [1, 1], true],
  ])('%s', (_name, schema, payload, fits) => {
    expect(checkSchema(schema)).toEqual([]);
    expect(checkPayload(schema, payload).length === 0).toBe(fits);
  });

  test('two schemas of the same $id do not get in each other’s way', () => {
    const id = 'https://example.com/same.json';
    expect(checkPayload({ $id: id, type: 'string' }, 1)).toHaveLength(1);
    expect(checkPayload({ $id: id, type: 'number' }, 1)).toHaveLength(0);
  });
});

describe('a schema that cannot be used is refused with the reason', () => {
  test.each([
    ['a text', '"text"', 'A JSON Schema is an object, true or false.'],
    ['a list', [], 'A JSON Schema is an object, true or false.'],
    ['null', null, 'A JSON Schema is an object, true or false.'],
    ['a type that does not exist', { type: 'strnig' }, 'The schema at /type must be'],
    ['a part that is no schema', { properties: { a: 5 } }, 'The schema at /properties/a must be'],
    [
      'another dialect',
      { $schema: 'http://json-schema.org/draft-07/schema#' },
      "The schema's $schema is not https://json-schema.org/draft/2020-12/schema",
    ],
    ['a remote reference', { $ref: 'https://example.com/a.json' }, 'The schema at /$ref leads to no schema'],
    ['a reference to nothing', { $ref: '#/$defs/a' }, 'The schema at /$ref leads to no schema'],
    ['a reference into a value', { $ref: '#/const', const: {} }, 'The schema at /$ref leads to no schema'],
    [
      'a reference into an annotation',
      { $ref: '#/x-a', 'x-a': {} },
      'The schema at /$ref leads to no schema',
    ],
    ['a broken escape', { $ref: '#/%E0%A4%A' }, 'The schema at /$ref leads to no schema'],
    ['a dynamic reference', { $dynamicRef: '#a' }, 'The schema at /$dynamicRef is not supported'],
    ['an inner $id', { properties: { a: { $id: 'b' } } }, 'The schema at /properties/a/$id is not supported'],
    ['an endless reference', { $ref: '#' }, 'The schema takes too much work even for an empty value'],
    [
      'an endless round of references',
      { allOf: [{ $ref: '#/$defs/a' }], $defs: { a: { anyOf: [{ $ref: '#' }] } } },
      'The schema takes too much work even for an empty value',
    ],
    [
      'two anchors of one name',
      { $defs: { a: { $anchor: 'x' }, b: { $anchor: 'x' } } },
      'The schema cannot be compiled',
    ],
    ['a broken pattern', { pattern: '(' }, 'The schema at /pattern "(" is no regular expression'],
    [
      'a back-reference',
      { pattern: '(a)\\1' },
      'The schema at /pattern "(a)\\\\1" cannot be matched in linear time',
    ],
    ['a look-ahead', { pattern: '(?=a)' }, 'The schema at /pattern "(?=a)" cannot be matched in linear time'],
    [
      'a pattern of RE2 alone',
      { pattern: '(?i)a' },
      'The schema at /pattern "(?i)a" is no regular expression',
    ],
    [
      'a pattern that grows when it is compiled',
      { pattern: `(${'[a-z]'.repeat(90)}){1,1000}` },
      'is too large; ask for fewer repetitions',
    ],
    ['a pattern of many characters', { pattern: 'a'.repeat(501) }, 'is longer than 500 characters'],
    [
      'a bad pattern of a property name',
      { patternProperties: { '(': true } },
      'The schema at /patternProperties "(" is no regular expression',
    ],
    ['33 levels', nested(33), 'The schema is nested deeper than 32 objects and lists.'],
    ['100,000 levels', nested(100_000), 'The schema is nested deeper than 32 objects and lists.'],
    ['more than 64 KiB', { description: 'é'.repeat(40_000) }, 'at most 65536 are allowed'],
    ['references that double at each step', doubling(45), 'The schema takes too much work'],
    [
      'dependencies by the thousand',
      { dependentRequired: { a: Array.from({ length: 6000 }, (_, n) => `b${n}`) } },
      'names 6001 properties in dependentRequired; at most 250 are allowed',
    ],
    ['51 references', doubling(51), 'refers to 52 parts of itself; at most 50 are allowed'],
    [
      'patterns that are too large together',
      { allOf: Array.from({ length: 450 }, (_, index) => ({ pattern: `(a|b){${index}}c` })) },
      'has patterns that are too large together',
    ],
    ['too many parts', { anyOf: Array.from({ length: 500 }, () => true) }, 'consists of 501 schemas'],
  ])('%s', (_name, schema, reason) => {
    expect(checkSchema(schema)[0]).toContain(reason);
  });

  test('all faults of a schema come at once, ten at most', () => {
    const anyOf = Array.from({ length: 20 }, (_, index) => ({ $ref: `#/$defs/${index}` }));
    expect(checkSchema({ anyOf })).toHaveLength(10);
  });

  test('32 levels are allowed', () => {
    expect(checkSchema(nested(32))).toEqual([]);
  });
});

// Each of these would take from seconds to for ever without a limit.
describe('no schema keeps the server busy', () => {
  test.each([
    ['references that double at each level of the payload', doublingTree(), nested(500)],
    ['a pattern that other engines try in every way', { pattern: '^(a+)+$' }, `${'a'.repeat(250_000)}!`],
    [
      'many patterns on a long text',
      { allOf: Array.from({ length: 80 }, (_, index) => ({ pattern: `^(a|b){${index}}.*c$` })) },
      'ab'.repeat(100_000),
    ],
    [
      'items compared with each other',
      { uniqueItems: true },
      Array.from({ length: 20_000 }, (_, index) => ({ index })),
    ],
    [
      'keys counted again and again',
      { allOf: Array.from({ length: 450 }, () => ({ minProperties: 1 })) },
      Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [index, 1])),
    ],
    [
      'a fault at each of many items',
      { items: { type: 'object', required: Array.from({ length: 200 }, (_, index) => `p${index}`) } },
      Array.from({ length: 50_000 }, () => ({})),
    ],
    ['a payload deeper than the stack', tree(), nested(5_000)],
  ])('%s', (_name, schema, payload) => {
    expect(checkSchema(schema)).toEqual([]);
    const startedAt = performance.now();
    expect(checkPayload(schema, payload).length).toBeLessThanOrEqual(10);
    // Milliseconds to tenths of a second; a slow machine may take its time, but not for ever.
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  });

  test('a payload of 256 KiB that is checked throughout is no such case', () => {
    const schema = { type: 'array', items: { anyOf: [{ type: 'integer', minimum: 0 }, { type: 'string' }] } };
    const payload = Array.from({ length: 120_000 }, (_, index) => index % 10);
    expect(checkPayload(schema, payload)).toEqual([]);
  });
});

function tree() {
  return { type: 'object', properties: { left: { $ref: '#' }, right: { $ref: '#' }, items: { $ref: '#' } } };
}

function doubling(levels: number) {
  const steps = Array.from({ length: levels }, (_, index) => {
    const next = { $ref: `#/$defs/d${index + 1}` };
    return [`d${index}`, { allOf: [next, next] }];
  });
  return { $ref: '#/$defs/d0', $defs: { ...Object.fromEntries(steps), [`d${levels}`]: true } };
}

function doublingTree() {
  return { properties: { items: { allOf: [{ $ref: '#' }, { $ref: '#' }] } } };
}

function nested(levels: number): unknown {
  let value: unknown = {};
  for (let level = 1; level < levels; level++) value = { items: value };
  return value;
}
