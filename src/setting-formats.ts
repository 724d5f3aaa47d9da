import ipaddr from 'ipaddr.js';
import { z } from 'zod';

// Every format takes a trimmed, non-empty text. A fault says what is wrong and, after a semicolon, what would be
// right; it quotes the text only where the text cannot be a secret.

const quotedCharacters = 40;

function quoted(text: string): string {
  return JSON.stringify(text.length > quotedCharacters ? `${text.slice(0, quotedCharacters)}…` : text);
}

function split(list: string): string[] {
  return list
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

/** A whole number within bounds, both included; `meaning` tells in a fault what the number stands for. */
export function wholeNumber(min: number, max: number, meaning: string) {
  return z.string().transform((text, context) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    context.addIssue(`${quoted(text)} is not ${meaning}; give a whole number from ${min} to ${max}`);
    return z.NEVER;
  });
}

/** A switch: `true` or `false`, and no other spelling. */
export const onOff = z.string().transform((text, context) => {
  if (text === 'true' || text === 'false') return text === 'true';
  context.addIssue(`${quoted(text)} is not a switch; give true or false`);
  return z.NEVER;
});

/** One word of a closed list. */
export function oneOf<const Word extends string>(words: readonly Word[]) {
  return z.string().transform((text, context) => {
    const word = words.find((candidate) => candidate === text);
    if (word !== undefined) return word;
    context.addIssue(`${quoted(text)} is not known; give one of ${words.join(', ')}`);
    return z.NEVER;
  });
}

/** An address or a name to listen on: no scheme, no port, no path. */
export const listenHost = z.string().transform((text, context) => {
  if (ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text)) return text;
  // A name made of digits and dots alone is a mistyped address (RFC 1123, 2.1).
  if (/^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/.test(text) && !/^[\d.]+$/.test(text)) return text;
  context.addIssue(
    `${quoted(text)} is no address to listen on; give an IP address or a host name alone, such as 0.0.0.0`,
  );
  return z.NEVER;
});

/** A path in the file system. */
export const filePath = z.string().refine((text) => !text.includes('\0'), 'holds a NUL byte; give a path');

