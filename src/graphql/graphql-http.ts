import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { GraphQLError, type GraphQLSchema } from 'graphql';
import type { RequestLimits } from '../config.js';
import type { Parts } from '../parts.js';
import { rateLimitFields } from '../rules/rate-limit-fields.js';
import { apiKeyFrom } from '../workspaces/authenticate.js';
import { admitCaller } from './admit-caller.js';
import { chargeOperation } from './charge-operation.js';
import { toClientError } from './client-errors.js';
import { Context } from './context.js';
import { createDocumentLimits, type DocumentLimits } from './document-limits.js';
import { makeNumbersPlain } from './plain-numbers.js';

const keylessBodyBytes = 64 * 1024;
const keyless = new GraphQLError(
  `A request without a good API key has a body of at most ${keylessBodyBytes} bytes, and tells its length.`,
  { extensions: { code: 'UNAUTHENTICATED', http: { status: 401 } } },
);

const notOverHttp = new GraphQLError(
  'Subscriptions are served over WebSocket (graphql-transport-ws), at this address.',
  { extensions: { code: 'BAD_USER_INPUT', http: { status: 400 } } },
);

/** GraphQL over HTTP at /graphql. Gives back what stops it. */
export async function registerGraphqlHttp(
  app: FastifyInstance,
  schema: GraphQLSchema,
  parts: Parts,
): Promise<{ stop(): Promise<void> }> {
  const { limits } = parts.config;
  const documentLimits = createDocumentLimits(schema, limits);
  // Apollo Server formats errors without telling whose they are.
  const requestIds = new AsyncLocalStorage<string>();
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
    formatError: (formatted, error) =>
      toClientError(error, parts.log, requestIds.getStore() ?? randomUUID(), formatted),
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
  const answer = fastifyApolloHandler(apollo, {
    context: async (request): Promise<Context> => {
      const key = apiKeyFrom(request.headers);
      const caller = key === undefined ? undefined : await admitCaller(key, request.raw, parts);
      return new Context(caller, parts);
    },
  });
  app.route({
    method: ['GET', 'POST'],
    url: '/graphql',
    handler: (request, reply) =>
      requestIds.run(request.id, () => answer.call(app, headAsGet(request), reply)),
    onRequest: (request) => refuseLongWithoutKey(request, parts),
    preHandler: async (request) => refuseLong(request, limits),
  });
  return { stop: () => apollo.stop() };
}

/** HEAD is GET without the body (RFC 9110, section 9.3.2), which Fastify leaves out; Apollo Server knows GET alone. */
function headAsGet(request: FastifyRequest): FastifyRequest {
  return request.method === 'HEAD' ? Object.create(request, { method: { value: 'GET' } }) : request;
}

/** Before a byte of a body is read: who has no good key cannot have memory held for a long one. */
async function refuseLongWithoutKey({ method, headers, raw }: FastifyRequest, parts: Parts): Promise<void> {
  const { bodyBytes, publishBodyBytes } = parts.config.limits;
  const bytes = Number(headers['content-length'] ?? keylessBodyBytes + 1);
  // Those that are too long for everybody are refused as such.
  if (method !== 'POST' || bytes <= keylessBodyBytes || bytes > Math.max(bodyBytes, publishBodyBytes)) return;
  const key = apiKeyFrom(headers);
  if (key === undefined || !(await admitCaller(key, raw, parts))) throw keyless;
}

function refuseLong(request: FastifyRequest, { bodyBytes, publishBodyBytes }: RequestLimits): void {
  const { body } = request;
  const query = (body as { query?: unknown } | undefined | null)?.query;
  const isPublishing = typeof query === 'string' && query.includes('publishEvents');
  if (request.bodyBytes > (isPublishing ? publishBodyBytes : bodyBytes))
    throw Object.assign(new Error('too large'), { statusCode: 413 });
}

/** Refuses what HTTP cannot carry, and operations that ask for too much at once, which takes their variables to know. */
function costLimit({ schema, refusalWith }: DocumentLimits): ApolloServerPlugin<Context> {
  return {
    requestDidStart: async () => ({
      didResolveOperation: async ({ document, operation, operationName, request }) => {
        if (operation?.operation === 'subscription') throw notOverHttp;
        if (operation && request.variables) makeNumbersPlain(schema, operation, request.variables);
        const refusal = refusalWith(document, operationName, request.variables);
        if (refusal) throw refusal;
      },
    }),
  };
}

/** Counts what an operation uses before it is executed, and refuses it as a whole where something of it is over a limit. */
function rateLimit(schema: GraphQLSchema): ApolloServerPlugin<Context> {
  return {
    requestDidStart: async () => ({
      didResolveOperation: async ({ document, source, operationName, request, contextValue, response }) => {
        const { caller, parts } = contextValue;
        if (!caller) return;
        const length = request.http?.headers.get('content-length');
        const bytes = length === undefined ? undefined : Number(length);
        const operation = { document, query: source, operationName, variables: request.variables, bytes };
        const { standings, refusal } = await chargeOperation(schema, operation, caller, parts);
        for (const [name, value] of rateLimitFields(standings)) response.http.headers.set(name, value);
        if (refusal) throw refusal;
      },
    }),
  };
}
