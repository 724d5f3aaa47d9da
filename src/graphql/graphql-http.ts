import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import type { FastifyInstance } from 'fastify';
import type { GraphQLSchema } from 'graphql';
import type { Parts } from '../parts.js';
import { rateLimitFields } from '../rules/rate-limit-fields.js';
import { apiKeyFrom } from '../workspaces/authenticate.js';
import { admitCaller } from './admit-caller.js';
import { chargeOperation } from './charge-operation.js';
import { toClientError } from './client-errors.js';
import { Context } from './context.js';
import { createDocumentLimits, type DocumentLimits } from './document-limits.js';

/** GraphQL over HTTP at /graphql. Gives back what stops it. */
export async function registerGraphqlHttp(
  app: FastifyInstance,
  schema: GraphQLSchema,
  parts: Parts,
): Promise<{ stop(): Promise<void> }> {
  const { limits } = parts.config;
  const documentLimits = createDocumentLimits(schema, limits);
  const apollo = new ApolloServer<Context>({
    schema,
    csrfPrevention: true,
    introspection: true,
    persistedQueries: false,
    allowBatchedHttpRequests: false,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    validationRules: documentLimits.rules,
    parseOptions: documentLimits.parseOptions,
    formatError: (formatted, error) => toClientError(error, parts.log, formatted),
    logger: parts.log,
    // Cache control would look at every field of every answer; nothing here is to be cached.
    plugins: [
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginCacheControlDisabled(),
      costLimit(documentLimits),
      rateLimit(schema),
    ],
  });
  await apollo.start();
  const handler = fastifyApolloHandler(apollo, {
    context: async (request): Promise<Context> => {
      const key = apiKeyFrom(request.headers);
      const caller = key === undefined ? undefined : await admitCaller(key, request.raw, parts);
      return new Context(caller, parts);
    },
  });
  app.route({
    method: ['GET', 'POST'],
    url: '/graphql',
    handler,
    preHandler: async ({ headers, body }) => {
      // Sent in chunks, a body does not say how long it is.
      const bytes = Number(headers['content-length'] ?? Buffer.byteLength(JSON.stringify(body) ?? ''));
      const query = (body as { query?: unknown } | undefined | null)?.query;
      const maxBytes =
        typeof query === 'string' && query.includes('publishEvents')
          ? limits.publishBodyBytes
          : limits.bodyBytes;
      if (bytes > maxBytes) throw Object.assign(new Error('too large'), { statusCode: 413 });
    },
  });
  return { stop: () => apollo.stop() };
}

/** Refuses operations that ask for too much at once, which takes their variables to know. */
function costLimit({ refusalOfCost }: DocumentLimits): ApolloServerPlugin<Context> {
  return {
    requestDidStart: async () => ({
      didResolveOperation: async ({ document, operationName, request }) => {
        const refusal = refusalOfCost(document, operationName, request.variables);
        if (refusal) throw refusal;
      },
    }),
  };
}

/** Counts what an operation uses before it is executed, and refuses it as a whole where something of it is over a limit. */
function rateLimit(schema: GraphQLSchema): ApolloServerPlugin<Context> {
  return {
    requestDidStart: async () => ({
      didResolveOperation: async ({ document, operationName, request, contextValue, response }) => {
        const { caller, parts } = contextValue;
        if (!caller) return;
        const length = request.http?.headers.get('content-length');
        const bytes = length === undefined ? undefined : Number(length);
        const operation = { document, operationName, variables: request.variables, bytes };
        const { standings, refusal } = await chargeOperation(schema, operation, caller, parts);
        for (const [name, value] of rateLimitFields(standings)) response.http.headers.set(name, value);
        if (refusal) throw refusal;
      },
    }),
  };
}
