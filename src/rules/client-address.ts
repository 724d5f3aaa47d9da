import ipaddr from 'ipaddr.js';

/**
 * The address of the client behind a connection: the peer's; or, where the peer is a proxy that is trusted, the last one in
 * X-Forwarded-For that is no such proxy. What a client writes there itself stands further left and is never reached.
 */
export function clientAddress(
  peer: string,
  forwardedFor: string | undefined,
  trustedProxies: readonly string[],
): string {
  let address = peer;
  const forwarded = (forwardedFor ?? '').split(',').map((item) => item.trim());
  while (isWithin(address, trustedProxies)) {
    const before = forwarded.pop();
    if (before === undefined || !ipaddr.isValid(before)) break;
    address = before;
  }
  return address;
}

/** The X-Forwarded-For of a request, as one list. */
export function forwardedForOf(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): string | undefined {
  const given = headers['x-forwarded-for'];
  return Array.isArray(given) ? given.join(',') : given;
}

/** Whose a connection is: what is counted as one client; undefined where only a trusted proxy is known. */
export function clientBehind(
  peer: string,
  forwardedFor: string | undefined,
  trustedProxies: readonly string[],
): string | undefined {
  const address = clientAddress(peer, forwardedFor, trustedProxies);
  return isWithin(address, trustedProxies) ? undefined : clientNetwork(address);
}

/** What is counted as one client: an IPv4 address, or the /64 network of an IPv6 address, of which a client has all. */
export function clientNetwork(address: string): string {
  if (!ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  if (parsed.kind() === 'ipv4') return parsed.toString();
  return `${parsed
    .toByteArray()
    .slice(0, 8)
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('')}/64`;
}

function isWithin(address: string, networks: readonly string[]): boolean {
  if (networks.length === 0 || !ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  return networks.some((network) => {
    const [base, bits] = ipaddr.parseCIDR(network);
    return base.kind() === parsed.kind() && parsed.match(base, bits);
  });
}
