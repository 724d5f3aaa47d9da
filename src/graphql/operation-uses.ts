import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  print,
  type ValueNode,
} from 'graphql';
import { collectFields } from 'graphql/execution/collectFields.js';
import type { OperationUses } from '../workspaces/rate-limits.js';

type Variables = Readonly<Record<string, unknown>>;

/**
 * What an operation uses of what is limited: its root fields, each as often as it would be executed, and the events that it
 * publishes. `requestBytes` is asked only where it publishes; a variable that stands several times there adds its bytes each further
 * time. The document must be valid; the variables are as they came.
 */
export function operationUses(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  given: Variables | null | undefined,
  requestBytes: () => number,
): OperationUses {
  const uses = { fields: new Map<string, number>(), events: 0, bytes: 0 };
  const variables = { ...defaultsOf(operation), ...given };
  const published: FieldNode[] = [];
  for (const field of rootFields(schema, document, operation, variables)) {
    const name = field.name.value;
    if (name.startsWith('__')) continue;
    uses.fields.set(name, (uses.fields.get(name) ?? 0) + 1);
    if (!name.startsWith('publishEvent')) continue;
    published.push(field);
    uses.events += name === 'publishEvent' ? 1 : eventsOf(field, variables);
  }
  if (uses.events > 0) uses.bytes = requestBytes() + repeatedBytes(operation, published, given ?? {});
  return uses;
}

function rootFields(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Variables,
): FieldNode[] {
  const root = schema.getRootType(operation.operation);
  if (!root) return [];
  const fragments: Record<string, FragmentDefinitionNode> = Object.create(null);
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments[definition.name.value] = definition;
  try {
    const fields = collectFields(schema, fragments, variables, root, operation.selectionSet);
    return [...fields.values()].flatMap(([first]) => first ?? []);
  } catch {
    // A variable of @skip or @include is missing: the operation will be refused as a whole for it.
    return [];
  }
}

/** The defaults that matter here: whether a field is asked for, and how many events there are. */
function defaultsOf(operation: OperationDefinitionNode): Record<string, unknown> {
  const defaults: Record<string, unknown> = Object.create(null);
  for (const { variable, defaultValue } of operation.variableDefinitions ?? []) {
    if (defaultValue?.kind === Kind.BOOLEAN) defaults[variable.name.value] = defaultValue.value;
    else if (defaultValue?.kind === Kind.LIST) defaults[variable.name.value] = defaultValue.values;
  }
  return defaults;
}

/** What the variables of fields come to, less each one's first time, which is in the request. */
function repeatedBytes(
  { variableDefinitions = [] }: OperationDefinitionNode,
  fields: readonly FieldNode[],
  given: Variables,
): number {
  const times = new Map<string, number>();
  for (const { arguments: args = [] } of fields) for (const { value } of args) countVariables(value, times);
  let bytes = 0;
  for (const { variable, defaultValue } of variableDefinitions) {
    const name = variable.name.value;
    const further = (times.get(name) ?? 0) - 1;
    if (further < 1) continue;
    const text = Object.hasOwn(given, name)
      ? JSON.stringify(given[name])
      : defaultValue && print(defaultValue);
    bytes += further * Buffer.byteLength(text ?? '');
  }
  return bytes;
}

/** Adds the variables of a value, each as often as it stands there. */
function countVariables(value: ValueNode, times: Map<string, number>): void {
  if (value.kind === Kind.VARIABLE) times.set(value.name.value, (times.get(value.name.value) ?? 0) + 1);
  else if (value.kind === Kind.LIST) for (const item of value.values) countVariables(item, times);
  else if (value.kind === Kind.OBJECT) for (const field of value.fields) countVariables(field.value, times);
}

/** How many events stand in the argument; one that is no list counts as a list of it. */
function eventsOf({ arguments: args = [] }: FieldNode, variables: Variables): number {
  const value = args.find(({ name }) => name.value === 'events')?.value;
  const events = value?.kind === Kind.VARIABLE ? variables[value.name.value] : undefined;
  if (Array.isArray(events)) return events.length;
  return value?.kind === Kind.LIST ? value.values.length : 1;
}
