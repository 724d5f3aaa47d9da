import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { monotonicMs } from './monotonic-ms.js';
import { answerCalls } from './own-process.js';
import { failingPath, hangingPath } from './receiver-paths.js';

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
  /** Where it answers 204 at once; below `hangingPath` and `failingPath` it does not. */
  url(argument: undefined): string;
  /** So many more, each at a port of its own. */
  urls(argument: { count: number }): Promise<readonly string[]>;
  empty(argument: undefined): void;
  /** How many different ids have come. */
  count(argument: undefined): number;
  received(argument: undefined): Received;
}

let firstAtMs = new Map<string, number>();
let doubled = 0;
let lastAtMs = 0;

const first = await listening();
const calls: ReceiverCalls = {
  url: () => urlOf(first),
  urls: async ({ count }) => (await Promise.all(Array.from({ length: count }, listening))).map(urlOf),
  empty() {
    firstAtMs = new Map();
    doubled = 0;
  },
  count: () => firstAtMs.size,
  received: () => ({ ids: [...firstAtMs.keys()], firstAtMs: [...firstAtMs.values()], lastAtMs, doubled }),
};
answerCalls(calls);

async function listening(): Promise<Server> {
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => {
      note(String(request.headers['webhook-id']));
      answer(request.url, response);
    });
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function urlOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

function note(id: string): void {
  lastAtMs = monotonicMs();
  if (firstAtMs.has(id)) doubled += 1;
  else firstAtMs.set(id, lastAtMs);
}

function answer(path: string | undefined, response: ServerResponse): void {
  if (path !== `/${hangingPath}`) response.writeHead(path === `/${failingPath}` ? 500 : 204).end();
}
