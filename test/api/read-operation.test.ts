import 'reflect-metadata';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { readConfig } from '../../src/config.js';
import {
  createOperationReader,
  type OperationAsked,
  type OperationRead,
} from '../../src/graphql/read-operation.js';
import { buildGraphqlSchema } from '../../src/graphql/schema.js';

const newReader = () => {
  const reader = createOperationReader(buildGraphqlSchema(), readConfig({}).limits);
  return { ...reader, good: (asked: OperationAsked) => reader.read(asked) as OperationRead };
};
const query = 'query ($first: Int) { deliveries(first: $first) { totalCount } }';

describe('a document is parsed and validated once', () => {
  test('and each operation has its own variables', () => {
    const { good, refusalOf } = newReader();
    const [one, other] = [{ first: 1 }, { first: 2 }].map((variables) => good({ query, variables }));
    expect(other?.document).toBe(one?.document);
    expect([one?.variableValues, other?.variableValues]).toEqual([{ first: 1 }, { first: 2 }]);
    const faulty = refusalOf(good({ query, variables: { first: 'x' } }));
    expect(faulty?.extensions.code).toBe('BAD_USER_INPUT');
    expect(refusalOf(good({ query, variables: { first: 1 } }))).toBeUndefined();
  });

  test('and its operations are told apart by their names', () => {
    const { read } = newReader();
    const named = (operationName: string) =>
      read({ query: 'query a { viewer { workspace { id } } } mutation b { __typename }', operationName });
    expect(['a', 'b'].map((name) => (named(name) as OperationRead).operation.operation)).toEqual([
      'query',
      'mutation',
    ]);
    for (const unknown of ['c', '', '__proto__'])
      expect(named(unknown)).toMatchObject([
        {
          message: `The document has no operation named "${unknown}".`,
          extensions: { code: 'BAD_USER_INPUT' },
        },
      ]);
  });

  test('unless it is not valid', () => {
    const { read } = newReader();
    for (const _time of [1, 2]) {
      expect(read({ query: '{ nothing }' })).toMatchObject([
        { extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } },
      ]);
      expect(read({ query: '{' })).toMatchObject([{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }]);
    }
  });

  test('until 100,000 characters of others have come', () => {
    const { good } = newReader();
    const documentOf = (text: string) => good({ query: text }).document;
    const others = (from: number, characters: number) => {
      for (let nth = from; nth < from + 10; nth++) documentOf(`{ __typename } #${nth}`.padEnd(characters));
    };
    const first = documentOf(query);
    others(0, 9_900);
    expect(documentOf(query)).toBe(first);
    // One that is longer than a tenth of them is not kept.
    others(10, 50_000);
    expect(documentOf(query)).toBe(first);
    others(20, 10_000);
    expect(documentOf(query)).not.toBe(first);
  });

  test('and nothing is kept of what its text was cut out of', () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const { good } = newReader();
    collect();
    const beforeBytes = process.memoryUsage().heapUsed;
    for (let nth = 0; nth < 1_000; nth++) {
      const url = `/graphql?query={a${nth}:__typename}&x=`.padEnd(15_500, 'x');
      good({ query: url.slice(url.indexOf('{'), url.indexOf('}') + 1) });
    }
    collect();
    expect(process.memoryUsage().heapUsed - beforeBytes).toBeLessThan(8_000_000);
  });
});
