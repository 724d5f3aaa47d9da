import type { IncomingMessage } from 'node:http';
import type { Parts } from '../parts.js';
import { clientAddress, forwardedForOf } from '../rules/client-address.js';
import type { Caller, KeyHash } from '../workspaces/authenticate.js';
import { rateLimited } from './rate-limited.js';

/**
 * The caller behind a key; undefined where it is not good. An address that has failed with too many keys has no more of them
 * looked up for a while (RATE_LIMITED); keys that were good here before are let through, whoever else shares the address.
 */
export async function admitCaller(
  key: KeyHash,
  request: IncomingMessage,
  { authenticator, rateLimits, connections, config }: Parts,
): Promise<Caller | undefined> {
  const address = clientAddress(
    request.socket.remoteAddress ?? '',
    forwardedForOf(request.headers),
    config.trustedProxies,
  );
  let caller: Caller | undefined;
  if (authenticator.hasBeenGood(key)) {
    caller = await authenticator.authenticate(key);
    if (!caller) rateLimits.noteFailedKey(address);
  } else {
    const guess = await rateLimits.guessKey(address, () => authenticator.authenticate(key));
    if ('standing' in guess) throw rateLimited([guess.standing]);
    caller = guess.found;
  }
  if (caller) connections.noteGoodKey(request.socket);
  return caller;
}
