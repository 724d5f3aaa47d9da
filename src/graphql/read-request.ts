import type { FastifyRequest } from 'fastify';
import { GraphQLError } from 'graphql';
import { parseExactJson } from '../rules/exact-json.js';
import type { OperationAsked } from './read-operation.js';

type Asking = Pick<FastifyRequest, 'method' | 'headers' | 'query' | 'body'>;

// A page of another site makes a browser send none of these without asking this server first.
const deliberate = ['apollo-require-preflight', 'x-apollo-operation-name'];
const csrf = `A GET needs one of the headers ${deliberate.join(', ')}, or the Content-Type application/json: so no page of another site can have a browser send it (CSRF).`;
const noObject =
  'The body is one JSON object, {"query": …} with "operationName" and "variables" where they are needed. Each operation is a request of its own.';

/** The operation that a request over HTTP asks for; throws what is wrong with it, all at once. */
export function readRequest({ method, headers, query, body }: Asking): OperationAsked {
  if (method === 'POST') {
    if (!isObject(body)) throw badRequest(noObject);
    return readParameters(body);
  }
  const isDeliberate = deliberate.some((name) => headers[name]);
  if (!isDeliberate && !/^application\/json *(;|$)/i.test(headers['content-type'] ?? ''))
    throw badRequest(csrf);
  const { variables, extensions, ...others } = query as Record<string, unknown>;
  return readParameters({ ...others, variables: parsed(variables), extensions: parsed(extensions) });
}

function readParameters(given: Readonly<Record<string, unknown>>): OperationAsked {
  const { query, operationName = null, variables = null, extensions = null } = given;
  // By this answer clients that send a hash know that they are to send the query.
  if (!query && isObject(extensions) && 'persistedQuery' in extensions)
    throw new GraphQLError('PersistedQueryNotSupported', {
      extensions: { code: 'PERSISTED_QUERY_NOT_SUPPORTED', http: { status: 200 } },
    });
  const isQuery = typeof query === 'string' && query !== '';
  const isName = operationName === null || typeof operationName === 'string';
  const areVariables = variables === null || isObject(variables);
  const areExtensions = extensions === null || isObject(extensions);
  if (isQuery && isName && areVariables && areExtensions) return { query, operationName, variables };
  const faults = [
    isQuery ? '' : 'query is a GraphQL document as a string, which is not empty.',
    isName ? '' : 'operationName is a string.',
    areVariables ? '' : 'variables is a JSON object.',
    areExtensions ? '' : 'extensions is a JSON object.',
  ];
  throw badRequest(faults.filter(Boolean).join(' '));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !JSON.isRawJSON(value);
}

/** What stands as JSON in a URL; what is none is left for whoever looks whether it is an object. */
function parsed(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return parseExactJson(value);
  } catch {
    return value;
  }
}

function badRequest(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { http: { status: 400 } } });
}
