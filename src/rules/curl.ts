// Linux takes no single argument above 128 KiB, so a larger body goes through a pipe; printf is built into the shell.
const maxArgumentBytes = 100_000;

// What curl works out by itself, and better than a copied value would say it.
const curlsOwn = new Set(['host', 'content-length', 'connection']);
// What curl adds unless told not to.
const curlsDefaults = ['Accept', 'Content-Type', 'User-Agent'];

/** One HTTP request, as it was sent. */
export interface CurlRequest {
  method: string;
  url: string;
  headers: readonly { name: string; value: string }[];
  body: string;
}

/** Writes the curl command, for any POSIX shell, that sends a request again, with the same bytes. */
export function curlCommand({ method, url, headers, body }: CurlRequest): string {
  const isPiped = Buffer.byteLength(body) > maxArgumentBytes;
  const names = new Set(headers.map(({ name }) => name.toLowerCase()));
  const lines = [
    // Braces and brackets in a URL are a range of URLs to curl.
    `curl ${/[[\]{}]/.test(url) ? '--globoff ' : ''}-X ${quoted(method)} ${quoted(url)}`,
    ...headers.filter(({ name }) => !curlsOwn.has(name.toLowerCase())).map((header) => headerOption(header)),
    ...curlsDefaults
      .filter((name) => !names.has(name.toLowerCase()))
      .map((name) => `-H ${quoted(`${name}:`)}`),
    // --data-raw, since --data-binary takes a body that begins with @ for the name of a file.
    isPiped ? '--data-binary @-' : `--data-raw ${quoted(body)}`,
  ];
  const command = lines.join(' \\\n  ');
  return isPiped ? `printf %s ${quoted(body)} | ${command}` : command;
}

// `Name;` is how curl is told to send an empty header: `Name:` would leave it out.
function headerOption({ name, value }: { name: string; value: string }): string {
  const header = value === '' ? `${name};` : `${name}: ${value}`;
  return `-H ${/[\x80-\xff]/.test(header) ? latin1(header) : quoted(header)}`;
}

// A terminal sends such characters as UTF-8, and in a header they are latin1: so printf writes their bytes.
function latin1(header: string): string {
  const format = header
    .replace(/[%\\]/g, '$&$&')
    .replace(/[^ -~]|'/g, (sign) => `\\${sign.charCodeAt(0).toString(8).padStart(3, '0')}`);
  return `"$(printf '${format}')"`;
}

function quoted(text: string): string {
  return /^[A-Za-z0-9_./:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