function decodes(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

const sslModes = ['disable', 'no-verify', 'prefer', 'require', 'verify-ca', 'verify-full'];

/** The URL of a PostgreSQL database; faults never quote it, since it holds a password. */
export const postgresUrl = z.string().transform((text, context) => {
  const right =
    'give postgresql://user:password@host:5432/database, with special characters of the password percent-encoded';
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPostgres = url?.protocol === 'postgres:' || url?.protocol === 'postgresql:';
  if (
    !url ||
    !isPostgres ||
    !/^postgres(ql)?:\/\//i.test(text) ||
    !decodes(url.username + url.password + url.pathname)
  ) {
    context.addIssue(`is not a PostgreSQL URL; ${right}`);
    return z.NEVER;
  }
  if (url.pathname.length <= 1) context.addIssue(`names no database; ${right}`);
  const sslMode = url.searchParams.get('sslmode');
  // pg takes any other word for none, and speaks in clear.
  if (sslMode !== null && !sslModes.includes(sslMode))
    context.addIssue(`has an unknown sslmode; give one of ${sslModes.join(', ')}`);
  return context.issues.length > 0 ? z.NEVER : text;
});

// Several hosts are allowed before the path, which is why `new URL` cannot read it.
// https://www.mongodb.com/docs/manual/reference/connection-string-formats/
const mongoHost = String.raw`(?:\[[0-9A-Fa-f:.]+\]|[^\s@/?,:[\]]+)`;
const mongoStandard = String.raw`mongodb://(?:[^\s@/?]+@)?${mongoHost}(?::\d{1,5})?(?:,${mongoHost}(?::\d{1,5})?)*`;
const mongoSrv = String.raw`mongodb\+srv://(?:[^\s@/?]+@)?[^\s@/?,:[\]]+`;
const mongoPattern = new RegExp(String.raw`^(?:${mongoStandard}|${mongoSrv})(?:/[^\s@/?]*)?(?:\?[^\s@]*)?$`);

/** The URL of a MongoDB server or replica set; faults never quote it, since it holds a password. */
export const mongoUrl = z.string().transform((text, context) => {
  if (mongoPattern.test(text) && decodes(text)) return text;
  context.addIssue(
    'is not a MongoDB URL; give mongodb://host:27017/database or mongodb+srv://host/database, with special characters of the password percent-encoded',
  );
  return z.NEVER;
});

/** The absolute URL under which others reach the server, given back without a slash at its end. */
export const publicUrl = z.string().transform((text, context) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain = url && !url.username && !url.password && !/[?#]/.test(text);
  if (isPlain && /^https?:\/\//i.test(text)) return url.href.replace(/\/+$/, '');
  // Not quoted: it may hold a user and a password.
  context.addIssue(
    'is not an absolute http or https URL without user, password, query and fragment; give one such as https://hooks.example.com',
  );
  return z.NEVER;
});

/** A name such as eu-west-1, which can stand in the name of a topic. */
export const regionName = z
  .string()
  .regex(
    /^[a-z0-9-]{1,32}$/,
    'is no region; give 1 to 32 small letters, digits and hyphens, such as eu-west-1',
  );

function isNetwork(text: string): boolean {
  if (text.includes('%')) return false; // an IPv6 zone means something on one machine only
  return ipaddr.IPv4.isValidCIDRFourPartDecimal(text) || ipaddr.IPv6.isValidCIDR(text);
}

/** A list of networks in CIDR notation, as written. */
export const networkList = z.string().transform((text, context) => {
  const networks = split(text);
  for (const wrong of networks.filter((item) => !isNetwork(item)))
    context.addIssue(
      `${quoted(wrong)} is not a network; give CIDR notation with commas between, such as 10.0.0.0/8,fd00::/8`,
    );
  return networks;
});

/** A list of ports. */
export const portList = z.string().transform((text, context) => {
  const ports = split(text);
  for (const wrong of ports.filter(
    (item) => !/^\d{1,5}$/.test(item) || Number(item) < 1 || Number(item) > 65_535,
  ))
    context.addIssue(
      `${quoted(wrong)} is not a port; give whole numbers from 1 to 65535 with commas between, such as 80,587`,
    );
  return ports.map(Number);
});

function isAddress(text: string): boolean {
  return !text.includes('%') && (ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text));
}

/** A list of IP addresses, as written. */
export const addressList = z.string().transform((text, context) => {
  const addresses = split(text);
  for (const wrong of addresses.filter((item) => !isAddress(item)))
    context.addIssue(
      `${quoted(wrong)} is not an IP address; give addresses with commas between, such as 203.0.113.7,2001:db8::7`,
    );
  return addresses;
});

/** A list of AES-256 keys, each base64 of exactly 32 bytes; faults name a key by its place in the list, counted from 1. */
export const encryptionKeyList = z.string().transform((text, context) => {
  const items = split(text);
  const right =
    'give base64 of exactly 32 bytes, as `openssl rand -base64 32` prints it, with commas between several';
  if (items.length === 0) context.addIssue(`holds no key; ${right}`);
  // 32 bytes are 43 characters and one of padding; Buffer.from would skip over anything else without a word.
  for (const [index, item] of items.entries())
    if (!/^[A-Za-z0-9+/]{43}=$/.test(item))
      context.addIssue(`key ${index + 1} of ${items.length} is not base64 of 32 bytes; ${right}`);
  return items.map((item) => Buffer.from(item, 'base64'));
});

const minKeyCharacters = 32;

/** An API key chosen by the operator; faults never quote it. */
export const apiKey = z.string().superRefine((text, context) => {
  const right = `give at least ${minKeyCharacters} letters, digits and signs of ASCII without spaces, as \`openssl rand -hex 32\` prints them`;
  if (text.length < minKeyCharacters) context.addIssue(`has ${text.length} characters; ${right}`);
  // It is sent in a header (RFC 9110, 5.5), and a space would end it there.
  if (!/^[\x21-\x7e]*$/.test(text))
    context.addIssue(`holds characters that do not fit in an HTTP header; ${right}`);
});
