import {
  type ExecutionArgs,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  OperationTypeNode,
  parse,
  specifiedRules,
  validate,
} from 'graphql';
import type { DocumentLimits } from './document-limits.js';
import { operationUses } from './operation-uses.js';
import { makeNumbersPlain } from './plain-numbers.js';

/** An operation as it comes over a WebSocket. */
export interface OperationAsked {
  readonly query: string;
  readonly operationName?: string | null | undefined;
  readonly variables?: Record<string, unknown> | null | undefined;
}

const withoutField = 'The field of this subscription is left out by @skip or @include.';

/** Makes an operation ready to execute, with the checks that Apollo Server makes over HTTP; or tells all that is wrong with it. */
export function readOperation(
  { schema, parseOptions, rules, refusalWith }: DocumentLimits,
  { query, operationName, variables }: OperationAsked,
): ExecutionArgs | readonly GraphQLError[] {
  let document: ExecutionArgs['document'];
  try {
    document = parse(query, parseOptions);
  } catch (error) {
    if (error instanceof GraphQLError) return [withCode(error, 'GRAPHQL_PARSE_FAILED')];
    throw error;
  }
  const faults = faultsOf(schema, document, rules);
  if (faults.length > 0) return faults.map((fault) => withCode(fault, 'GRAPHQL_VALIDATION_FAILED'));
  const operation = getOperationAST(document, operationName);
  if (operation && variables) makeNumbersPlain(schema, operation, variables);
  const refusal = refusalWith(document, operationName, variables);
  if (refusal) return [refusal];
  if (operation?.operation === OperationTypeNode.SUBSCRIPTION) {
    // graphql takes the field for granted.
    const { fields } = operationUses(schema, document, operationName, variables, () => 0);
    if (fields.size === 0) return [withCode(new GraphQLError(withoutField), 'BAD_USER_INPUT')];
  }
  return { schema, document, operationName, variableValues: variables };
}

function faultsOf(
  schema: GraphQLSchema,
  document: ExecutionArgs['document'],
  rules: DocumentLimits['rules'],
): readonly GraphQLError[] {
  try {
    return validate(schema, document, [...specifiedRules, ...rules]);
  } catch (error) {
    // So it tells that the root field of a subscription stands under a variable.
    if (error instanceof GraphQLError) return [error];
    throw error;
  }
}

function withCode(error: GraphQLError, code: string): GraphQLError {
  return Object.assign(error, { extensions: { ...error.extensions, code } });
}
