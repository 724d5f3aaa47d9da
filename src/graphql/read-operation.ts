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

/** An operation of a valid document, ready to be executed. */
export interface OperationRead extends ExecutionArgs {
  readonly operation: OperationDefinitionNode;
  readonly variableValues: Record<string, unknown> | null | undefined;
}

/** Reads the operations on a schema, by whichever transport they come. */
export interface OperationReader {
  /** Parses and validates; gives all that is wrong with the document where something is. */
  read(asked: OperationAsked): OperationRead | readonly GraphQLError[];
  /** Why an operation asks for too much at once, or cannot have its variables. Asked once it has been counted. */
  refusalOf(operation: OperationRead): GraphQLError | undefined;
}

// Valid documents are kept by their text: so much of it in all, and no more of one, which could push out all others. Parsed, a character
// takes 30 to 240 bytes.
const keptCharacters = 100_000;
const keptCharactersOfOne = 10_000;
const withoutField = 'The field of this subscription is left out by @skip or @include.';

/** Makes the reader of a schema's operations. */
export function createOperationReader(schema: GraphQLSchema, limits: RequestLimits): OperationReader {
  const { parseOptions, rules, refusalWith } = createDocumentLimits(schema, limits);
  const documents = new LRUCache<string, DocumentNode>({
    maxSize: keptCharacters,
    maxEntrySize: keptCharactersOfOne,
    sizeCalculation: (_document, query) => query.length,
  });

  function readDocument(given: string): DocumentNode | readonly GraphQLError[] {
    const known = documents.get(given);
    if (known) return known;
    const query = ownCopyOf(given);
    let document: DocumentNode;
    try {
      document = parse(query, parseOptions);
    } catch (error) {
      if (error instanceof GraphQLError) return [withCode(error, 'GRAPHQL_VALIDATION_FAILED')];
      throw error;
    }
    const faults = faultsOf(schema, document, [...specifiedRules, ...rules]);
    if (faults.length > 0) return faults.map((fault) => withCode(fault, 'GRAPHQL_VALIDATION_FAILED'));
    documents.set(query, document);
    return document;
  }

  return {
    read({ query, operationName, variables }) {
      const document = readDocument(query);
      if (!('kind' in document)) return document;
      const operation = getOperationAST(document, operationName);
      if (!operation) return [unknownOperation(operationName)];
      if (variables) makeNumbersPlain(schema, operation, variables);
      return { schema, document, operation, operationName, variableValues: variables };
    },
    refusalOf({ document, operation, variableValues }) {
      const refusal = refusalWith(document, operation, variableValues);
      if (refusal || operation.operation !== OperationTypeNode.SUBSCRIPTION) return refusal;
      // graphql takes the field for granted.
      const { fields } = operationUses(schema, document, operation, variableValues, () => 0);
      return fields.size === 0 ? withCode(new GraphQLError(withoutField), 'BAD_USER_INPUT') : undefined;
    },
  };
}

/** A text that came in a URL is a slice of it, by which V8 would keep the whole. */
function ownCopyOf(text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le');
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
  const message =
    typeof operationName === 'string'
      ? `The document has no operation named "${operationName}".`
      : 'The document has several operations: operationName is the name of one of them.';
  return withCode(new GraphQLError(message), 'BAD_USER_INPUT');
}

function withCode(error: GraphQLError, code: string): GraphQLError {
  return Object.assign(error, { extensions: { ...error.extensions, code } });
}
