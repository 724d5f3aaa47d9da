import ipaddr from 'ipaddr.js';

/** Where requests to customers' URLs may go. */
export interface AddressPolicy {
  /** Networks (CIDR, or one address) that are open although they are not public. */
  allowedNetworks: readonly string[];
  /** Ports below 1024 that endpoint URLs may have beside 443, and 80 where http is accepted. */
  allowedPorts: readonly number[];
  /** Whether `http://` is accepted beside `https://`. */
  allowHttp: boolean;
  /** Whether 127.0.0.0/8 and ::1 are open. */
  allowLoopback: boolean;
  /** Where this server itself is reached; never an endpoint, whatever else is open. */
  ownOrigins: readonly { host: string; port: number }[];
}

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Network = [Address, number];
interface Rule {
  name: string;
  network: Network;
}

// IANA IPv4 Special-Purpose Address Registry, whole; multicast has a registry of its own and stands here too.
const ipv4Rules: readonly Rule[] = [
  rule('this network', '0.0.0.0/8', 'RFC 791'),
  rule('private-use', '10.0.0.0/8', 'RFC 1918'),
  rule('shared address space', '100.64.0.0/10', 'RFC 6598'),
  rule('loopback', '127.0.0.0/8', 'RFC 1122'),
  rule('link-local', '169.254.0.0/16', 'RFC 3927'),
  rule('private-use', '172.16.0.0/12', 'RFC 1918'),
  rule('IETF protocol assignments', '192.0.0.0/24', 'RFC 6890'),
  rule('documentation', '192.0.2.0/24', 'RFC 5737'),
  rule('AS112', '192.31.196.0/24', 'RFC 7535'),
  rule('automatic multicast tunneling', '192.52.193.0/24', 'RFC 7450'),
  rule('6to4 relay anycast', '192.88.99.0/24', 'RFC 7526'),
  rule('private-use', '192.168.0.0/16', 'RFC 1918'),
  rule('direct delegation AS112', '192.175.48.0/24', 'RFC 7534'),
  rule('benchmarking', '198.18.0.0/15', 'RFC 2544'),
  rule('documentation', '198.51.100.0/24', 'RFC 5737'),
  rule('documentation', '203.0.113.0/24', 'RFC 5737'),
  rule('multicast', '224.0.0.0/4', 'RFC 5771'),
  rule('limited broadcast', '255.255.255.255/32', 'RFC 919'),
  rule('reserved', '240.0.0.0/4', 'RFC 1112'),
];

const globalUnicast = ipaddr.parseCIDR('2000::/3');

// The first four lie inside 2000::/3 and decide; the others only give what lies outside it a better name.
const ipv6Rules: readonly Rule[] = [
  rule('IETF protocol assignments', '2001::/23', 'RFC 2928'),
  rule('documentation', '2001:db8::/32', 'RFC 3849'),
  rule('6to4', '2002::/16', 'RFC 3056'),
  rule('documentation', '3fff::/20', 'RFC 9637'),
  rule('unspecified', '::/128', 'RFC 4291'),
  rule('loopback', '::1/128', 'RFC 4291'),
  rule('IPv4-compatible', '::/96', 'RFC 4291'),
  rule('IPv4-IPv6 translation', '64:ff9b::/96', 'RFC 6052'),
  rule('IPv4-IPv6 translation', '64:ff9b:1::/48', 'RFC 8215'),
  rule('discard-only', '100::/64', 'RFC 6666'),
  rule('unique-local', 'fc00::/7', 'RFC 4193'),
  rule('link-local', 'fe80::/10', 'RFC 4291'),
  rule('site-local', 'fec0::/10', 'RFC 3879'),
  rule('multicast', 'ff00::/8', 'RFC 4291'),
];

const loopbacks = [ipaddr.parseCIDR('127.0.0.0/8'), ipaddr.parseCIDR('::1/128')];

/**
 * Decides whether an address may be dialled: it is public, loopback where that is open, or in an allowed network.
 * @param address as a resolver or `URL.hostname` without brackets spells it; what does not parse is refused
 * @returns when refused, the rule that refused it: `private-use 10.0.0.0/8 (RFC 1918)`
 */
export function checkAddress(
  address: string,
  policy: AddressPolicy,
): { ok: true } | { ok: false; rule: string } {
  const parsed = parseAddress(address);
  if (!parsed) return { ok: false, rule: 'not an IP address' };
  const refusedBy = nameOfRule(parsed);
  if (refusedBy === undefined) return { ok: true };
  if (policy.allowLoopback && isInAny(parsed, loopbacks)) return { ok: true };
  if (isInAny(parsed, networksOf(policy))) return { ok: true };
  return { ok: false, rule: refusedBy };
}

