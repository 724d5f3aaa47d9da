// The most headers that a subscription can have.
const maxCustomHeaders = 20;

// The largest header, name and value together, in bytes.
const maxCustomHeaderBytes = 4096;

/** What is wrong with one header of a list; `index` counts from 0. */
export interface CustomHeaderFault {
  index: number;
  field: 'name' | 'value';
  message: string;
}

// RFC 9110, section 5.6.2.
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

// What frames the request or belongs to one hop (RFC 9110, section 7.6.1), what the body decides, what would make our
// request pass for a proxy's or for that of a cloud machine asking its metadata service, and what every profile sends.
const reservedNames = new Set([
  ...['host', 'content-length', 'transfer-encoding', 'connection', 'te', 'upgrade', 'expect', 'cookie'],
  ...['keep-alive', 'proxy-connection', 'trailer', 'content-type', 'content-encoding'],
  ...['forwarded', 'metadata-flavor'],
]);
const reservedPrefixes = ['webhook-', 'x-forwarded-', 'x-aws-ec2-metadata-token', 'x-amz-sns-'];

/**
 * Finds every fault in a subscription's own headers; none means that they can be sent as they are. `authorization` and
 * `user-agent` are the owner's to set, `content-type` is not: the profile's envelope decides it.
 * @param signatureHeaders names in lower case that carry a signature in one profile or another
 */
export function checkCustomHeaders(
  headers: readonly { name: string; value: string }[],
  signatureHeaders: readonly string[],
): CustomHeaderFault[] {
  const faults: CustomHeaderFault[] = [];
  const seen = new Set<string>();
  // What is beyond the first of too many is not looked at: a megabyte of faults would be answered with many.
  for (const [index, { name, value }] of headers.slice(0, maxCustomHeaders + 1).entries()) {
    const nameFault =
      index === maxCustomHeaders ? tooMany(headers.length) : faultInName(name, seen, signatureHeaders);
    if (nameFault !== undefined) faults.push({ index, field: 'name', message: nameFault });
    const valueFault = faultInValue(name, value);
    if (valueFault !== undefined) faults.push({ index, field: 'value', message: valueFault });
    seen.add(name.toLowerCase());
  }
  return faults;
}

function tooMany(count: number): string {
  return `There are ${count} headers; at most ${maxCustomHeaders} are allowed.`;
}

function faultInName(
  name: string,
  seen: ReadonlySet<string>,
  signatureHeaders: readonly string[],
): string | undefined {
  const lowerCased = name.toLowerCase();
  if (!token.test(name)) {
    return "A header name is made of letters, digits and !#$%&'*+-.^_`|~, with no space, as in X-Team.";
  }
  const isReserved =
    reservedNames.has(lowerCased) ||
    signatureHeaders.includes(lowerCased) ||
    reservedPrefixes.some((prefix) => lowerCased.startsWith(prefix));
  if (isReserved) {
    return `The header ${name} cannot be set; the server sets it itself or keeps it out of every request.`;
  }
  if (seen.has(lowerCased))
    return `The header ${name} is there more than once; give each name once, in any case.`;
  return undefined;
}

function faultInValue(name: string, value: string): string | undefined {
  if (/[^\t\u0020-\u007e\u0080-\u00ff]/.test(value)) {
    return 'A header value has no line break, NUL or other control character, and no character beyond U+00FF (latin1).';
  }
  // Latin1 is sent as one byte a character, so length is bytes.
  const bytes = name.length + value.length;
  if (bytes > maxCustomHeaderBytes) {
    return `The header has ${bytes} bytes, name and value together; at most ${maxCustomHeaderBytes} are allowed.`;
  }
  return undefined;
}
