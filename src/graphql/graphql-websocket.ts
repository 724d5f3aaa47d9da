import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { GraphQLError, type GraphQLSchema, OperationTypeNode } from 'graphql';
import { GRAPHQL_TRANSPORT_WS_PROTOCOL, makeServer, type ServerOptions } from 'graphql-ws';
import type { Logger } from 'pino';
import { WebSocketServer } from 'ws';
import type { Parts } from '../parts.js';
import { parseExactJson } from '../rules/exact-json.js';
import { type Accepted, createSocketGate } from './accept-socket.js';
import { endBare } from './bare-answer.js';
import { chargeOperation } from './charge-operation.js';
import { toClientError } from './client-errors.js';
import { Context } from './context.js';
import { gatherMessages } from './gather-messages.js';
import { hostFault } from './host-fault.js';
import { type Link, linkWebSocket } from './link-websocket.js';
import { liveAnswers } from './live-answers.js';
import type { OperationAsked, OperationRead, OperationReader } from './read-operation.js';

const initWithinMs = 5_000;
const goingAway = 1001;
const sayGoodbyeWithinMs = 1_000;

/** A socket, with what it carries once its key has been accepted. */
interface AcceptedLink extends Link {
  /** The ids of its subscriptions, and of some that have ended. */
  readonly live: Set<string>;
  accepted?: Accepted;
}

/** GraphQL over WebSocket (graphql-transport-ws) at /graphql, on the port of the HTTP server. Gives back what stops it. */
export function registerGraphqlWebSocket(
  app: FastifyInstance,
  schema: GraphQLSchema,
  reader: OperationReader,
  parts: Parts,
): { stop(): Promise<void> } {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: parts.config.limits.messageBytes,
    handleProtocols: (offered) =>
      offered.has(GRAPHQL_TRANSPORT_WS_PROTOCOL) ? GRAPHQL_TRANSPORT_WS_PROTOCOL : false,
  });
  sockets.on('wsClientError', ({ message }, connection) =>
    endBare(
      connection,
      '400 Bad Request',
      'BAD_USER_INPUT',
      `The WebSocket handshake is refused: ${message}.`,
    ),
  );
  const requestIds = new WeakMap<IncomingMessage, string>();
  sockets.on('headers', (lines, request) => lines.push(`x-request-id: ${requestIds.get(request)}`));
  const server = makeServer<Record<string, unknown>, AcceptedLink>(serverOptions(schema, reader, parts));
  app.server.on('upgrade', (request, connection, head) => {
    const refusal = refusalOf(request, parts.config.publicUrl);
    if (refusal) endBare(connection, ...refusal);
    else {
      parts.connections.noteUpgrade(request);
      const requestId = randomUUID();
      requestIds.set(request, requestId);
      sockets.handleUpgrade(request, connection, head, (socket) => {
        gatherMessages(socket, connection);
        linkWebSocket<AcceptedLink>(
          server,
          { socket, request, live: new Set() },
          parts.log.child({ requestId }),
        );
      });
    }
  });
  let stopping: Promise<void> | undefined;
  const stop = () => (stopping ??= closeAll(sockets));
  // An HTTP server waits for the sockets that were made of its connections before it has closed.
  app.addHook('preClose', stop);
  return { stop };
}

/** Closes every socket, those whose clients do not answer the goodbye too. */
async function closeAll(sockets: WebSocketServer): Promise<void> {
  for (const socket of sockets.clients) socket.close(goingAway, 'The server is shutting down');
  const cutOff = setTimeout(() => {
    for (const socket of sockets.clients) socket.terminate();
  }, sayGoodbyeWithinMs);
  await new Promise((resolve) => sockets.close(resolve));
  clearTimeout(cutOff);
}

