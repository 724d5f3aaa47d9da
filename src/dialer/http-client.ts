import type { Socket } from 'node:net';
import { createSecureContext } from 'node:tls';
import { Client } from 'undici';
import type { AddressPolicy } from '../rules/address-policy.js';
import { hostOf, isPortOpen, portOf } from '../rules/endpoint-url.js';
import type { Outcome } from '../rules/outcome.js';
import { type DialOptions, type DialTarget, dial, type LookUp, lookUpAddresses } from './dial.js';
import { Exchange, type ExchangeCarrier, type OutgoingRequest, type SendResult } from './exchange.js';

export type { OutgoingRequest, SendResult } from './exchange.js';

/** Sends requests to customers' URLs: the only way out to them. */
export interface HttpClient {
  /** Sends one POST and never rejects: whatever happens is an outcome. */
  send(request: OutgoingRequest): Promise<SendResult>;
  /** Ends every request under way as interrupted and closes all connections. */
  close(): Promise<void>;
}

/** How an HTTP client connects. */
export interface HttpClientOptions {
  /** Connections to one scheme, host and port; a request beyond them waits, its deadline running. */
  connectionsPerOrigin: number;
  /** Addresses to connect from, as far as this machine has them; empty leaves it to the system. */
  sourceAddresses: readonly string[];
  /** The resolver; the system's unless given. */
  lookUp?: LookUp;
}

const maxResponseHeaderBytes = 16 * 1024;
const idleTimeoutMs = 10_000;
// A connection that its server closed while we wrote shows within a round trip; one that breaks later broke at work.
const staleWithinMs = 1000;
const staleCodes = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

/** Makes the one dialer: every address is checked against the policy; no redirect, proxy or encoding is followed. */
export function createHttpClient(policy: AddressPolicy, options: HttpClientOptions): HttpClient {
  const { connectionsPerOrigin, sourceAddresses, lookUp = lookUpAddresses } = options;
  const dialOptions = { policy, lookUp, sourceAddresses, secureContext: createSecureContext() };
  const origins = new Map<string, Origin>();
  let isClosed = false;

  function originOf(url: URL): Origin {
    let origin = origins.get(url.origin);
    if (!origin) {
      const target = { host: hostOf(url), port: portOf(url), isSecure: url.protocol === 'https:' };
      origin = new Origin(url.origin, target, dialOptions, connectionsPerOrigin, () =>
        origins.delete(url.origin),
      );
      origins.set(url.origin, origin);
    }
    return origin;
  }

  return {
    send: (request) =>
      new Promise((resolve) => {
        const url = URL.parse(request.url) ?? undefined;
        const refusal = isClosed ? interrupted : refusalOf(url, request, policy);
        if (refusal || !url) return resolve(unsent(refusal ?? invalidRequest));
        originOf(url).run(new Exchange(request, url.pathname + url.search, resolve));
      }),
    async close() {
      isClosed = true;
      await Promise.all([...origins.values()].map((origin) => origin.close()));
    },
  };
}

const interrupted: Outcome = { kind: 'interrupted' };
const invalidRequest: Outcome = { kind: 'connectionFailed', code: 'INVALID_REQUEST' };

function refusalOf(
  url: URL | undefined,
  { headers }: OutgoingRequest,
  policy: AddressPolicy,
): Outcome | undefined {
  // undici would send a host header of the caller's, to whatever virtual host it names.
  if (!url || Object.keys(headers).some((name) => name.toLowerCase() === 'host')) return invalidRequest;
  const refused = (rule: string): Outcome => ({ kind: 'addressRefused', address: url.host, rule });
  // What was open when the endpoint was saved need not be now.
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && policy.allowHttp))
    return refused(`the scheme ${url.protocol.slice(0, -1)} is not open`);
  return isPortOpen(url, policy) ? undefined : refused(`the port ${portOf(url)} is not open`);
}

function unsent(outcome: Outcome): SendResult {
  return { outcome, startedAtMs: Date.now(), durationMs: 0, response: undefined };
}

