import {
  coerceInputValue,
  GraphQLError,
  type GraphQLSchema,
  isInputType,
  type OperationDefinitionNode,
  typeFromAST,
} from 'graphql';

// Whoever sends a page of nonsense learns enough from the first faults.
const maxFaults = 10;

/**
 * Why variables do not fit their types, where they do not: the first faults in one error. GraphQL itself would write the whole value
 * into each of fifty, and so answer a megabyte with fifty.
 */
export function variableFaults(
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
  given: Readonly<Record<string, unknown>>,
): GraphQLError | undefined {
  const faults: string[] = [];
  const note = (name: string, path: readonly (string | number)[], fault: string) => {
    faults.push(`Variable "$${[name, ...path].join('.')}": ${fault}`);
    if (faults.length === maxFaults) throw new GraphQLError('enough');
  };
  try {
    for (const { variable, type } of variableDefinitions) {
      const name = variable.name.value;
      const inputType = typeFromAST(schema, type as never);
      // One that is missing is GraphQL's to tell.
      if (!isInputType(inputType) || !Object.hasOwn(given, name)) continue;
      coerceInputValue(given[name], inputType, (path, _value, { message }) => note(name, path, message));
    }
  } catch (error) {
    if (faults.length < maxFaults) throw error;
  }
  if (faults.length === 0) return undefined;
  return new GraphQLError(faults.join(' '), {
    extensions: { code: 'BAD_USER_INPUT', http: { status: 400 } },
  });
}