/**
 * Says whether a host and port are this server's own. A loopback address is, on a port that we serve on any loopback
 * or on all addresses, since 127.0.0.2 reaches what listens on 0.0.0.0.
 */
export function isOwnOrigin(host: string, port: number, policy: AddressPolicy): boolean {
  const name = canonicalHost(host);
  return policy.ownOrigins.some((own) => {
    if (own.port !== port) return false;
    const ownName = canonicalHost(own.host);
    return ownName === name || (reachesThisMachine(name) && reachesThisMachine(ownName));
  });
}

/** Says whether a name is `localhost` or below it, which resolvers take to loopback (RFC 6761, section 6.3). */
export function isLocalhostName(host: string): boolean {
  const name = canonicalHost(host);
  return name === 'localhost' || name.endsWith('.localhost');
}

/** Says whether a text is an IP address, as a resolver or `URL.hostname` without brackets spells it. */
export function isIpAddress(text: string): boolean {
  return parseAddress(text) !== undefined;
}

function rule(name: string, cidr: string, source: string): Rule {
  const network = ipaddr.parseCIDR(cidr);
  // A network of one address is not spelled out: that would be the resolver's answer, word for word.
  const isOneAddress = network[1] === (network[0].kind() === 'ipv4' ? 32 : 128);
  return { name: isOneAddress ? `${name} (${source})` : `${name} ${cidr} (${source})`, network };
}

function nameOfRule(address: Address): string | undefined {
  if (address.kind() === 'ipv4') return ipv4Rules.find(({ network }) => isIn(address, network))?.name;
  const found = ipv6Rules.find(({ network }) => isIn(address, network))?.name;
  return found ?? (isIn(address, globalUnicast) ? undefined : 'outside global unicast 2000::/3 (RFC 4291)');
}

// Only the four-part decimal spelling of IPv4: 010.8.8.8 is 8.8.8.8 to one reader and 10.8.8.8 to the next.
// A zone (fe80::1%eth0) names an interface of this machine, so an address with one is never public.
function parseAddress(text: string): Address | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text);
  const hexadecimal = withoutDottedTail(text);
  if (/[.%]/.test(hexadecimal) || !ipaddr.IPv6.isValid(hexadecimal)) return undefined;
  const parsed = ipaddr.IPv6.parse(hexadecimal);
  return parsed.isIPv4MappedAddress() ? parsed.toIPv4Address() : parsed;
}

// ipaddr.js takes ::8.8.8.8, which is IPv4-compatible and goes nowhere, for the mapped ::ffff:8.8.8.8.
function withoutDottedTail(text: string): string {
  const tail = text.slice(text.lastIndexOf(':') + 1);
  if (tail === text || !ipaddr.IPv4.isValidFourPartDecimal(tail)) return text;
  const [a = 0, b = 0, c = 0, d = 0] = ipaddr.IPv4.parse(tail).octets;
  return `${text.slice(0, -tail.length)}${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
}

function parseNetwork(text: string): Network | undefined {
  const [addressText = '', prefixText, ...rest] = text.split('/');
  const address = parseAddress(addressText);
  if (!address || rest.length > 0) return undefined;
  const bits = address.kind() === 'ipv4' ? 32 : 128;
  if (prefixText === undefined) return [address, bits];
  if (!/^\d{1,3}$/.test(prefixText)) return undefined;
  // ::ffff:10.0.0.0/104 is 10.0.0.0/8.
  const prefix = Number(prefixText) - (bits === 32 && addressText.includes(':') ? 96 : 0);
  return prefix >= 0 && prefix <= bits ? [address, prefix] : undefined;
}

const parsedNetworks = new WeakMap<readonly string[], Network[]>();

function networksOf({ allowedNetworks }: AddressPolicy): Network[] {
  let networks = parsedNetworks.get(allowedNetworks);
  if (!networks) {
    networks = allowedNetworks.flatMap((text) => {
      const network = parseNetwork(text);
      return network ? [network] : [];
    });
    parsedNetworks.set(allowedNetworks, networks);
  }
  return networks;
}

function isInAny(address: Address, networks: readonly Network[]): boolean {
  return networks.some((network) => isIn(address, network));
}

function isIn(address: Address, [network, prefix]: Network): boolean {
  return address.kind() === network.kind() && address.match(network, prefix);
}

function reachesThisMachine(host: string): boolean {
  if (isLocalhostName(host)) return true;
  const address = parseAddress(host);
  return address !== undefined && (address.range() === 'unspecified' || isInAny(address, loopbacks));
}

function canonicalHost(host: string): string {
  const bare = host
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '');
  return parseAddress(bare)?.toString() ?? bare;
}
