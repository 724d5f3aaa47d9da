import { maxAliasesRule } from '@escape.tech/graphql-armor-max-aliases';
import { maxDepthRule } from '@escape.tech/graphql-armor-max-depth';
import { maxDirectivesRule } from '@escape.tech/graphql-armor-max-directives';
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type ParseOptions,
  type ValidationContext,
  type ValidationRule,
} from 'graphql';
import type { RequestLimits } from '../config.js';
import { maxRepeatsRule } from './max-repeats.js';
import { operationCost } from './operation-cost.js';
import { variableFaults } from './variable-faults.js';

/** What a document may be made of and ask for, over HTTP and over WebSocket alike. */
export interface DocumentLimits {
  /** Checked while it is parsed. */
  readonly parseOptions: ParseOptions;
  /** Checked before it is executed. */
  readonly rules: ValidationRule[];
  /** Why an operation cannot have its variables, or is too much at once with them; undefined where neither. The document must be valid. */
  refusalWith(
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Readonly<Record<string, unknown>> | null | undefined,
  ): GraphQLError | undefined;
}

const told = {
  exposeLimits: true,
  // Not thrown, as the rules do by themselves: what else is wrong is to be told as well.
  propagateOnRejection: false,
  onReject: [
    (context: ValidationContext | null, error: GraphQLError) => {
      // They call everything that.
      error.message = error.message.replace(/^Syntax Error: /, '');
      context?.reportError(error);
    },
  ],
};

/** Makes the limits of a schema's documents. */
export function createDocumentLimits(schema: GraphQLSchema, limits: RequestLimits): DocumentLimits {
  return {
    parseOptions: { maxTokens: limits.tokens },
    rules: [
      maxRepeatsRule(limits.repeats),
      maxDepthRule({ ...told, n: limits.depth, ignoreIntrospection: true, flattenFragments: true }),
      maxAliasesRule({ ...told, n: limits.aliases, allowList: [] }),
      maxDirectivesRule({ ...told, n: limits.directives }),
    ],
    refusalWith(document, operation, variables) {
      const cost = operationCost(schema, document, operation, variables ?? {});
      if (cost <= limits.cost) return variableFaults(schema, operation, variables ?? {});
      return new GraphQLError(
        `This asks for up to ${Math.ceil(cost)} fields, each entry of a page counted; at most ${limits.cost} are given at once. Ask for fewer fields or smaller pages.`,
        { extensions: { code: 'GRAPHQL_VALIDATION_FAILED', http: { status: 400 } } },
      );
    },
  };
}
