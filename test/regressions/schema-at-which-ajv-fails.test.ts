import { expect, test } from 'vitest';
import { checkSchema } from '../../src/events/check-schema.js';
import { checkPayload } from '../../src/events/payload-schema.js';

// Thrown, it would have failed the publishes of every workspace in the same batch. Found by 186,520 cases of the seed 20261123.
test('a schema at which Ajv itself fails refuses the payload that does not fit, and fails nothing', () => {
  const schema = {
    oneOf: [{}, { additionalProperties: {} }],
    patternProperties: { '.': false },
  };
  expect(checkSchema(schema)).toEqual([]);
  expect(checkPayload(schema, { a: 0 })).toEqual([
    { pointer: expect.any(String), message: expect.any(String) },
  ]);
  expect(checkPayload(schema, {})).toHaveLength(1);
});
