import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql';
import { createIntrospectionCost } from './introspection-cost.js';
import { defaultPageSize, maxPageSize } from './paging.js';

/** What an operation is counted with: `variables` as they came, not coerced yet. */
interface Counting {
  readonly schema: GraphQLSchema;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly variables: Readonly<Record<string, unknown>>;
  /** Each fragment is counted once, however often it is spread: nested spreads would double the work at every level. */
  readonly known: Map<string, number>;
  readonly ofIntrospection: ReturnType<typeof createIntrospectionCost>;
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
    ({ variable, defaultValue }) => [variable.name.value, constantOf(defaultValue)] as const,
  );
  const variables = { ...Object.fromEntries(defaults), ...given };
  const ofIntrospection = createIntrospectionCost(schema, fragments);
  const counting = { schema, fragments, variables, known: new Map(), ofIntrospection };
  return costOf(operation.selectionSet, root, counting);
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
  if (name === '__schema') return 1 + counting.ofIntrospection(field.selectionSet, counting.schema);
  if (name === '__type') {
    const type = counting.schema.getType(String(argumentOf(field, 'name', counting.variables)));
    return type ? 1 + counting.ofIntrospection(field.selectionSet, type) : 1;
  }
  const type = typeOf(name, parent);
  if (!type) return 1;
  const entries = type.name.endsWith('Connection') ? pageSizeOf(field, counting.variables) : 1;
  return 1 + entries * costOf(field.selectionSet, type, counting);
}

function typeOf(field: string, parent: GraphQLCompositeType | undefined): GraphQLCompositeType | undefined {
  const definition = parent && 'getFields' in parent ? parent.getFields()[field] : undefined;
  const type = definition && getNamedType(definition.type);
  return isCompositeType(type) ? type : undefined;
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
function pageSizeOf(field: FieldNode, variables: Counting['variables']): number {
  for (const name of ['first', 'last']) {
    const size = argumentOf(field, name, variables);
    if (size !== undefined && size !== null) {
      return Math.min(Math.max(typeof size === 'number' ? size : 0, 0), maxPageSize);
    }
  }
  return defaultPageSize;
}

function argumentOf(
  { arguments: args = [] }: FieldNode,
  name: string,
  variables: Counting['variables'],
): unknown {
  const value = args.find((argument) => argument.name.value === name)?.value;
  return value?.kind === Kind.VARIABLE ? variables[value.name.value] : constantOf(value);
}

function constantOf(value: ValueNode | undefined): number | string | undefined {
  if (value?.kind === Kind.INT) return Number(value.value);
  return value?.kind === Kind.STRING ? value.value : undefined;
}
