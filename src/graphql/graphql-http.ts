import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type ExecutionResult, execute, GraphQLError, OperationTypeNode } from 'graphql';
import Negotiator from 'negotiator';
import type { RequestLimits } from '../config.js';
import type { Parts } from '../parts.js';
import { rateLimitFields } from '../rules/rate-limit-fields.js';
import { keyHashFrom } from '../workspaces/authenticate.js';
import { admitCaller } from './admit-caller.js';
import { chargeOperation } from './charge-operation.js';
import { asResult, httpOf, toClientError } from './client-errors.js';
import { Context } from './context.js';
import type { OperationReader } from './read-operation.js';
import { readRequest } from './read-request.js';

// For whoever does not say.
const json = 'application/json; charset=utf-8';
const mediaTypes = [json, 'application/graphql-response+json; charset=utf-8'];

const keylessBodyBytes = 64 * 1024;
const keyless = new GraphQLError(
  `A request without a good API key has a body of at most ${keylessBodyBytes} bytes, and tells its length.`,
  { extensions: { code: 'UNAUTHENTICATED', http: { status: 401 } } },
);

/** GraphQL over HTTP at /graphql, as https://graphql.github.io/graphql-over-http/draft/ has it. */
export function registerGraphqlHttp(app: FastifyInstance, reader: OperationReader, parts: Parts): void {
  const resultOf = async (request: FastifyRequest, reply: FastifyReply): Promise<ExecutionResult> => {
    const asked = readRequest(request);
    const key = keyHashFrom(request.headers);
    const caller = key === undefined ? undefined : await admitCaller(key, request.raw, parts);
    const operation = reader.read(asked);
    if (!('document' in operation)) return { errors: operation };
    refuseByMethod(request.method, operation.operation.operation);
    if (caller) {
      const { standings, refusal } = await chargeOperation(operation, bytesOf(request), caller, parts);
      void reply.headers(rateLimitFields(standings));
      if (refusal) return { errors: [refusal] };
    }
    const refusal = reader.refusalOf(operation);
    if (refusal) return { errors: [refusal] };
    return execute({ ...operation, contextValue: new Context(caller, parts) });
  };

  app.route({
    method: ['GET', 'POST'],
    url: '/graphql',
    onRequest: (request) => refuseLongWithoutKey(request, parts),
    preHandler: async (request) => refuseLong(request, parts.config.limits),
    handler: async (request, reply) => {
      const type = request.headers.accept ? new Negotiator(request).mediaType(mediaTypes) : json;
      const result = type === undefined ? notAcceptable : await resultOf(request, reply).catch(asResult);
      const { status, headers } = httpOf(result);
      void reply.code(status).headers({ ...headers, 'content-type': type ?? json });
      const errors = result.errors?.map((error) => toClientError(error, parts.log, request.id));
      // With an end of line, for people at a terminal.
      return `${JSON.stringify({ errors, data: result.data })}\n`;
    },
  });
  app.route({
    method: ['PUT', 'PATCH', 'DELETE', 'OPTIONS'],
    url: '/graphql',
    handler: async () => {
      throw otherMethod;
    },
  });
}

const otherMethod = new GraphQLError('GraphQL is asked by GET or by POST.', {
  extensions: { http: { status: 405, headers: { allow: 'GET, HEAD, POST' } } },
});

const notAcceptable: ExecutionResult = {
  errors: [
    new GraphQLError(`Answers are ${mediaTypes.join(' or ')}: Accept allows neither.`, {
      extensions: { http: { status: 406 } },
    }),
  ],
};

function refuseByMethod(method: string, operation: OperationTypeNode): void {
  if (operation === OperationTypeNode.QUERY) return;
  if (method !== 'POST')
    throw new GraphQLError(`A ${operation} is not for GET, which is for queries.`, {
      extensions: { http: { status: 405, headers: { allow: 'POST' } } },
    });
  if (operation === OperationTypeNode.SUBSCRIPTION)
    throw new GraphQLError(
      'Subscriptions are served over WebSocket (graphql-transport-ws), at this address.',
      { extensions: { code: 'BAD_USER_INPUT', http: { status: 400 } } },
    );
}

/** The length of a request, where it tells it. */
function bytesOf({ headers }: FastifyRequest): number | undefined {
  const length = headers['content-length'];
  return length === undefined ? undefined : Number(length);
}

/** Before a byte of a body is read: who has no good key cannot have memory held for a long one. */
async function refuseLongWithoutKey({ method, headers, raw }: FastifyRequest, parts: Parts): Promise<void> {
  const { bodyBytes, publishBodyBytes } = parts.config.limits;
  const bytes = Number(headers['content-length'] ?? keylessBodyBytes + 1);
  // Those that are too long for everybody are refused as such.
  if (method !== 'POST' || bytes <= keylessBodyBytes || bytes > Math.max(bodyBytes, publishBodyBytes)) return;
  const key = keyHashFrom(headers);
  if (key === undefined || !(await admitCaller(key, raw, parts))) throw keyless;
}

function refuseLong(request: FastifyRequest, { bodyBytes, publishBodyBytes }: RequestLimits): void {
  const { body } = request;
  const query = (body as { query?: unknown } | undefined | null)?.query;
  const isPublishing = typeof query === 'string' && query.includes('publishEvents');
  if (request.bodyBytes > (isPublishing ? publishBodyBytes : bodyBytes))
    throw Object.assign(new Error('too large'), { statusCode: 413 });
}
