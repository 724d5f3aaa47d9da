import fc from 'fast-check';

// What has broken others: names of prototypes, operators that run code, patterns that run away, text that is no Unicode.
const nasty = fc.constantFrom(
  ...['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'then', '', ' ', '.', 'a.b'],
  ...['a.__proto__.b', 'constructor.prototype.x', 'a..b', '0', '-1', '1e999', '\0', '\ud800', '\u2028'],
  ...['$where', '$function', '$expr', '$regex', '$accumulator', '$eq', '$', '$$ROOT', '$a', 'function(){}'],
  ...[
    '(a+)+$',
    '^(a|a)*$',
    '[',
    '\\',
    '(?=a)',
    '(?<n>a)\\k<n>',
    'a{1,1000}',
    '#',
    '#/',
    '#/$defs/a',
    'file:///x',
  ],
  ...['http://127.0.0.1/', 'https://json-schema.org/draft/2020-12/schema', '../a', '%00', '~0~1'],
);
const name = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('a', 'b', 'amount', 'items') },
  { weight: 2, arbitrary: nasty },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }) },
);
const scalar = fc.oneof(
  fc.constantFrom<unknown>(null, true, false, 0, -0, 1, 1e308, 0.1, Number.MAX_SAFE_INTEGER + 2),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  name,
);

const dictionary = (value: fc.Arbitrary<unknown>, key: fc.Arbitrary<string> = name) =>
  // Made of entries, `__proto__` is a key as any other, as JSON.parse makes it.
  fc.array(fc.tuple(key, value), { maxLength: 5 }).map((entries): unknown => Object.fromEntries(entries));

/** Any JSON, be it nested or deep, with the keys and values that have broken others. */
export const anyJson: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 6, withCrossShrink: true },
    { weight: 3, arbitrary: scalar },
    { weight: 1, arbitrary: fc.array(tie('value'), { maxLength: 5 }) },
    { weight: 2, arbitrary: dictionary(tie('value')) },
    {
      weight: 1,
      arbitrary: fc.tuple(tie('value'), fc.nat(300)).map(([inner, depth]) => nested(inner, depth)),
    },
  ),
})).value;

function nested(inner: unknown, depth: number): unknown {
  let value = inner;
  for (let level = 0; level < depth; level++) value = level % 2 ? [value] : { a: value };
  return value;
}

/** What looks like a filter: mostly right, and sometimes not. */
export const anyFilter: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  criteria: fc.oneof(
    { maxDepth: 5 },
    { weight: 6, arbitrary: dictionary(tie('condition')) },
    {
      weight: 2,
      arbitrary: dictionary(
        fc.array(tie('criteria'), { maxLength: 4 }),
        fc.constantFrom('$and', '$or', '$nor'),
      ),
    },
    { weight: 1, arbitrary: anyJson },
  ),
  condition: fc.oneof(
    { maxDepth: 5 },
    { weight: 3, arbitrary: scalar },
    {
      weight: 4,
      arbitrary: dictionary(
        scalar,
        fc.constantFrom('$eq', '$ne', '$gt', '$gte', '$lt', '$lte', '$exists', '$size', '$type'),
      ),
    },
    {
      weight: 2,
      arbitrary: dictionary(fc.array(anyJson, { maxLength: 4 }), fc.constantFrom('$in', '$nin', '$all')),
    },
    { weight: 2, arbitrary: dictionary(tie('condition'), fc.constantFrom('$not', '$elemMatch')) },
    { weight: 1, arbitrary: dictionary(tie('criteria'), fc.constantFrom('$elemMatch')) },
  ),
})).criteria;

/** What looks like a JSON Schema: mostly right, and sometimes not. */
export const anySchema: fc.Arbitrary<unknown> = fc.letrec((tie) => {
  const schemas = fc.array(tie('schema'), { minLength: 1, maxLength: 3 });
  const keyword = (of: string[], value: fc.Arbitrary<unknown>) => fc.tuple(fc.constantFrom(...of), value);
  const types = fc.constantFrom('object', 'array', 'string', 'number', 'integer', 'null', ['string'], 'x');
  const places = fc.constantFrom('#', '#/$defs/a', '#/$defs/b', '#/properties/a', '#/$defs/__proto__');
  const leaf = fc.oneof(
    keyword(['type'], types),
    keyword(['enum'], fc.array(anyJson, { minLength: 1, maxLength: 3 })),
    keyword(['const', 'default', 'examples'], anyJson),
    keyword(['required'], fc.uniqueArray(name, { maxLength: 4 })),
    keyword(['pattern', '$id', '$schema', '$dynamicRef', '$anchor', '$comment', 'format'], nasty),
    keyword(['format'], fc.constantFrom('date-time', 'email', 'uri', 'regex')),
    keyword(['$ref'], places),
    keyword(['minimum', 'maximum', 'multipleOf', 'maxLength', 'minItems', 'maxProperties'], scalar),
    keyword(['uniqueItems', 'nullable', '$async'], fc.boolean()),
  );
  const branch = fc.oneof(
    keyword(['properties', '$defs', 'dependentSchemas'], dictionary(tie('schema'))),
    keyword(['patternProperties'], dictionary(tie('schema'), nasty)),
    keyword(['items', 'contains', 'not', 'if', 'then', 'propertyNames'], tie('schema')),
    keyword(['additionalProperties', 'unevaluatedProperties', 'unevaluatedItems'], tie('schema')),
    keyword(['allOf', 'anyOf', 'oneOf', 'prefixItems'], schemas),
  );
  return {
    schema: fc.oneof(
      { maxDepth: 4 },
      { weight: 3, arbitrary: fc.array(leaf, { maxLength: 3 }).map(Object.fromEntries) },
      { weight: 1, arbitrary: fc.boolean() },
      { weight: 1, arbitrary: anyJson },
      {
        weight: 6,
        arbitrary: fc
          .tuple(fc.array(leaf, { maxLength: 2 }), fc.array(branch, { minLength: 1, maxLength: 2 }))
          .map(([leaves, branches]) => Object.fromEntries([...leaves, ...branches])),
      },
    ),
  };
}).schema;

/** What publishEvent takes, types of the wrong kind aside. */
export const anyEvent = fc.record(
  {
    type: fc.oneof({ weight: 4, arbitrary: fc.constant('payout.paid') }, { weight: 1, arbitrary: name }),
    payload: anyJson,
    idempotencyKey: fc.option(name),
  },
  { requiredKeys: ['type', 'payload'] },
);
