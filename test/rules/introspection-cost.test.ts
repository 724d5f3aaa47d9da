import 'reflect-metadata';
import { executeSync, getIntrospectionQuery, getOperationAST, parse } from 'graphql';
import { expect, test } from 'vitest';
import { operationCost } from '../../src/graphql/operation-cost.js';
import { buildGraphqlSchema } from '../../src/graphql/schema.js';

const schema = buildGraphqlSchema();
const deep =
  '{ fields { type { name ofType { ofType { fields { type { ofType { name fields { name } } } } } } } } }';

test.each([
  ['the whole schema', getIntrospectionQuery()],
  ['one type', '{ __type(name: "Delivery") { name fields { name args { name type { name } } } } }'],
  ['a type that there is not', '{ __type(name: "Nothing") { name fields { name } } }'],
  ['a type of a variable', 'query ($name: String = "Query") { __type(name: $name) { fields { name } } }'],
  ['what types are wrapped in', `{ __type(name: "Query") ${deep} }`],
  ['types under many names', `{ a: __type(name: "Query") ${deep} b: __type(name: "Mutation") ${deep} }`],
  [
    'interfaces and unions',
    '{ __type(name: "Node") { possibleTypes { fields { name } interfaces { name } } } }',
  ],
  [
    'enums',
    '{ __type(name: "UserErrorCode") { __typename enumValues { name } ... on __Type { ...Named } } } fragment Named on __Type { name }',
  ],
  [
    'inputs and directives',
    '{ __type(name: "PublishEventInput") { inputFields { type { kind } } } __schema { directives { args { name } } } }',
  ],
])('%s costs what it answers', (_says, query) => {
  const document = parse(query);
  const operation = getOperationAST(document);
  if (!operation) throw new TypeError('no operation');
  const { data } = executeSync({ schema, document });
  expect(operationCost(schema, document, operation)).toBe(fieldsIn(data));
});

function fieldsIn(value: unknown): number {
  if (Array.isArray(value)) return value.reduce((sum: number, one) => sum + fieldsIn(one), 0);
  if (value === null || typeof value !== 'object') return 0;
  const fields = Object.entries(value).filter(([name]) => name !== '__typename');
  return fields.reduce((sum, [, inner]) => sum + 1 + fieldsIn(inner), 0);
}
