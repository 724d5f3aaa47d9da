import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { monotonicMs } from './monotonic-ms.js';
import { answerCalls } from './own-process.js';
import { failingPath, hangingPath, slowPath, slowSeconds } from './receiver-paths.js';

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
  /** Where it answers 204 at once, but at the paths of receiver-paths.ts. A delivery is known by its `webhook-id`, and its path if it has one. */
  url(argument: undefined): string;
  /** So many more, each at a port of its own. */
  urls(argument: { count: number }): Promise<readonly string[]>;
  empty(argument: undefined): void;
  /** How many different ids have come. */
  count(argument: undefined): number;
  received(argument: undefined): Received;
  /** Of what has come, in so many equal parts in the order of arrival: the deliveries a second of each part. */
  rates(argument: { parts: number }): number[];
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
  rates: ({ parts }) => ratesOf([...firstAtMs.values()], parts),
};
answerCalls(calls);

async function listening(): Promise<Server> {
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => {
      note(`${String(request.headers['webhook-id'])}${request.url?.slice(1)}`);
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
  if (path === `/${hangingPath}`) return;
  const end = () => response.writeHead(path === `/${failingPath}` ? 500 : 204).end();
  if (path?.startsWith(`/${slowPath}`)) setTimeout(end, slowSeconds * 1000);
  else end();
}

function ratesOf(atMs: readonly number[], parts: number): number[] {
  const size = Math.floor(atMs.length / parts);
  return Array.from({ length: parts }, (_, part) => {
    const [from = Number.NaN, to = Number.NaN] = [atMs[part * size], atMs[(part + 1) * size - 1]];
    return (size / (to - from)) * 1000;
  });
}