/** The connections to one scheme, host and port, and the exchanges that wait for one. */
class Origin {
  readonly #connections = new Set<Connection>();
  // Used as a stack, so that the connections least needed grow old and close.
  readonly #idle: Connection[] = [];
  #waiting: Exchange[] = [];

  constructor(
    readonly url: string,
    readonly target: DialTarget,
    readonly dialOptions: DialOptions,
    readonly maxConnections: number,
    readonly forget: () => void,
  ) {}

  run(exchange: Exchange): void {
    const connection =
      this.#idle.pop() ?? (this.#connections.size < this.maxConnections ? this.#open() : undefined);
    if (connection) connection.run(exchange);
    else this.#waiting.push(exchange);
  }

  /** Takes back a connection that can carry another exchange. */
  release(connection: Connection): void {
    const next = this.#nextWaiting();
    if (next) connection.run(next);
    else this.#idle.push(connection);
  }

  /** Strikes off a connection that is of no more use; its exchange, if one is given, goes to a new connection. */
  drop(connection: Connection, exchange?: Exchange): void {
    if (!this.#connections.delete(connection)) return;
    const index = this.#idle.indexOf(connection);
    if (index !== -1) this.#idle.splice(index, 1);
    const next = exchange ?? this.#nextWaiting();
    if (next) this.#open().run(next);
    else if (this.#connections.size === 0) this.forget();
  }

  async close(): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const exchange of waiting) exchange.interrupt();
    await Promise.all([...this.#connections].map((connection) => connection.close()));
  }

  #open(): Connection {
    const connection = new Connection(this);
    this.#connections.add(connection);
    return connection;
  }

  #nextWaiting(): Exchange | undefined {
    // Those whose deadline passed while they waited are still in the queue.
    let next = this.#waiting.shift();
    while (next?.isSettled) next = this.#waiting.shift();
    return next;
  }
}

/** One connection, carrying one exchange at a time. Its undici client dials it through our own checks. */
class Connection implements ExchangeCarrier {
  readonly #client: Client;
  readonly #dialling = new AbortController();
  #exchange: Exchange | undefined;
  #startedAtMs = 0;
  // On the present socket: the first exchange on one cannot have met a connection that had gone stale.
  #carried = 0;

  constructor(readonly origin: Origin) {
    this.#client = new Client(origin.url, {
      connect: (_options, callback) => this.#connect(callback),
      pipelining: 1,
      maxHeaderSize: maxResponseHeaderBytes,
      // Each exchange has a deadline of its own over all of this.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: idleTimeoutMs,
      keepAliveMaxTimeout: idleTimeoutMs,
    });
    this.#client.on('disconnect', () => {
      if (!this.#exchange) this.#discard();
    });
  }

  run(exchange: Exchange): void {
    this.#exchange = exchange;
    this.#startedAtMs = performance.now();
    exchange.carrier = this;
    const { headers, body } = exchange.request;
    this.#client.dispatch({ method: 'POST', path: exchange.path, headers, body }, exchange);
  }

  ended(isReusable: boolean): void {
    this.#exchange = undefined;
    this.#carried++;
    if (isReusable) this.origin.release(this);
    else this.#discard();
  }

  // Webhooks are sent at least once, and a receiver that did get the first request knows the second by its webhook-id.
  handsOver(exchange: Exchange, errorCode: string | undefined): boolean {
    const isStale = this.#carried > 0 && performance.now() - this.#startedAtMs < staleWithinMs;
    if (!isStale || !staleCodes.has(errorCode ?? '')) return false;
    this.#exchange = undefined;
    this.#discard(exchange);
    return true;
  }

  async close(): Promise<void> {
    this.#exchange?.interrupt();
    this.#discard();
    // Once more for its promise, which waits until the socket is closed.
    await this.#client.destroy();
  }

  #connect(callback: (...outcome: [null, Socket] | [Error, null]) => void): void {
    this.#carried = 0;
    dial(this.origin.target, this.origin.dialOptions, this.#dialling.signal).then(
      (socket) => callback(null, socket),
      (error: Error) => callback(error, null),
    );
  }

  #discard(successor?: Exchange): void {
    this.#dialling.abort();
    void this.#client.destroy();
    this.origin.drop(this, successor);
  }
}
