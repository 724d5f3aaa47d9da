import { ApolloServer } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import type { FastifyInstance } from 'fastify';
import type { GraphQLSchema } from 'graphql';
import type { Parts } from '../parts.js';
import { apiKeyFrom } from '../workspaces/authenticate.js';
import { toClientError } from './client-errors.js';
import { Context } from './context.js';
import { documentRules, parseLimits } from './document-limits.js';

const maxBodyBytes = 1024 * 1024;

/** GraphQL over HTTP at /graphql. Gives back what stops it. */
export async function registerGraphqlHttp(
  app: FastifyInstance,
  schema: GraphQLSchema,
  parts: Parts,
): Promise<{ stop(): Promise<void> }> {
  const apollo = new ApolloServer<Context>({
    schema,
    csrfPrevention: true,
    introspection: true,
    persistedQueries: false,
    allowBatchedHttpRequests: false,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    validationRules: documentRules,
    parseOptions: parseLimits,
    formatError: (formatted, error) => toClientError(error, parts.log, formatted),
    // Cache control would look at every field of every answer; nothing here is to be cached.
    plugins: [ApolloServerPluginLandingPageDisabled(), ApolloServerPluginCacheControlDisabled()],
  });
  await apollo.start();
  const handler = fastifyApolloHandler(apollo, {
    context: async (request): Promise<Context> => {
      const key = apiKeyFrom(request.headers);
      const caller = key === undefined ? undefined : await parts.authenticator.authenticate(key);
      return new Context(caller, parts);
    },
  });
  app.route({
    method: ['GET', 'POST'],
    url: '/graphql',
    handler,
    preHandler: async (request) => {
      const length = Number(request.headers['content-length'] ?? 0);
      const query = (request.body as { query?: unknown } | undefined)?.query;
      // Only publishEvents has reason to be large.
      if (length > maxBodyBytes && !(typeof query === 'string' && query.includes('publishEvents'))) {
        throw Object.assign(new Error('too large'), { statusCode: 413 });
      }
    },
  });
  return { stop: () => apollo.stop() };
}
