import {
  type DocumentNode,
  type ExecutionArgs,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  type OperationDefinitionNode,
  OperationTypeNode,
  parse,
  specifiedRules,
  validate,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import type { RequestLimits } from '../config.js';
import { createDocumentLimits } from './document-limits.js';
import { operationUses } from './operation-uses.js';
import { makeNumbersPlain } from './plain-numbers.js';

/** An operation as it comes, over HTTP or WebSocket. */
export interface OperationAsked {
  readonly query: string;
  readonly operationName?: string | null | undefined;
  readonly variables?: Record<string, unknown> | null | undefined;
}

/** An operation that is valid, within its limits, and fits its variables. */
export interface OperationRead extends ExecutionArgs {
  readonly operation: OperationDefinitionNode;
}

/** Makes an operation ready to execute, or tells all that is wrong with it. */
export type ReadOperation = (asked: OperationAsked) => OperationRead | readonly GraphQLError[];

// Valid documents are kept by their text, so much of it in all. Parsed, a character takes 30 to 240 bytes.
const keptCharacters = 100_000;
const withoutField = 'The field of this subscription is left out by @skip or @include.';

/** Makes what reads the operations on a schema. */
export function createOperationReader(schema: GraphQLSchema, limits: RequestLimits): ReadOperation {
  const { parseOptions, rules, refusalWith } = createDocumentLimits(schema, limits);
  const documents = new LRUCache<string, DocumentNode>({
    maxSize: keptCharacters,
    sizeCalculation: (_document, query) => query.length,
  });

  function readDocument(query: string): DocumentNode | readonly GraphQLError[] {
    const known = documents.get(query);
    if (known) return known;
    let document: DocumentNode;
    try {
      document = parse(query, parseOptions);
    } catch (error) {
      if (error instanceof GraphQLError) return [withCode(error, 'GRAPHQL_PARSE_FAILED')];
      throw error;
    }
    const faults = faultsOf(schema, document, [...specifiedRules, ...rules]);
    if (faults.length > 0) return faults.map((fault) => withCode(fault, 'GRAPHQL_VALIDATION_FAILED'));
    documents.set(query, document);
    return document;
  }

  return ({ query, operationName, variables }) => {
    const document = readDocument(query);
    if (!('kind' in document)) return document;
    const operation = getOperationAST(document, operationName);
    if (!operation) return [unknownOperation(operationName)];
    if (variables) makeNumbersPlain(schema, operation, variables);
    const refusal = refusalWith(document, operation, variables);
    if (refusal) return [refusal];
    if (operation.operation === OperationTypeNode.SUBSCRIPTION) {
      // graphql takes the field for granted.
      const { fields } = operationUses(schema, document, operationName, variables, () => 0);
      if (fields.size === 0) return [withCode(new GraphQLError(withoutField), 'BAD_USER_INPUT')];
    }
    return { schema, document, operation, operationName, variableValues: variables };
  };
}

function faultsOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  rules: Parameters<typeof validate>[2],
): readonly GraphQLError[] {
  try {
    return validate(schema, document, rules);
  } catch (error) {
    // So it tells that the root field of a subscription stands under a variable.
    if (error instanceof GraphQLError) return [error];
    throw error;
  }
}

function unknownOperation(operationName: string | null | undefined): GraphQLError {
  const message = operationName
    ? `The document has no operation named "${operationName}".`
    : 'The document has several operations: operationName is the name of one of them.';
  return withCode(new GraphQLError(message), 'OPERATION_RESOLUTION_FAILURE');
}

function withCode(error: GraphQLError, code: string): GraphQLError {
  return Object.assign(error, { extensions: { ...error.extensions, code } });
}
