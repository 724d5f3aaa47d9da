import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { monotonicMs } from './monotonic-ms.js';
import { answerCalls } from './own-process.js';

/** What a receiver has got since it was last emptied. */
export interface Received {
  /** `webhook-id`s in the order of their first arrival; `firstAtMs` goes with them. */
  readonly ids: readonly string[];
  readonly firstAtMs: readonly number[];
  readonly lastAtMs: number;
  /** Requests whose id had come before. */
  readonly doubled: number;
}

/** What a receiver can be asked. */
export interface ReceiverCalls {
  readonly [name: string]: (argument: never) => unknown;
  url(argument: undefined): string;
  empty(argument: undefined): void;
  /** How many different ids have come. */
  count(argument: undefined): number;
  received(argument: undefined): Received;
}

let firstAtMs = new Map<string, number>();
let doubled = 0;
let lastAtMs = 0;

const server = createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    const id = String(request.headers['webhook-id']);
    lastAtMs = monotonicMs();
    if (firstAtMs.has(id)) doubled += 1;
    else firstAtMs.set(id, lastAtMs);
    response.writeHead(204).end();
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1');
await once(server, 'listening');

const calls: ReceiverCalls = {
  url: () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
  empty() {
    firstAtMs = new Map();
    doubled = 0;
  },
  count: () => firstAtMs.size,
  received: () => ({ ids: [...firstAtMs.keys()], firstAtMs: [...firstAtMs.values()], lastAtMs, doubled }),
};
answerCalls(calls);
