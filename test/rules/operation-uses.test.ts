import { readFile } from 'node:fs/promises';
import {
  buildSchema,
  execute,
  type GraphQLFieldResolver,
  getOperationAST,
  type OperationDefinitionNode,
  parse,
  validate,
} from 'graphql';
import { expect, test } from 'vitest';
import { operationUses } from '../../src/graphql/operation-uses.js';

type Variables = Record<string, unknown>;

const schema = buildSchema(await readFile('schema.graphql', 'utf8'));
const event = { type: 'payout.paid', payload: {} };
const literal = '{ type: "payout.paid", payload: {} }';
const publishOne = `publishEvent(input: ${literal}) { __typename }`;
const publishing = (events: string) => `publishEvents(events: ${events}) { __typename }`;
const typesIf = (condition: string) => `eventTypes ${condition} { __typename }`;
const types = typesIf('');

test.each<[string, string, Variables, Record<string, number>, number, number?]>([
  ['a field', `{ ${types} }`, {}, { eventTypes: 1 }, 0],
  ['fields under names of their own', `{ a: ${types} b: ${types} }`, {}, { eventTypes: 2 }, 0],
  ['a field that stands there twice', `{ ${types} ${types} }`, {}, { eventTypes: 1 }, 0],
  ['what the server says of itself', '{ __typename __schema { description } }', {}, {}, 0],
  [
    'fields in fragments, those within others too',
    `{ a: ${types} ...F } fragment F on Query { b: ${types} ...G } fragment G on Query { c: ${types} }`,
    {},
    { eventTypes: 3 },
    0,
  ],
  [
    'fields in inline fragments',
    `{ ... { a: ${types} } ... on Query { b: ${types} } }`,
    {},
    { eventTypes: 2 },
    0,
  ],
  [
    'a fragment that is spread twice',
    `{ ...F ...F } fragment F on Query { ${types} }`,
    {},
    { eventTypes: 1 },
    0,
  ],
  [
    'the operation that is named, of several',
    `query Other { a: ${types} b: ${types} } query Named { ${types} }`,
    {},
    { eventTypes: 1 },
    0,
  ],
  [
    'what is asked for by a default',
    `query ($yes: Boolean = true, $no: Boolean = false) { a: ${typesIf('@include(if: $yes)')} b: ${typesIf('@skip(if: $no)')} }`,
    {},
    { eventTypes: 2 },
    0,
  ],
  [
    'what is asked for against the default',
    `query ($yes: Boolean = false) { a: ${typesIf('@include(if: $yes)')} ...F @include(if: $yes) } fragment F on Query { b: ${types} }`,
    { yes: true },
    { eventTypes: 2 },
    0,
  ],
  [
    'what is left out by a default, a value or a literal',
    `query ($no: Boolean = false, $yes: Boolean!) { a: ${typesIf('@include(if: $no)')} b: ${typesIf('@skip(if: $yes)')} c: ${typesIf('@skip(if: true)')} }`,
    { yes: true },
    {},
    0,
  ],
  [
    'nothing where what decides it is missing',
    `query ($yes: Boolean!) { ${typesIf('@include(if: $yes)')} }`,
    {},
    {},
    0,
  ],
  [
    'events by single publishes',
    `mutation { a: ${publishOne} ...F } fragment F on Mutation { b: ${publishOne} }`,
    {},
    { publishEvent: 2 },
    2,
  ],
  ['events of a list', `mutation { ${publishing(`[${literal}, ${literal}]`)} }`, {}, { publishEvents: 1 }, 2],
  ['an event instead of a list', `mutation { ${publishing(literal)} }`, {}, { publishEvents: 1 }, 1],
  [
    'events of lists under names of their own, in a fragment',
    `mutation { a: ${publishing(`[${literal}]`)} ...F } fragment F on Mutation { b: ${publishing(`[${literal}, ${literal}]`)} }`,
    {},
    { publishEvents: 2 },
    3,
  ],
  [
    'events of a variable',
    `mutation ($events: [PublishEventInput!]!) { ${publishing('$events')} }`,
    { events: [event, event, event] },
    { publishEvents: 1 },
    3,
  ],
  [
    'the one event of a variable',
    `mutation ($events: [PublishEventInput!]!) { ${publishing('$events')} }`,
    { events: event },
    { publishEvents: 1 },
    1,
  ],
  [
    'events of variables in a list',
    `mutation ($event: PublishEventInput!) { ${publishing('[$event, $event]')} }`,
    { event },
    { publishEvents: 1 },
    2,
    7 + JSON.stringify(event).length,
  ],
  [
    'payloads of a default, under a name that every object has',
    `mutation ($toString: JSON = "${'x'.repeat(98)}") { ${publishing('[{ type: "payout.paid", payload: $toString }, { type: "payout.paid", payload: $toString }]')} }`,
    {},
    { publishEvents: 1 },
    2,
    7 + 100,
  ],
  [
    'events of a default',
    `mutation ($events: [PublishEventInput!]! = [${literal}, ${literal}]) { ${publishing('$events')} }`,
    {},
    { publishEvents: 1 },
    2,
  ],
  [
    'the one event of a default',
    `mutation ($events: [PublishEventInput!]! = ${literal}) { ${publishing('$events')} }`,
    {},
    { publishEvents: 1 },
    1,
  ],
  [
    'events instead of a default',
    `mutation ($events: [PublishEventInput!]! = [${literal}]) { ${publishing('$events')} }`,
    { events: [event, event] },
    { publishEvents: 1 },
    2,
  ],
])('%s: counted as executed', async (_what, query, variables, fields, events, bytes) => {
  const document = parse(query);
  const operation = getOperationAST(document, nameOf(query)) as OperationDefinitionNode;
  const uses = operationUses(schema, document, operation, variables, () => 7);
  expect({ ...uses, fields: Object.fromEntries(uses.fields) }).toEqual({
    fields,
    events,
    bytes: bytes ?? (events > 0 ? 7 : 0),
  });
  expect(await executed(query, variables)).toEqual({ fields, events });
});

function nameOf(query: string): string | undefined {
  return query.includes('query Named') ? 'Named' : undefined;
}

/** What resolvers are asked for when it is executed. */
async function executed(query: string, variableValues: Variables) {
  const document = parse(query);
  expect(validate(schema, document)).toEqual([]);
  const fields: Record<string, number> = {};
  let events = 0;
  const resolve: GraphQLFieldResolver<unknown, unknown, Variables> = (
    _of,
    given,
    _context,
    { fieldName },
  ) => {
    fields[fieldName] = (fields[fieldName] ?? 0) + 1;
    if (fieldName === 'publishEvents') events += (given.events as unknown[]).length;
    else if (fieldName === 'publishEvent') events += 1;
    return fieldName === 'publishEvents' ? [] : {};
  };
  const operationName = nameOf(query);
  await execute({ schema, document, operationName, variableValues, fieldResolver: resolve });
  return { fields, events };
}
