import { readFile } from 'node:fs/promises';
import {
  buildSchema,
  type GraphQLArgument,
  type GraphQLNamedType,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedScalarType,
} from 'graphql';
import { expect, test } from 'vitest';
import { buildGraphqlSchema, printGraphqlSchema } from '../../src/graphql/schema.js';

test('schema.graphql is what the code makes: npm run schema writes it anew', async () => {
  const committed = await readFile('schema.graphql', 'utf8');
  expect(printGraphqlSchema(buildGraphqlSchema())).toBe(committed);
});

test('every type, field, argument and enum value has a description', async () => {
  const schema = buildSchema(await readFile('schema.graphql', 'utf8'));
  const described = descriptionsOf(schema);
  expect(described.length).toBeGreaterThan(300);
  expect(described.filter(([, description]) => !description?.trim())).toEqual([]);
});

type Described = [place: string, description: string | null | undefined];

/** Where something stands in the schema, and what is said of it. */
function descriptionsOf(schema: GraphQLSchema): Described[] {
  const roots: unknown[] = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  return Object.values(schema.getTypeMap())
    .filter((type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type))
    .flatMap((type): Described[] => {
      const parts = partsOf(type).map(([name, said]): Described => [`${type.name}.${name}`, said]);
      return roots.includes(type) ? parts : [[type.name, type.description], ...parts];
    });
}

function partsOf(type: GraphQLNamedType): Described[] {
  if (isEnumType(type)) return type.getValues().map(({ name, description }) => [name, description]);
  if (!isObjectType(type) && !isInterfaceType(type) && !isInputObjectType(type)) return [];
  return Object.values(type.getFields()).flatMap((field): Described[] => [
    [field.name, field.description],
    ...('args' in field ? field.args : []).map(
      (argument: GraphQLArgument): Described => [`${field.name}(${argument.name}:)`, argument.description],
    ),
  ]);
}
