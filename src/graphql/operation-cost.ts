import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isIntrospectionType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql';
import { introspectionSizes } from './introspection-sizes.js';
import { defaultPageSize, maxPageSize } from './paging.js';

/** What an operation is counted with: `variables` as they came, not coerced yet. */
interface Counting {
  readonly schema: GraphQLSchema;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly variables: Readonly<Record<string, unknown>>;
  /** Each fragment is counted once, however often it is spread: nested spreads would double the work at every level. */
  readonly known: Map<string, number>;
}

/**
 * What an operation costs at most: one for each field, with what is below a connection counted once for each entry that it may
 * have. The document must be valid.
 */
export function operationCost(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  given: Readonly<Record<string, unknown>> = {},
): number {
  const root = schema.getRootType(operation.operation);
  if (!root) return 0;
  const fragments = new Map(
    document.definitions.flatMap((definition) =>
      definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition] as const] : [],
    ),
  );
  const defaults = (operation.variableDefinitions ?? []).map(
    ({ variable, defaultValue }) => [variable.name.value, intOf(defaultValue)] as const,
  );
  const variables = { ...Object.fromEntries(defaults), ...given };
  return costOf(operation.selectionSet, root, { schema, fragments, variables, known: new Map() });
}

function costOf(
  { selections }: SelectionSetNode,
  parent: GraphQLCompositeType | undefined,
  counting: Counting,
): number {
  let cost = 0;
  for (const selection of selections) {
    if (selection.kind === Kind.FIELD) cost += costOfField(selection, parent, counting);
    else if (selection.kind === Kind.FRAGMENT_SPREAD) cost += costOfFragment(selection.name.value, counting);
    else {
      const condition = selection.typeCondition?.name.value;
      const type = condition === undefined ? parent : compositeType(counting.schema, condition);
      cost += costOf(selection.selectionSet, type, counting);
    }
  }
  return cost;
}

function costOfField(field: FieldNode, parent: GraphQLCompositeType | undefined, counting: Counting): number {
  const name = field.name.value;
  if (name === '__typename') return 0;
  if (!field.selectionSet) return 1;
  const type = typeOf(name, parent, counting.schema);
  if (!type) return 1;
  return 1 + entriesOf(field, parent, type, counting) * costOf(field.selectionSet, type, counting);
}

function typeOf(
  field: string,
  parent: GraphQLCompositeType | undefined,
  schema: GraphQLSchema,
): GraphQLCompositeType | undefined {
  if (field === '__schema') return compositeType(schema, '__Schema');
  if (field === '__type') return compositeType(schema, '__Type');
  const definition = parent && 'getFields' in parent ? parent.getFields()[field] : undefined;
  const type = definition && getNamedType(definition.type);
  return isCompositeType(type) ? type : undefined;
}

function entriesOf(
  field: FieldNode,
  parent: GraphQLCompositeType | undefined,
  type: GraphQLCompositeType,
  { schema, variables }: Counting,
): number {
  if (parent && isIntrospectionType(parent)) return introspectionSizes(schema).get(field.name.value) ?? 1;
  return type.name.endsWith('Connection') ? pageSizeOf(field, variables) : 1;
}

function costOfFragment(name: string, counting: Counting): number {
  const known = counting.known.get(name);
  if (known !== undefined) return known;
  const fragment = counting.fragments.get(name);
  if (!fragment) return 0;
  const type = compositeType(counting.schema, fragment.typeCondition.name.value);
  const cost = costOf(fragment.selectionSet, type, counting);
  counting.known.set(name, cost);
  return cost;
}

function compositeType(schema: GraphQLSchema, name: string): GraphQLCompositeType | undefined {
  const type = schema.getType(name);
  return isCompositeType(type) ? type : undefined;
}

/** How many entries a page may have; a size that will be refused anyway counts as the largest that is not. */
function pageSizeOf({ arguments: args = [] }: FieldNode, variables: Counting['variables']): number {
  for (const name of ['first', 'last']) {
    const value = args.find((argument) => argument.name.value === name)?.value;
    const size = value?.kind === Kind.VARIABLE ? variables[value.name.value] : intOf(value);
    if (size !== undefined && size !== null) {
      return Math.min(Math.max(Number(size) || 0, 0), maxPageSize);
    }
  }
  return defaultPageSize;
}

function intOf(value: ValueNode | undefined): number | undefined {
  return value?.kind === Kind.INT ? Number(value.value) : undefined;
}
