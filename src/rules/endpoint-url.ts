import {
  type AddressPolicy,
  checkAddress,
  isIpAddress,
  isLocalhostName,
  isOwnOrigin,
} from './address-policy.js';

// The longest URL that is accepted, in characters.
const maxEndpointUrlLength = 2083;

/** A checked endpoint URL, or what is wrong with it and what would be right. */
export type EndpointUrlCheck =
  | { ok: true; url: URL }
  | { ok: false; code: 'INVALID_ENDPOINT_URL' | 'ENDPOINT_ADDRESS_NOT_ALLOWED'; message: string };

/**
 * Checks the text of an endpoint URL as far as can be done without a look-up; names are checked again when dialled.
 * Source: the security rules for requests to customers' URLs.
 */
export function checkEndpointUrl(text: string, policy: AddressPolicy): EndpointUrlCheck {
  const fault = faultInText(text, policy);
  if (fault !== undefined) return { ok: false, code: 'INVALID_ENDPOINT_URL', message: fault };
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url?.hostname) {
    return {
      ok: false,
      code: 'INVALID_ENDPOINT_URL',
      message: 'The endpoint URL does not parse; a right one is https://example.com/webhooks.',
    };
  }
  const portFault = faultInPort(url, policy);
  if (portFault !== undefined) return { ok: false, code: 'INVALID_ENDPOINT_URL', message: portFault };
  const refusal = refusedHost(url, policy);
  if (refusal !== undefined) return { ok: false, code: 'ENDPOINT_ADDRESS_NOT_ALLOWED', message: refusal };
  return { ok: true, url };
}

/** Gives the port that a URL is dialled on, its scheme's own where none is written. */
export function portOf(url: URL): number {
  return url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
}

/** Says whether a URL's port may be sent to. */
export function isPortOpen(url: URL, policy: AddressPolicy): boolean {
  const port = portOf(url);
  return (port >= 1024 && port <= 65535) || openLowPorts(policy).includes(port);
}

/** Gives a URL's host as resolvers and sockets spell it: an IPv6 address without its brackets. */
export function hostOf(url: URL): string {
  return url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname;
}

// On the text and not on the parsed URL: the parser drops tabs and newlines, turns backslashes into slashes, and forgets
// that an empty fragment or empty userinfo was there.
function faultInText(text: string, { allowHttp }: AddressPolicy): string | undefined {
  const schemes = allowHttp ? 'https:// or http://' : 'https://';
  if (text.length > maxEndpointUrlLength) {
    return `The endpoint URL has ${text.length} characters; at most ${maxEndpointUrlLength} are allowed.`;
  }
  // The parser takes any number of slashes for two; whose names stand behind them is looked for right behind the second.
  if (!(allowHttp ? /^https?:\/\/(?!\/)/i : /^https:\/\/(?!\/)/i).test(text)) {
    return `The endpoint URL must begin with ${schemes} and the name of a host, as in https://example.com/webhooks.`;
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
  if (/[\u0000-\u0020\u007f\\]/.test(text)) {
    return 'The endpoint URL has a space, a control character or a backslash in it; write them percent-encoded, as in %20.';
  }
  if (!text.isWellFormed())
    return 'The endpoint URL has half of a surrogate pair in it, which is no character.';
  const authority = text.slice(text.indexOf('//') + 2).split(/[/?#]/, 1)[0] ?? '';
  if (authority.includes('@')) {
    return 'The endpoint URL must not have a user name or password; send credentials in a header of the subscription.';
  }
  if (text.includes('#')) return 'The endpoint URL must not have a fragment; leave out everything from # on.';
  return undefined;
}

function faultInPort(url: URL, policy: AddressPolicy): string | undefined {
  if (isPortOpen(url, policy)) return undefined;
  return (
    `The endpoint URL has port ${portOf(url)}; allowed are ${[...new Set(openLowPorts(policy))].join(', ')} and 1024 to 65535. ` +
    'ALLOWED_PORTS opens others on purpose.'
  );
}

function openLowPorts({ allowHttp, allowedPorts }: AddressPolicy): number[] {
  return [443, ...(allowHttp ? [80] : []), ...allowedPorts.filter((allowed) => allowed < 1024)];
}

function refusedHost(url: URL, policy: AddressPolicy): string | undefined {
  const host = hostOf(url);
  if (isOwnOrigin(host, portOf(url), policy)) {
    return "The endpoint URL is this server's own address; give that of the application that receives the webhooks.";
  }
  const literals = isIpAddress(host) ? [host] : isLocalhostName(host) ? ['127.0.0.1', '::1'] : [];
  const refusals = literals.map((literal) => checkAddress(literal, policy)).filter((check) => !check.ok);
  const refusal = refusals[0];
  if (!refusal || refusals.length < literals.length) return undefined;
  return (
    `The endpoint URL leads to ${host}, which is not public: ${refusal.rule}. ` +
    'Give a public address; ALLOWED_NETWORKS opens a network on purpose.'
  );
}
