import { lookup } from 'node:dns/promises';
import { connect as connectSocket, isIP, type Socket, type TcpNetConnectOpts } from 'node:net';
import { connect as connectTls, type SecureContext } from 'node:tls';
import { copyOf } from '../large-buffer.js';
import { type AddressPolicy, checkAddress, isIpAddress, isOwnOrigin } from '../rules/address-policy.js';
import type { Outcome } from '../rules/outcome.js';

/** Finds all addresses of a host name; a rejection with the code ENOTFOUND or ENODATA means that it has none. */
export type LookUp = (host: string) => Promise<readonly string[]>;

/** Where a connection goes; `host` is a name, or an address without brackets. */
export interface DialTarget {
  host: string;
  port: number;
  isSecure: boolean;
}

/** What all connections of one HTTP client have in common. */
export interface DialOptions {
  policy: AddressPolicy;
  lookUp: LookUp;
  /** Addresses of this machine to connect from, the first that it has of each family; empty leaves it to the system. */
  sourceAddresses: readonly string[];
  secureContext: SecureContext;
}

/** Why no connection was made, where that is known as an outcome; every other error comes as Node threw it. */
export class DialError extends Error {
  constructor(readonly outcome: Extract<Outcome, { kind: 'addressRefused' | 'connectionFailed' }>) {
    super(outcome.kind === 'addressRefused' ? outcome.rule : outcome.code);
  }
}

// A far host's first address gets this long before the next one is tried as well.
const nextAddressAfterMs = 1000;

// The system's resolver has half of the threads that the whole process shares (src/main.ts): a host whose name servers hang gets one.
const lookUpsUnderWay = new Map<string, Promise<string[]>>();

/** Asks the system's resolver, hosts file included, for all addresses of a host name. */
export function lookUpAddresses(host: string): Promise<string[]> {
  let underWay = lookUpsUnderWay.get(host);
  if (!underWay) {
    underWay = lookup(host, { all: true })
      .then((answers) => answers.map(({ address }) => address))
      .finally(() => lookUpsUnderWay.delete(host));
    lookUpsUnderWay.set(host, underWay);
  }
  return underWay;
}

/**
 * Connects to a host that the policy allows: the literal or every look-up answer is checked, those very addresses are
 * dialled, and the connected remote address is checked again before a byte is sent, TLS's first one included.
 */
