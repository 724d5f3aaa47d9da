import { maxAliasesRule } from '@escape.tech/graphql-armor-max-aliases';
import { maxDepthRule } from '@escape.tech/graphql-armor-max-depth';
import { maxDirectivesRule } from '@escape.tech/graphql-armor-max-directives';
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  type ParseOptions,
  type ValidationContext,
  type ValidationRule,
} from 'graphql';
import { operationCost } from './operation-cost.js';

const maxCost = 20_000;

/** What a document may be made of, checked while it is parsed. */
export const parseLimits: ParseOptions = { maxTokens: 2000 };

const told = {
  exposeLimits: true,
  // Thrown, as the rules do by themselves, it would count as a failure of the server.
  propagateOnRejection: false,
  onReject: [(context: ValidationContext | null, error: GraphQLError) => context?.reportError(error)],
};

/** What a document may ask for, checked before it is executed; over HTTP and over WebSocket alike. */
export const documentRules: ValidationRule[] = [
  maxDepthRule({ ...told, n: 12, ignoreIntrospection: true, flattenFragments: true }),
  maxAliasesRule({ ...told, n: 15, allowList: [] }),
  maxDirectivesRule({ ...told, n: 5 }),
];

/** Why an operation is too much at once, given its variables; undefined where it is not. The document must be valid. */
export function refusalOfCost(
  schema: GraphQLSchema,
  document: DocumentNode,
  operationName: string | null | undefined,
  variables: Readonly<Record<string, unknown>> | null | undefined,
): GraphQLError | undefined {
  const operation = getOperationAST(document, operationName);
  const cost = operation ? operationCost(schema, document, operation, variables ?? {}) : 0;
  if (cost <= maxCost) return undefined;
  return new GraphQLError(
    `This asks for up to ${cost} fields, each entry of a page counted; at most ${maxCost} are given at once. Ask for fewer fields or smaller pages.`,
    { extensions: { code: 'GRAPHQL_VALIDATION_FAILED', http: { status: 400 } } },
  );
}
