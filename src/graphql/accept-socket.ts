import { GraphQLError } from 'graphql';
import { CloseCode } from 'graphql-ws';
import type { Parts } from '../parts.js';
import { type Caller, type KeyHash, keyHashFrom } from '../workspaces/authenticate.js';
import { admitCaller } from './admit-caller.js';
import type { Link } from './link-websocket.js';

// Together with the moment for which another process remembers a key, well within the five seconds that are promised.
const watchEveryMs = 1_500;

/** By what a socket is open. */
export interface Accepted {
  readonly key: KeyHash;
  /** To be called once, when it has closed. */
  readonly release: () => void;
}

/** Lets sockets in by their keys, so many of each key, and closes them soon after the key has been revoked or has expired. */
export function createSocketGate(parts: Parts) {
  const socketsOf = new Map<string, number>();

  /** Undefined where it must not come in; it is closed then, or is to be closed as Forbidden. */
  return async ({ socket, request }: Link, given: Record<string, unknown>): Promise<Accepted | undefined> => {
    const key = keyHashFrom(given) ?? keyHashFrom(request.headers);
    if (key === undefined) return undefined;
    const caller = await admitSocket(key, { socket, request }, parts);
    // It may have gone while its key was looked up; then nobody would release it.
    if (!caller || socket.readyState !== socket.OPEN) return undefined;
    const { apiKeyId } = caller;
    const others = socketsOf.get(apiKeyId) ?? 0;
    const most = parts.config.socketsPerKey;
    if (most > 0 && others >= most) {
      socket.close(CloseCode.Forbidden, `Too many sockets: a key has at most ${most}`);
      return undefined;
    }
    socketsOf.set(apiKeyId, others + 1);
    const watch = watchSocket({ socket, request }, key, parts);
    return {
      key,
      release() {
        clearInterval(watch);
        const left = (socketsOf.get(apiKeyId) ?? 1) - 1;
        if (left > 0) socketsOf.set(apiKeyId, left);
        else socketsOf.delete(apiKeyId);
      },
    };
  };
}

async function admitSocket(
  key: KeyHash,
  { socket, request }: Link,
  parts: Parts,
): Promise<Caller | undefined> {
  try {
    return await admitCaller(key, request, parts);
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    socket.close(CloseCode.Forbidden, error.message);
    return undefined;
  }
}

function watchSocket(
  { socket, request }: Link,
  key: KeyHash,
  { authenticator, connections, log }: Parts,
): NodeJS.Timeout {
  const timer = setInterval(() => {
    authenticator.isStillGood(key).then(
      (isGood) => {
        if (isGood) connections.noteGoodKey(request.socket);
        else socket.close(CloseCode.Forbidden, 'Forbidden');
      },
      (error: unknown) => log.debug({ err: error }, 'a key cannot be looked up at the moment'),
    );
  }, watchEveryMs);
  timer.unref();
  return timer;
}
