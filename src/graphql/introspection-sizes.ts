import { type GraphQLSchema, isEnumType, isInputObjectType, isInterfaceType, isObjectType } from 'graphql';

const known = new WeakMap<GraphQLSchema, ReadonlyMap<string, number>>();

/** How many entries the lists of introspection have in a schema, those of its types and fields on average. */
export function introspectionSizes(schema: GraphQLSchema): ReadonlyMap<string, number> {
  const sizes = known.get(schema) ?? measure(schema);
  known.set(schema, sizes);
  return sizes;
}

function measure(schema: GraphQLSchema): ReadonlyMap<string, number> {
  const types = Object.values(schema.getTypeMap());
  const withFields = types.filter((type) => isObjectType(type) || isInterfaceType(type));
  const fields = withFields.flatMap((type) => Object.values(type.getFields()));
  const inputs = types.filter(isInputObjectType).flatMap((type) => Object.values(type.getFields()));
  const values = types.filter(isEnumType).flatMap((type) => type.getValues());
  const args = fields.flatMap((field) => field.args);
  return new Map([
    ['types', types.length],
    ['fields', fields.length / types.length],
    ['inputFields', inputs.length / types.length],
    ['enumValues', values.length / types.length],
    ['args', args.length / fields.length],
    ['directives', schema.getDirectives().length],
    // Mostly null: queries follow it for as long as any type could be wrapped.
    ['ofType', 0],
  ]);
}
