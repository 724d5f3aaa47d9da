import { maxAliasesRule } from '@escape.tech/graphql-armor-max-aliases';
import { maxDepthRule } from '@escape.tech/graphql-armor-max-depth';
import { maxDirectivesRule } from '@escape.tech/graphql-armor-max-directives';
import type { ParseOptions, ValidationRule } from 'graphql';

/** What a document may be made of, checked while it is parsed. */
export const parseLimits: ParseOptions = { maxTokens: 2000 };

const told = { errorMessage: 'Document refused:', propagateOnRejection: true, exposeLimits: true };

/** What a document may ask for, checked before it is executed; over HTTP and over WebSocket alike. */
export const documentRules: ValidationRule[] = [
  maxDepthRule({ ...told, n: 12, ignoreIntrospection: true, flattenFragments: true }),
  maxAliasesRule({ ...told, n: 15, allowList: [] }),
  maxDirectivesRule({ ...told, n: 5 }),
];
