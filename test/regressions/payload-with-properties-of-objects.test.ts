import { expect, test } from 'vitest';
import { checkPayload } from '../../src/events/payload-schema.js';

const methods = ['toString', 'valueOf', 'constructor', 'hasOwnProperty', 'toJSON', '__proto__'];

test.each(methods)('a payload with a property %s is compared like any other', (name) => {
  const payload = JSON.parse(`{"${name}": null}`);
  for (const schema of [{ enum: [{}, 1] }, { const: {} }]) {
    expect(checkPayload(schema, payload)).toMatchObject([{ pointer: '' }]);
    expect(checkPayload(schema, {})).toEqual([]);
  }
  expect(checkPayload({ enum: [1, payload] }, JSON.parse(`{"${name}": null}`))).toEqual([]);
  expect(checkPayload({ const: { a: [payload] } }, { a: [payload] })).toEqual([]);
});

test.each([
  [{ const: 0 }, -0],
  [{ const: { a: 1, b: [] } }, { b: [], a: 1 }],
  [{ enum: [[], {}] }, []],
])('%j fits %j', (schema, payload) => expect(checkPayload(schema, payload)).toEqual([]));

test.each([
  [{ const: [] }, {}, 'must be equal to constant: []'],
  [{ const: { a: 1 } }, { a: 1, b: 1 }, 'must be equal to constant: {"a":1}'],
  [{ enum: ['a', null] }, 'b', 'must be equal to one of the allowed values: ["a",null]'],
])('%j does not fit %j', (schema, payload, message) =>
  expect(checkPayload(schema, payload)).toEqual([{ pointer: '', message }]),
);
