import 'reflect-metadata';
import { describe, expect, test } from 'vitest';
import { readConfig } from '../../src/config.js';
import { createOperationReader, type OperationRead } from '../../src/graphql/read-operation.js';
import { buildGraphqlSchema } from '../../src/graphql/schema.js';

const newReader = () => createOperationReader(buildGraphqlSchema(), readConfig({}).limits);
const query = 'query ($first: Int) { deliveries(first: $first) { totalCount } }';

describe('a document is parsed and validated once', () => {
  test('and each operation has its own variables', () => {
    const read = newReader();
    const [one, other] = [{ first: 1 }, { first: 2 }].map(
      (variables) => read({ query, variables }) as OperationRead,
    );
    expect(other?.document).toBe(one?.document);
    expect([one?.variableValues, other?.variableValues]).toEqual([{ first: 1 }, { first: 2 }]);
    expect(read({ query, variables: { first: 'x' } })).toMatchObject([
      { extensions: { code: 'BAD_USER_INPUT' } },
    ]);
  });

  test('and its operations are told apart by their names', () => {
    const read = newReader();
    const named = (operationName: string) =>
      read({ query: 'query a { viewer { workspace { id } } } mutation b { __typename }', operationName });
    expect(['a', 'b'].map((name) => (named(name) as OperationRead).operation.operation)).toEqual([
      'query',
      'mutation',
    ]);
    expect(named('c')).toMatchObject([{ extensions: { code: 'OPERATION_RESOLUTION_FAILURE' } }]);
  });

  test('unless it is not valid', () => {
    const read = newReader();
    for (const _time of [1, 2]) {
      expect(read({ query: '{ nothing }' })).toMatchObject([
        { extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } },
      ]);
      expect(read({ query: '{' })).toMatchObject([{ extensions: { code: 'GRAPHQL_PARSE_FAILED' } }]);
    }
  });

  test('until 100,000 characters of others have come', () => {
    const read = newReader();
    const documentOf = (text: string) => (read({ query: text }) as OperationRead).document;
    const first = documentOf(query);
    for (let nth = 0; nth < 9; nth++) documentOf(`{ __typename } #${String(nth).padEnd(10_000)}`);
    expect(documentOf(query)).toBe(first);
    for (let nth = 10; nth < 20; nth++) documentOf(`{ __typename } #${String(nth).padEnd(10_000)}`);
    expect(documentOf(query)).not.toBe(first);
  });
});
