import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isAbstractType,
  isInputObjectType,
  isIntrospectionType,
  isListType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
} from 'graphql';

/** A place where a caller can put a value: an argument, or a field of the input that it takes. */
export interface Leaf {
  /** The type and the field that take it, for example Query.deliveries. */
  readonly field: string;
  /** Where in its arguments, for example filter.search. */
  readonly path: string;
  readonly isRequired: boolean;
}

/** Every such place of a schema, those of nested fields too. */
export function leavesOf(schema: GraphQLSchema): Leaf[] {
  return Object.values(schema.getTypeMap()).flatMap((type) =>
    isObjectType(type) && !isIntrospectionType(type)
      ? Object.values(type.getFields()).flatMap((field) =>
          field.args.flatMap((argument) => below(argument, `${type.name}.${field.name}`, '', true)),
        )
      : [],
  );
}

function below(
  place: GraphQLArgument | GraphQLInputField,
  field: string,
  above: string,
  isReached: boolean,
): Leaf[] {
  const path = above === '' ? place.name : `${above}.${place.name}`;
  const type = getNamedType(place.type);
  const isRequired = isReached && requires(place);
  if (!isInputObjectType(type)) return [{ field, path, isRequired }];
  return Object.values(type.getFields()).flatMap((inner) => below(inner, field, path, isRequired));
}

function requires(place: GraphQLArgument | GraphQLInputField): boolean {
  return isRequiredArgument(place as GraphQLArgument) || isRequiredInputField(place as GraphQLInputField);
}

/** The variables that put these values in their places, and how a document of the field passes them on. */
export function argumentsOf(
  field: GraphQLField<unknown, unknown>,
  values: ReadonlyMap<string, unknown>,
): { declared: string; passed: string; variables: Record<string, unknown> } {
  const variables: Record<string, unknown> = {};
  for (const argument of field.args) {
    const value = assemble(argument, '', values);
    if (value !== undefined) variables[argument.name] = value;
  }
  const given = field.args.filter(({ name }) => name in variables);
  const inParentheses = (parts: string[]) => (parts.length === 0 ? '' : `(${parts.join(', ')})`);
  return {
    declared: inParentheses(given.map(({ name, type }) => `$${name}: ${type}`)),
    passed: inParentheses(given.map(({ name }) => `${name}: $${name}`)),
    variables,
  };
}

function assemble(
  place: GraphQLArgument | GraphQLInputField,
  above: string,
  values: ReadonlyMap<string, unknown>,
): unknown {
  const path = above === '' ? place.name : `${above}.${place.name}`;
  const type = getNamedType(place.type);
  const inList = (value: unknown) => (isListType(getNullableType(place.type)) ? [value] : value);
  if (!isInputObjectType(type)) return values.has(path) ? inList(values.get(path)) : undefined;
  const inner = Object.values(type.getFields()).flatMap((field): [string, unknown][] => {
    const value = assemble(field, path, values);
    return value === undefined ? [] : [[field.name, value]];
  });
  return inner.length === 0 ? undefined : inList(Object.fromEntries(inner));
}

/** A selection of everything that can be had of a type without going in a circle; pages have one entry. */
export function selectionOf(
  schema: GraphQLSchema,
  type: GraphQLNamedType,
  above: readonly string[] = [],
): string {
  if (isAbstractType(type)) {
    const kinds = schema.getPossibleTypes(type);
    const selected = kinds.map(
      (kind) => `... on ${kind.name} { ${fieldsOf(schema, kind, above, `${kind.name}_`)} }`,
    );
    return `{ __typename ${selected.join(' ')} }`;
  }
  return isObjectType(type) ? `{ __typename ${fieldsOf(schema, type, above)} }` : '';
}

/** @param prefix of their aliases, since kinds side by side have fields of one name and of other types */
function fieldsOf(
  schema: GraphQLSchema,
  type: GraphQLObjectType,
  above: readonly string[],
  prefix?: string,
): string {
  const within = [...above, type.name];
  const fields = Object.values(type.getFields()).flatMap((field) => {
    const inner = getNamedType(field.type);
    if (within.includes(inner.name) || field.args.some(isRequiredArgument)) return [];
    const page = field.args.some(({ name }) => name === 'first') ? '(first: 1)' : '';
    const alias = prefix === undefined ? '' : `${prefix}${field.name}: `;
    return [`${alias}${field.name}${page} ${selectionOf(schema, inner, within)}`];
  });
  return fields.join(' ');
}
