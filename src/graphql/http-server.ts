import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { MIMEType } from 'node:util';
import fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import { GraphQLError } from 'graphql';
import type { Logger } from 'pino';
import type { RequestLimits } from '../config.js';
import { parseExactJson } from '../rules/exact-json.js';
import { bareHeaders, endBare, problem, securityHeaders } from './bare-answer.js';
import { asResult, httpOf, toClientError } from './client-errors.js';
import { hostFault } from './host-fault.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** How long its JSON is; one that comes in chunks does not tell beforehand. */
    bodyBytes: number;
  }
}

// Within these a request has come as a whole, and a client has read on.
const requestWithinMs = 60_000;
const silentAtMostMs = 90_000;
// Whoever takes longer to send a request or to read its answer is cut off at a stop, since deliveries are still to be drained.
const finishWithinMs = 3_000;

/** What /health/ready says: whether requests can be answered, and what is missing. */
export interface Readiness {
  readonly isReady: boolean;
  /** The parts that do not answer, for example `MongoDB`. */
  readonly missing: readonly string[];
}

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
        .headers(bareHeaders(id))
        .send(problem('BAD_USER_INPUT', 'The request is malformed.', id)),
    clientErrorHandler: answerNonsense,
    http: {
      // Refused below, in JSON.
      requireHostHeader: false,
      // Other protocols are offered and not demanded: curl and Java offer HTTP/2 so, and are served as they asked.
      shouldUpgradeCallback: ({ headers }) => headers.upgrade?.toLowerCase() === 'websocket',
    },
    requestTimeout: requestWithinMs,
    connectionTimeout: silentAtMostMs,
    // Idle connections are kept longer than usual load balancers keep theirs.
    keepAliveTimeout: 72_000,
    forceCloseConnections: 'idle',
  });
  app.removeAllContentTypeParsers();
  app.decorateRequest('bodyBytes', 0);
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    request.bodyBytes = body.length;
    if (!claimsUtf8(request.headers['content-type']))
      return done(Object.assign(new Error('another charset'), { statusCode: 415 }));
    try {
      done(null, parseExactJson(textOf(body as Buffer)));
    } catch {
      done(Object.assign(new SyntaxError('The body is not JSON in UTF-8.'), { statusCode: 400 }));
    }
  });
  endConnectionsAtClose(app);
  refuseOddities(app);
  app.addHook('onRequest', ({ id }, reply, done) => {
    void reply.headers(securityHeaders).header('x-request-id', id);
    done();
  });
  answerFailures(app, limits, log);
  app.get('/health/live', async () => ({ status: 'ok' }));
  app.get('/health/ready', async (_request, reply) => {
    const { isReady, missing } = await readiness();
    return reply.code(isReady ? 200 : 503).send({ status: isReady ? 'ok' : 'unavailable', missing });
  });
  return app;
}

/** Of a type that Fastify has taken for JSON; without a charset it is UTF-8 (RFC 8259, section 8.1). */
function claimsUtf8(contentType = ''): boolean {
  // As nearly all say it, which need not be parsed.
  if (contentType === 'application/json') return true;
  const charset = new MIMEType(contentType).params.get('charset') ?? 'utf-8';
  return charset.toLowerCase() === 'utf-8';
}

/** What would be read as other characters than were sent is refused. */
function textOf(body: Buffer): string {
  if (!isUtf8(body)) throw new SyntaxError('not UTF-8');
  return body.toString();
}

/** Refuses what Node would refuse without a word, or in words of its own. */
function refuseOddities(app: FastifyInstance): void {
  // Not on request: the security headers are set then.
  app.addHook('preParsing', ({ raw }, _reply, _payload, done) => {
    const fault = hostFault(raw);
    done(fault === undefined ? null : Object.assign(new SyntaxError(fault), { statusCode: 400 }));
  });
  app.server.on('checkExpectation', (_request, response) => {
    const id = randomUUID();
    const body = JSON.stringify(problem('BAD_USER_INPUT', 'Of expectations, 100-continue is met.', id));
    response.writeHead(417, { ...bareHeaders(id), 'content-length': body.length }).end(body);
  });
  app.server.on('connect', (_request, socket) =>
    endBare(socket, '405 Method Not Allowed', 'BAD_USER_INPUT', 'This server is no proxy.'),
  );
}

/** Answers what has no route, and what fails. */
function answerFailures(app: FastifyInstance, limits: RequestLimits, log: Logger): void {
  app.setNotFoundHandler((request, reply) =>
    reply
      .code(404)
      .send(
        problem('NOT_FOUND', `There is nothing at ${request.method} ${pathOf(request.url)}.`, request.id),
      ),
  );
  app.setErrorHandler((error: Error & { statusCode?: number; code?: string }, request, reply) => {
    const status = error.statusCode ?? 500;
    if (error instanceof GraphQLError || status >= 500) {
      const result = asResult(error);
      const { status, headers } = httpOf(result);
      const errors = result.errors.map((each) => toClientError(each, log, request.id));
      return reply.code(status).headers(headers).send({ errors });
    }
    // Not to be closed at once: who first sends the whole of a body that is too long would find a broken pipe, and no answer.
    if (status === 413) reply.removeHeader('connection');
    const { code, message } = told(status, error, limits);
    return reply.code(status).send(problem(code, message, request.id));
  });
}

/** Node closes the connections that are idle when the server closes; one that is busy then would be kept alive after its answer. */
function endConnectionsAtClose(app: FastifyInstance): void {
  let isClosing = false;
  app.addHook('preClose', async () => {
    isClosing = true;
    setTimeout(() => app.server.closeAllConnections(), finishWithinMs).unref();
  });
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (isClosing) void reply.header('connection', 'close');
    done();
  });
}

/** Answers what is no HTTP, has too long a head or takes too long to come. */
function answerNonsense(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (socket.destroyed || error.code === 'ECONNRESET') return void socket.destroy();
  endBare(socket, statusOf(error.code), 'BAD_USER_INPUT', 'The request is not valid HTTP/1.1.');
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
  if (status === 415)
    return { code: 'BAD_USER_INPUT', message: 'A request body is application/json in UTF-8.' };
  return {
    code: 'BAD_USER_INPUT',
    message: error instanceof SyntaxError ? error.message : 'The request is malformed.',
  };
}

function pathOf(url: string): string {
  return url.split('?', 1)[0] ?? '/';
}