function serverOptions(
  schema: GraphQLSchema,
  reader: OperationReader,
  parts: Parts,
): ServerOptions<Record<string, unknown>, AcceptedLink> {
  const accept = createSocketGate(parts);
  const most = parts.config.limits.subscriptionsPerSocket;
  const tell = errorTeller(parts.log);
  // What is called once a stream has ended. Its client may have asked for another under its id by then, which graphql-ws would end too.
  const ends = new WeakMap<object, () => void>();
  return {
    subscribe: liveAnswers(schema),
    connectionInitWaitTimeout: initWithinMs,
    onConnect: async ({ connectionParams, extra }) => {
      const accepted = await accept(extra, connectionParams ?? {});
      if (!accepted) return false;
      extra.accepted = accepted;
      return true;
    },
    onSubscribe: ({ extra, subscriptions }, id, asked) => {
      const prepared = prepare(reader, parts, extra, withExactNumbers(asked, extra.message))
        .then((ready) =>
          'document' in ready && !mayGoLive(ready, extra, subscriptions, id, most)
            ? [tooManyLive(most)]
            : ready,
        )
        // PostgreSQL is away, say: that is the operation's failure, and not the socket's.
        .catch((error: unknown) => [new GraphQLError('', { originalError: error as Error })]);
      // And a turn more, in which graphql-ws opens the stream of a subscription: until then it could not end it.
      extra.preparing = prepared.then(() => nextTurn());
      return prepared;
    },
    onOperation: ({ extra }, _id, asked, _args, result) => {
      if (!('return' in result)) return;
      const ended = new Promise<void>((end) => ends.set(asked, end));
      const { return: end } = result;
      result.return = (value) => {
        extra.preparing = ended.then(() => nextTurn());
        return end.call(result, value);
      };
    },
    onComplete: (_context, _id, asked) => ends.get(asked)?.(),
    onError: (_context, _id, asked, errors) => tell(asked, errors),
    onNext: (_context, _id, asked, _args, { data = null, errors }) =>
      errors ? { data, errors: tell(asked, errors) } : undefined,
    onClose: ({ extra }) => extra.accepted?.release(),
  };
}

/** Tells errors under the id of their request: each operation is one, and whatever goes wrong in it has the same id. */
function errorTeller(log: Logger) {
  const requestIds = new WeakMap<object, string>();
  return (asked: OperationAsked, errors: readonly GraphQLError[]) => {
    const requestId = requestIds.get(asked) ?? randomUUID();
    requestIds.set(asked, requestId);
    return errors.map((error) => toClientError(error, log, requestId));
  };
}

/** The operation of a message that was parsed as any other, whose variables may hold JSON. */
function withExactNumbers(asked: OperationAsked, message = ''): OperationAsked {
  if (!asked.variables) return asked;
  const { payload } = parseExactJson(message) as { payload: OperationAsked };
  return { ...asked, variables: payload.variables };
}

/** An operation with all that it needs to be executed, or why it is refused. */
async function prepare(
  reader: OperationReader,
  parts: Parts,
  { accepted }: AcceptedLink,
  asked: OperationAsked,
): Promise<OperationRead | readonly GraphQLError[]> {
  const operation = reader.read(asked);
  if (!('document' in operation)) return operation;
  const caller = accepted && (await parts.authenticator.authenticate(accepted.key));
  const charged = caller && (await chargeOperation(operation, undefined, caller, parts));
  const refusal = charged?.refusal ?? reader.refusalOf(operation);
  return refusal ? [refusal] : { ...operation, contextValue: new Context(caller, parts) };
}

/** Counts a subscription among those of its socket; false where they are too many. Other operations always may. */
function mayGoLive(
  { operation }: OperationRead,
  { live }: AcceptedLink,
  subscriptions: Readonly<Record<string, unknown>>,
  id: string,
  most: number,
): boolean {
  if (operation.operation !== OperationTypeNode.SUBSCRIPTION) return true;
  for (const known of live) if (!(known in subscriptions)) live.delete(known);
  if (live.size >= most) return false;
  live.add(id);
  return true;
}

function tooManyLive(most: number): GraphQLError {
  return new GraphQLError(`A socket carries at most ${most} subscriptions.`, {
    extensions: { code: 'RATE_LIMITED', retryAfterSeconds: 1 },
  });
}

/** Why an upgrade is refused: status line, code and sentence; undefined: it is not. */
function refusalOf(
  request: IncomingMessage,
  publicUrl: string | undefined,
): [status: string, code: string, message: string] | undefined {
  const fault = hostFault(request);
  if (fault !== undefined) return ['400 Bad Request', 'BAD_USER_INPUT', fault];
  if ((request.url ?? '').split('?', 1)[0] !== '/graphql')
    return ['404 Not Found', 'NOT_FOUND', 'WebSockets are served at /graphql.'];
  const { origin, host } = request.headers;
  // Programs send no Origin; a page may only come from this server.
  if (origin === undefined) return undefined;
  const isOurs =
    URL.canParse(origin) &&
    (new URL(origin).host === host || (publicUrl !== undefined && new URL(publicUrl).origin === origin));
  return isOurs
    ? undefined
    : ['403 Forbidden', 'FORBIDDEN', 'A page may connect from this server or from PUBLIC_URL.'];
}