export async function dial(target: DialTarget, options: DialOptions, signal: AbortSignal): Promise<Socket> {
  const addresses = await allowedAddresses(target, options);
  signal.throwIfAborted();
  const socket = await connectToAny(addresses, target, options, signal);
  try {
    // A peer that is already gone has no address left.
    if (socket.remoteAddress === undefined)
      throw new DialError({ kind: 'connectionFailed', code: 'ECONNRESET' });
    refuseUnlessAllowed(socket.remoteAddress, target.port, options.policy);
    return target.isSecure ? await secured(socket, target.host, options.secureContext) : socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

async function allowedAddresses(
  { host, port }: DialTarget,
  options: DialOptions,
): Promise<readonly string[]> {
  const { policy, lookUp } = options;
  if (isOwnOrigin(host, port, policy)) throw refusal(host, "this server's own address");
  const addresses = isIpAddress(host) ? [host] : await lookUp(host).catch(failLookUp);
  if (addresses.length === 0) throw new DialError({ kind: 'connectionFailed', code: 'ENOTFOUND' });
  // One bad answer refuses them all: whoever mixes inner addresses into public ones is not to be trusted with a choice.
  for (const address of addresses) refuseUnlessAllowed(address, port, policy);
  return addresses;
}

function failLookUp(error: NodeJS.ErrnoException): never {
  const code = error.code === 'ENOTFOUND' || error.code === 'ENODATA' ? 'ENOTFOUND' : 'DNS_FAILED';
  throw new DialError({ kind: 'connectionFailed', code });
}

function refuseUnlessAllowed(address: string, port: number, policy: AddressPolicy): void {
  if (isOwnOrigin(address, port, policy)) throw refusal(address, "this server's own address");
  const check = checkAddress(address, policy);
  if (!check.ok) throw refusal(address, check.rule);
}

function refusal(address: string, rule: string): DialError {
  return new DialError({ kind: 'addressRefused', address, rule });
}

async function connectToAny(
  addresses: readonly string[],
  { host, port }: DialTarget,
  { sourceAddresses }: DialOptions,
  signal: AbortSignal,
): Promise<Socket> {
  const bound = await connectFrom(sourceAddresses, addresses, port, signal);
  if (bound) return bound;
  return opened(
    connectTcp({
      host,
      port,
      signal,
      // Asked for all, since autoSelectFamily is on. For a literal it is never asked.
      lookup: (_host, _options, answer) =>
        answer(
          null,
          addresses.map((each) => ({ address: each, family: isIP(each) })),
        ),
      autoSelectFamily: true,
      autoSelectFamilyAttemptTimeout: nextAddressAfterMs,
    }),
  );
}

/**
 * Connects from the first source address that this machine has, to the first address that takes it. Undefined where it has none
 * of that family: behind a NAT the configured addresses are the receivers' view and not this machine's own.
 */
async function connectFrom(
  sourceAddresses: readonly string[],
  addresses: readonly string[],
  port: number,
  signal: AbortSignal,
): Promise<Socket | undefined> {
  // Node tries addresses by itself only where it chooses the source too.
  const pairs = addresses.flatMap((host) =>
    sourceAddresses.filter((source) => isIP(source) === isIP(host)).map((source) => ({ host, source })),
  );
  let failure: { host: string; error: unknown } | undefined;
  for (const { host, source } of pairs) {
    if (host === failure?.host) continue;
    // Not AbortSignal.timeout: it would end the connection that has been made, too.
    const tooLate = new AbortController();
    const isLast = host === pairs.at(-1)?.host;
    const timer = isLast ? undefined : setTimeout(() => tooLate.abort(), nextAddressAfterMs);
    const within = AbortSignal.any([signal, tooLate.signal]);
    try {
      return await opened(connectTcp({ host, port, localAddress: source, signal: within }));
    } catch (error) {
      signal.throwIfAborted();
      if ((error as NodeJS.ErrnoException).code !== 'EADDRNOTAVAIL') failure = { host, error };
    } finally {
      clearTimeout(timer);
    }
  }
  if (failure) throw failure.error;
  return undefined;
}

// Node would take another 64 KiB for each read. Of TLS this holds nothing: it has buffers of its own.
const whatIsRead = Buffer.allocUnsafeSlow(64 * 1024);

function connectTcp(options: TcpNetConnectOpts): Socket {
  // The next read, of any socket, goes to the same place: what has come is copied out before that.
  const callback = (bytes: number): boolean => socket.push(copyOf([whatIsRead.subarray(0, bytes)]));
  const socket: Socket = connectSocket({ ...options, onread: { buffer: whatIsRead, callback } });
  return socket;
}

function opened(socket: Socket): Promise<Socket> {
  socket.setNoDelay(true);
  return established(socket, 'connect');
}

function secured(socket: Socket, host: string, secureContext: SecureContext): Promise<Socket> {
  const name = host.replace(/\.$/, '');
  return established(
    connectTls({
      socket,
      host: name,
      // Server Name Indication is for names alone (RFC 6066, section 3).
      ...(isIP(name) ? {} : { servername: name }),
      ALPNProtocols: ['http/1.1'],
      secureContext,
    }),
    'secureConnect',
  );
}

function established(socket: Socket, event: 'connect' | 'secureConnect'): Promise<Socket> {
  return new Promise((resolve, reject) => {
    socket.once(event, () => resolve(socket));
    // They stay: an error between this moment and the HTTP client's own listener would end the process.
    socket.on('error', reject);
    socket.once('close', () => reject(new DialError({ kind: 'connectionFailed', code: 'ECONNRESET' })));
  });
}
