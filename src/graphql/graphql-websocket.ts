import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  parse,
  specifiedRules,
  validate,
} from 'graphql';
import { CloseCode, GRAPHQL_TRANSPORT_WS_PROTOCOL } from 'graphql-ws';
import { useServer } from 'graphql-ws/use/ws';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Parts } from '../parts.js';
import { apiKeyFrom } from '../workspaces/authenticate.js';
import { toClientError } from './client-errors.js';
import { Context } from './context.js';
import { documentRules, parseLimits } from './document-limits.js';
import { gatherMessages } from './gather-messages.js';

const maxMessageBytes = 256 * 1024;
const initWithinMs = 5_000;
const maxSubscriptionsPerSocket = 20;
const maxBufferedBytes = 4 * 1024 * 1024;
const watchEveryMs = 2_000;
const goingAway = 1001;

/** What a socket carries once its key has been accepted. */
interface Accepted {
  key?: string;
  watch?: NodeJS.Timeout;
}

/** GraphQL over WebSocket (graphql-transport-ws) at /graphql, on the port of the HTTP server. Gives back what stops it. */
export function registerGraphqlWebSocket(
  app: FastifyInstance,
  schema: GraphQLSchema,
  parts: Parts,
): { stop(): Promise<void> } {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: maxMessageBytes,
    handleProtocols: (offered) =>
      offered.has(GRAPHQL_TRANSPORT_WS_PROTOCOL) ? GRAPHQL_TRANSPORT_WS_PROTOCOL : false,
  });
  app.server.on('upgrade', (request, socket, head) => {
    const refusal = refusalOf(request, parts.config.publicUrl);
    if (refusal) refuse(socket, refusal);
    else
      sockets.handleUpgrade(request, socket, head, (opened) => {
        gatherMessages(opened, socket);
        sockets.emit('connection', opened, request);
      });
  });
  const server = useServer<Record<string, unknown>, { accepted?: Accepted }>(
    serverOptions(schema, parts),
    sockets,
  );
  return {
    async stop() {
      for (const socket of sockets.clients) socket.close(goingAway, 'The server is shutting down');
      await server.dispose();
    },
  };
}

type Options = Parameters<typeof useServer<Record<string, unknown>, { accepted?: Accepted }>>[0];

function serverOptions(schema: GraphQLSchema, parts: Parts): Options {
  const { authenticator, log } = parts;
  return {
    schema,
    connectionInitWaitTimeout: initWithinMs,
    parse: (source, options) => parse(source, { ...options, ...parseLimits }),
    validate: (given: GraphQLSchema, document: DocumentNode) =>
      validate(given, document, [...specifiedRules, ...documentRules]),
    onConnect: async ({ connectionParams, extra }) => {
      const key = apiKeyFrom(connectionParams ?? {}) ?? apiKeyFrom(extra.request.headers);
      if (key === undefined || !(await authenticator.authenticate(key))) return false;
      extra.accepted = { key, watch: watchSocket(extra.socket, key, parts) };
      return true;
    },
    onSubscribe: ({ subscriptions }) =>
      Object.keys(subscriptions).length > maxSubscriptionsPerSocket ? [tooManySubscriptions()] : undefined,
    context: async ({ extra }) =>
      new Context(await authenticator.authenticate(extra.accepted?.key ?? ''), parts),
    onError: (_context, _id, _payload, errors) =>
      errors.map((error) => withCode(toClientError(error, log), error)),
    onNext: ({ extra }, _id, _payload, _args, { data = null, errors }) => {
      // A client that does not read is closed, not buffered for without end; it goes on from its cursor later.
      if (extra.socket.bufferedAmount > maxBufferedBytes) extra.socket.terminate();
      return errors ? { data, errors: errors.map((error) => toClientError(error, log)) } : undefined;
    },
    onClose: ({ extra }) => clearInterval(extra.accepted?.watch),
  };
}

function tooManySubscriptions(): GraphQLError {
  return new GraphQLError(`A socket carries at most ${maxSubscriptionsPerSocket} subscriptions.`, {
    extensions: { code: 'RATE_LIMITED', retryAfterSeconds: 1 },
  });
}

/** Faults of the document itself are the client's, whatever graphql-js calls them; what broke a stream off is not one. */
function withCode(told: ReturnType<typeof toClientError>, error: GraphQLError) {
  const isDocumentFault =
    error.extensions.code === undefined && error.path === undefined && error.originalError === undefined;
  return isDocumentFault
    ? { ...told, extensions: { ...told.extensions, code: 'GRAPHQL_VALIDATION_FAILED' } }
    : told;
}

/** Closes a socket soon after its key has been revoked or has expired. */
function watchSocket(socket: WebSocket, key: string, { authenticator, log }: Parts): NodeJS.Timeout {
  const timer = setInterval(() => {
    authenticator.isStillGood(key).then(
      (isGood) => {
        if (!isGood) socket.close(CloseCode.Forbidden, 'Forbidden');
      },
      (error: unknown) => log.debug({ err: error }, 'a key cannot be looked up at the moment'),
    );
  }, watchEveryMs);
  timer.unref();
  return timer;
}

/** Why an upgrade is refused, as an HTTP status line; undefined: it is not. */
function refusalOf(request: IncomingMessage, publicUrl: string | undefined): string | undefined {
  if ((request.url ?? '').split('?', 1)[0] !== '/graphql') return '404 Not Found';
  const { origin, host } = request.headers;
  // Programs send no Origin; a page may only come from this server.
  if (origin === undefined) return undefined;
  const isOurs =
    URL.canParse(origin) &&
    (new URL(origin).host === host || (publicUrl !== undefined && new URL(publicUrl).origin === origin));
  return isOurs ? undefined : '403 Forbidden';
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
