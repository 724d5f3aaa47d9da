import { randomUUID } from 'node:crypto';
import type { Duplex } from 'node:stream';
import helmet, { type FastifyHelmetOptions } from '@fastify/helmet';
import fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import type { Logger } from 'pino';
import type { RequestLimits } from '../config.js';
import { parseExactJson } from '../rules/exact-json.js';
import { shedSilentConnections } from './shed-silent-connections.js';

// Whoever takes longer to send a request or to read its answer is cut off at a stop, since deliveries are still to be drained.
const finishWithinMs = 3_000;

/** What /health/ready says: whether requests can be answered, and what is missing. */
export interface Readiness {
  readonly isReady: boolean;
  /** The parts that do not answer, for example `MongoDB`. */
  readonly missing: readonly string[];
}

const contentSecurityPolicy = {
  useDefaults: false,
  directives: {
    defaultSrc: ["'none'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
  },
};

// What is sent past all hooks has the most of them too.
const bareHeaders = {
  'content-type': 'application/json; charset=utf-8',
  'content-security-policy': "default-src 'none';base-uri 'none';form-action 'none';frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

const securityHeaders: FastifyHelmetOptions = {
  contentSecurityPolicy,
  // TLS is ended before this server: whether a whole domain is bound to it is for whoever does that.
  strictTransportSecurity: false,
};

/** The HTTP server every role has: health, and JSON answers to whatever else. */
export function createHttpServer(
  readiness: () => Promise<Readiness>,
  limits: RequestLimits,
  log: Logger,
): FastifyInstance {
  const app = fastify({
    bodyLimit: Math.max(limits.bodyBytes, limits.publishBodyBytes),
    genReqId: () => randomUUID(),
    logger: false,
    // What has no route at all, such as an address that cannot be decoded: no hook sees it.
    frameworkErrors: (_error, { id }, reply) =>
      void (reply as FastifyReply)
        .code(400)
        .headers({ ...bareHeaders, 'x-request-id': id })
        .send(problem('BAD_USER_INPUT', 'The request is malformed.', id)),
    clientErrorHandler: answerNonsense,
    // Idle connections are kept longer than usual load balancers keep theirs.
    keepAliveTimeout: 72_000,
    forceCloseConnections: 'idle',
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    try {
      done(null, parseExactJson(body as string));
    } catch {
      done(Object.assign(new SyntaxError('The body is not JSON.'), { statusCode: 400 }));
    }
  });
  endConnectionsAtClose(app);
  shedSilentConnections(app.server);
  app.register(helmet, securityHeaders);
  app.addHook('onSend', async (request, reply) => {
    void reply.header('x-request-id', request.id);
  });
  app.setNotFoundHandler((request, reply) =>
    reply
      .code(404)
      .send(
        problem('NOT_FOUND', `There is nothing at ${request.method} ${pathOf(request.url)}.`, request.id),
      ),
  );
  app.setErrorHandler((error: Error & { statusCode?: number; code?: string }, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status >= 500) log.error({ err: error, requestId: request.id }, 'a request failed');
    const { code, message } = told(status, error, limits);
    return reply.code(status).send(problem(code, message, request.id));
  });
  app.get('/health/live', async () => ({ status: 'ok' }));
  app.get('/health/ready', async (_request, reply) => {
    const { isReady, missing } = await readiness();
    return reply.code(isReady ? 200 : 503).send({ status: isReady ? 'ok' : 'unavailable', missing });
  });
  return app;
}

/** Node closes the connections that are idle when the server closes; one that is busy then would be kept alive after its answer. */
function endConnectionsAtClose(app: FastifyInstance): void {
  let isClosing = false;
  app.addHook('preClose', async () => {
    isClosing = true;
    setTimeout(() => app.server.closeAllConnections(), finishWithinMs).unref();
  });
  app.addHook('onSend', async (_request, reply) => {
    if (isClosing) void reply.header('connection', 'close');
  });
}

/** Answers what is no HTTP, has too long a head or takes too long to come. */
function answerNonsense(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (socket.destroyed || error.code === 'ECONNRESET') return void socket.destroy();
  const id = randomUUID();
  const body = JSON.stringify(problem('BAD_USER_INPUT', 'The request is not valid HTTP/1.1.', id));
  const headers = { ...bareHeaders, 'x-request-id': id, 'content-length': body.length, connection: 'close' };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  socket.end([`HTTP/1.1 ${statusOf(error.code)}`, ...lines, '', body].join('\r\n'), () => socket.destroy());
}

function statusOf(code: string | undefined): string {
  if (code === 'HPE_HEADER_OVERFLOW') return '431 Request Header Fields Too Large';
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' ? '408 Request Timeout' : '400 Bad Request';
}

function told(
  status: number,
  error: Error,
  { bodyBytes, publishBodyBytes }: RequestLimits,
): { code: string; message: string } {
  if (status === 413)
    return {
      code: 'BAD_USER_INPUT',
      message: `A request body has at most ${bodyBytes} bytes, one with publishEvents ${publishBodyBytes}.`,
    };
  if (status === 415) return { code: 'BAD_USER_INPUT', message: 'A request body is application/json.' };
  if (status >= 500) return { code: 'INTERNAL_SERVER_ERROR', message: 'Something went wrong on the server.' };
  return {
    code: 'BAD_USER_INPUT',
    message: error instanceof SyntaxError ? error.message : 'The request is malformed.',
  };
}

/** An error outside GraphQL, in GraphQL's shape. */
function problem(code: string, message: string, requestId: string) {
  return { errors: [{ message, extensions: { code, requestId } }] };
}

function pathOf(url: string): string {
  return url.split('?', 1)[0] ?? '/';
}
