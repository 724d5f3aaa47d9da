import type { GraphiQL } from 'graphiql';
import { type ExecutionResult, getOperationAST, type OperationDefinitionNode, parse } from 'graphql';
import { type Client, createClient } from 'graphql-ws';
import type { ComponentProps } from 'react';

/** What GraphiQL sends its operations through. */
export type Fetcher = ComponentProps<typeof GraphiQL>['fetcher'];
type Request = Parameters<Fetcher>[0];

const url = new URL('/graphql', location.href);

// Close code of graphql-transport-ws for a connection_init that was refused: asking again would change nothing.
const forbidden = 4403;

/** The WebSocket that subscriptions run over, open only while there are any; it asks for the key at each connection. */
export function createSocket(apiKey: () => string): Client {
  return createClient({
    url: url.href.replace(/^http/, 'ws'),
    connectionParams: () => authorization(apiKey()),
    retryAttempts: 20,
    retryWait: (retries) => new Promise((done) => setTimeout(done, Math.min(100 * 2 ** retries, 5_000))),
    shouldRetry: (fault) => !(fault instanceof CloseEvent && fault.code === forbidden),
  });
}

/** Sends queries and mutations over HTTP with this key, and subscriptions over the socket. */
export function createFetcher(apiKey: string, socket: Client): Fetcher {
  return (given, options) => {
    const operation = operationOf(given);
    const request = { ...given, operationName: operation?.name?.value ?? given.operationName ?? null };
    return operation?.operation === 'subscription'
      ? streamOf(socket, request)
      : post(request, { ...authorization(apiKey), ...options?.headers });
  };
}

/** Sends one query or mutation; rejects where no GraphQL answer comes back. */
export async function post(request: Request, headers: Record<string, string>): Promise<ExecutionResult> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      Accept: 'application/graphql-response+json, application/json',
      ...headers,
    },
    body: JSON.stringify(request),
  });
  return response.json();
}

/** The key as a header, and as the connection_init payload. */
export function authorization(apiKey: string): Record<string, string> {
  return apiKey === '' ? {} : { Authorization: `Bearer ${apiKey}` };
}

function operationOf({ query, operationName }: Request): OperationDefinitionNode | null {
  try {
    const document = parse(query);
    // An only operation is meant whatever the name: for a moment after a change of tabs GraphiQL gives the old tab's.
    return getOperationAST(document) ?? getOperationAST(document, operationName) ?? null;
  } catch {
    // What does not parse goes over HTTP, where the server says what is wrong with it.
    return null;
  }
}

// Not an async generator: those queue return() behind the next result, and the stop button would wait for it.
function streamOf(
  socket: Client,
  { query, variables, operationName }: Request,
): AsyncIterable<ExecutionResult> {
  const stream = socket.iterate({
    query,
    variables,
    operationName: operationName ?? null,
  }) as AsyncIterableIterator<ExecutionResult>;
  return {
    [Symbol.asyncIterator]: () => ({
      next: () =>
        stream.next().catch((fault: unknown) => {
          throw fault instanceof Event ? errorOf(fault) : fault;
        }),
      return: async () => {
        await stream.return?.();
        return { done: true, value: undefined };
      },
    }),
  };
}

// An Event says nothing once it is shown as JSON, and an Error says too much with its stack.
function errorOf(fault: Event): Error {
  const error = new Error(
    fault instanceof CloseEvent
      ? `The server closed the connection: ${fault.code} ${fault.reason}`.trim()
      : 'The server cannot be reached over WebSocket.',
  );
  delete error.stack;
  return error;
}
