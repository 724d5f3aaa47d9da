import type { IncomingMessage } from 'node:http';
import type { Parts } from '../parts.js';
import { clientAddress, forwardedForOf } from '../rules/client-address.js';
import type { Caller } from '../workspaces/authenticate.js';
import { rateLimited } from './rate-limited.js';

/**
 * The caller behind a key; undefined where it is not good. An address that has failed with too many keys has no more of them
 * looked up for a while (RATE_LIMITED); keys that were good here before are let through, whoever else shares the address.
 */
export async function admitCaller(
  key: string,
  request: IncomingMessage,
  { authenticator, rateLimits, connections, config }: Parts,
): Promise<Caller | undefined> {
  const address = clientAddress(
    request.socket.remoteAddress ?? '',
    forwardedForOf(request.headers),
    config.trustedProxies,
  );
  const standing = rateLimits.tooManyFailedKeys(address);
  if (standing && !authenticator.hasBeenGood(key)) throw rateLimited([standing]);
  const caller = await authenticator.authenticate(key);
  if (caller) connections.noteGoodKey(request.socket);
  else rateLimits.noteFailedKey(address);
  return caller;
}
