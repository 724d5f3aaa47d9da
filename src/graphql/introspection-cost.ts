import {
  type FieldNode,
  type FragmentDefinitionNode,
  type FragmentSpreadNode,
  type GraphQLArgument,
  type GraphQLDirective,
  type GraphQLField,
  type GraphQLSchema,
  type GraphQLType,
  type InlineFragmentNode,
  isAbstractType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isWrappingType,
  Kind,
  type SelectionSetNode,
} from 'graphql';

/** What is behind each field of introspection that has fields of its own, for what has that field. */
const behind: Readonly<Record<string, (of: never, schema: GraphQLSchema) => readonly unknown[]>> = {
  types: (schema: GraphQLSchema) => Object.values(schema.getTypeMap()),
  directives: (schema: GraphQLSchema) => schema.getDirectives(),
  queryType: (schema: GraphQLSchema) => [schema.getQueryType()],
  mutationType: (schema: GraphQLSchema) => [schema.getMutationType()],
  subscriptionType: (schema: GraphQLSchema) => [schema.getSubscriptionType()],
  fields: (type: GraphQLType) =>
    isObjectType(type) || isInterfaceType(type) ? Object.values(type.getFields()) : [],
  inputFields: (type: GraphQLType) => (isInputObjectType(type) ? Object.values(type.getFields()) : []),
  interfaces: (type: GraphQLType) =>
    isObjectType(type) || isInterfaceType(type) ? type.getInterfaces() : [],
  possibleTypes: (type: GraphQLType, schema) => (isAbstractType(type) ? schema.getPossibleTypes(type) : []),
  enumValues: (type: GraphQLType) => (isEnumType(type) ? type.getValues() : []),
  ofType: (type: GraphQLType) => (isWrappingType(type) ? [type.ofType] : []),
  type: ({ type }: GraphQLArgument) => [type],
  args: ({ args }: GraphQLField<unknown, unknown> | GraphQLDirective) => args,
};

/** Counts the fields that a selection of introspection is answered with, at most: those of the type or the schema itself. */
export function createIntrospectionCost(
  schema: GraphQLSchema,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): (selection: SelectionSetNode, of: unknown) => number {
  // Once for each that it is asked of, by however many ways: fields lead to types, and these to fields.
  const known = new Map<SelectionSetNode, Map<unknown, number>>();

  function costOf(selection: SelectionSetNode, of: unknown): number {
    const costs = known.get(selection) ?? new Map<unknown, number>();
    known.set(selection, costs);
    const cost = costs.get(of) ?? count(selection, of);
    costs.set(of, cost);
    return cost;
  }

  function count({ selections }: SelectionSetNode, of: unknown): number {
    let cost = 0;
    for (const one of selections) cost += one.kind === Kind.FIELD ? costOfField(one, of) : spread(one, of);
    return cost;
  }

  function spread(one: FragmentSpreadNode | InlineFragmentNode, of: unknown): number {
    const fragment = one.kind === Kind.FRAGMENT_SPREAD ? fragments.get(one.name.value) : one;
    return fragment ? costOf(fragment.selectionSet, of) : 0;
  }

  function costOfField({ name, selectionSet }: FieldNode, of: unknown): number {
    if (name.value === '__typename') return 0;
    let cost = 1;
    if (!selectionSet) return cost;
    for (const each of behind[name.value]?.(of as never, schema) ?? [])
      if (each) cost += costOf(selectionSet, each);
    return cost;
  }

  return costOf;
}
