import {
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLSchema,
  isInputObjectType,
  isInputType,
  isListType,
  isNonNullType,
  type OperationDefinitionNode,
  typeFromAST,
} from 'graphql';
import { JsonScalar } from './scalars.js';

/** Has the variables of an operation hold plain numbers wherever their types do not ask for any JSON, which keeps the text of its own. */
export function makeNumbersPlain(
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
  variables: Record<string, unknown>,
): void {
  for (const { variable, type } of variableDefinitions) {
    const name = variable.name.value;
    const inputType = typeFromAST(schema, type as never);
    if (isInputType(inputType) && Object.hasOwn(variables, name))
      variables[name] = plain(variables[name], inputType);
  }
}

function plain(value: unknown, type: GraphQLInputType): unknown {
  if (isNonNullType(type)) return plain(value, type.ofType);
  if (isListType(type)) {
    if (!Array.isArray(value)) return plain(value, type.ofType);
    for (const [index, item] of value.entries()) value[index] = plain(item, type.ofType);
    return value;
  }
  if (JSON.isRawJSON(value)) return type === JsonScalar ? value : Number(value.rawJSON);
  if (isInputObjectType(type)) makeFieldsPlain(value, type);
  return value;
}

function makeFieldsPlain(value: unknown, type: GraphQLInputObjectType): void {
  if (typeof value !== 'object' || value === null) return;
  const given = value as Record<string, unknown>;
  for (const field of Object.values(type.getFields()))
    if (Object.hasOwn(given, field.name)) given[field.name] = plain(given[field.name], field.type);
}
