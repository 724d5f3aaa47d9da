import { copyOf } from '../large-buffer.js';
import { connectionFailureCode } from '../rules/connection-failure-code.js';
import type { Outcome } from '../rules/outcome.js';
import { DialError } from './dial.js';

// The most bytes of a response's body that are read and kept.
const maxResponseBodyBytes = 64 * 1024;

/** One POST to an endpoint. */
export interface OutgoingRequest {
  url: string;
  /** Everything but host and content-length, which the client adds. */
  headers: Readonly<Record<string, string>>;
  body: string | Buffer;
  /** From the call of `send` to the last byte of the response that is wanted. */
  timeoutMs: number;
}

/** What came back: status, headers in their order and case, and the body's first 64 KiB, never decompressed. */
export interface ReceivedResponse {
  statusCode: number;
  /** JSON, an array of `{ name, value }`: as objects, a thousand of them would take several times as much until they are recorded. */
  headers: string;
  body: Buffer;
  bodyTruncated: boolean;
}

/** What became of one request; `response` is there when the outcome is `responded`. */
export interface SendResult {
  outcome: Outcome;
  startedAtMs: number;
  durationMs: number;
  response: ReceivedResponse | undefined;
}

/** The connection that an exchange runs on, as the exchange sees it. */
export interface ExchangeCarrier {
  /** The exchange has its result; the connection can carry another one only when `isReusable`. */
  ended(isReusable: boolean): void;
  /** The connection broke before a byte came back; true when another one has taken the exchange over. */
  handsOver(exchange: Exchange, errorCode: string | undefined): boolean;
}

/** One request and its response, as the handler of one HTTP dispatch; it has its result once, whatever comes after. */
export class Exchange {
  readonly #startedAtMs = Date.now();
  readonly #startedAt = performance.now();
  readonly #deadline: NodeJS.Timeout;
  #isSettled = false;
  #hasAnswerBegun = false;
  #statusCode = 0;
  #headers = '[]';
  #retryAfter: string | undefined;
  #chunks: Buffer[] = [];
  #bodyBytes = 0;

  /** Undefined while the exchange waits for a connection. */
  carrier: ExchangeCarrier | undefined;

  /** @param path path and query of the request's URL */
  constructor(
    readonly request: OutgoingRequest,
    readonly path: string,
    readonly resolve: (result: SendResult) => void,
  ) {
    this.#deadline = setTimeout(
      () => this.#break({ kind: 'timedOut', afterMs: request.timeoutMs }),
      request.timeoutMs,
    );
  }

  get isSettled(): boolean {
    return this.#isSettled;
  }

  get elapsedMs(): number {
    return performance.now() - this.#startedAt;
  }

  interrupt(): void {
    this.#settle({ kind: 'interrupted' }, undefined, false);
  }

  onRequestStart(): void {
    // Thrown to the HTTP client, which then sends nothing and keeps the connection.
    if (this.isSettled) throw new Error('The deadline passed before the request was sent.');
  }

  onResponseStarted(): void {
    this.#hasAnswerBegun = true;
  }

  onResponseStart({ rawHeaders }: { rawHeaders?: unknown }, statusCode: number): void {
    // 103 Early Hints and its kind are not the answer yet.
    if (statusCode < 200) return;
    this.#statusCode = statusCode;
    const headers = headersOf(rawHeaders as (Buffer | string)[]);
    this.#headers = JSON.stringify(headers);
    this.#retryAfter = headers.find(({ name }) => name.toLowerCase() === 'retry-after')?.value;
  }

  onResponseData(_controller: unknown, chunk: Buffer): void {
    if (this.isSettled) return;
    const room = maxResponseBodyBytes - this.#bodyBytes;
    if (room > 0) this.#chunks.push(chunk.length > room ? chunk.subarray(0, room) : chunk);
    this.#bodyBytes += chunk.length;
    if (chunk.length > room) this.#respond(true);
  }

  onResponseEnd(): void {
    if (!this.isSettled) this.#respond(false);
  }

  onResponseError(_controller: unknown, error: NodeJS.ErrnoException): void {
    if (this.isSettled) return;
    if (!this.#hasAnswerBegun && this.carrier?.handsOver(this, error.code)) return;
    this.#break(
      error instanceof DialError
        ? error.outcome
        : {
            kind: 'connectionFailed',
            code: connectionFailureCode(error.code ?? error.name, this.#hasAnswerBegun),
          },
    );
  }

  // A body of which all that is wanted has come is a response, however it goes on.
  #break(outcome: Outcome): void {
    if (this.#bodyBytes === maxResponseBodyBytes) this.#respond(true);
    else this.#settle(outcome, undefined, false);
  }

  #respond(bodyTruncated: boolean): void {
    const [first = Buffer.alloc(0), ...others] = this.#chunks;
    const response = {
      statusCode: this.#statusCode,
      headers: this.#headers,
      body: others.length === 0 ? first : copyOf(this.#chunks),
      bodyTruncated,
    };
    const outcome: Outcome = {
      kind: 'responded',
      statusCode: this.#statusCode,
      retryAfter: this.#retryAfter,
    };
    this.#settle(outcome, response, !bodyTruncated);
  }

  #settle(outcome: Outcome, response: ReceivedResponse | undefined, isReusable: boolean): void {
    if (this.isSettled) return;
    clearTimeout(this.#deadline);
    this.#isSettled = true;
    this.carrier?.ended(isReusable);
    this.resolve({
      outcome,
      startedAtMs: this.#startedAtMs,
      durationMs: Math.round(this.elapsedMs),
      response,
    });
  }
}

function headersOf(raw: readonly (Buffer | string)[]): { name: string; value: string }[] {
  const headers = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    headers.push({ name: textOf(raw[index]), value: textOf(raw[index + 1]) });
  }
  return headers;
}

// RFC 9110, section 5.5: bytes beyond ASCII are opaque, and latin1 keeps every one of them.
function textOf(bytes: Buffer | string | undefined): string {
  return typeof bytes === 'string' ? bytes : (bytes?.toString('latin1') ?? '');
}
