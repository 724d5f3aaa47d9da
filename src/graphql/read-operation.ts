import { type ExecutionArgs, GraphQLError, parse, specifiedRules, validate } from 'graphql';
import type { DocumentLimits } from './document-limits.js';

/** An operation as it comes over a WebSocket. */
export interface OperationAsked {
  readonly query: string;
  readonly operationName?: string | null | undefined;
  readonly variables?: Record<string, unknown> | null | undefined;
}

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
  const faults = validate(schema, document, [...specifiedRules, ...rules]);
  if (faults.length > 0) return faults.map((fault) => withCode(fault, 'GRAPHQL_VALIDATION_FAILED'));
  const refusal = refusalWith(document, operationName, variables);
  if (refusal) return [refusal];
  return { schema, document, operationName, variableValues: variables };
}

function withCode(error: GraphQLError, code: string): GraphQLError {
  return Object.assign(error, { extensions: { ...error.extensions, code } });
}
