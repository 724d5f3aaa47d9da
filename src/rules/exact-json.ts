// JSON.rawJSON and the reviver's `source` are ECMAScript's "JSON.parse source text access", in V8 since 11.4; the
// compiler's library does not have them yet.
declare global {
  interface JSON {
    rawJSON(text: string): { rawJSON: string };
    isRawJSON(value: unknown): value is { rawJSON: string };
  }
}

// A number stands behind one of these, or at the start. JavaScript may write it otherwise only where it has sixteen digits or more, an
// exponent, six zeros behind the point, a fraction that ends in 0, or is a negative zero. What looks like one within a string, behind a
// comma, say, takes the slower path for nothing.
const maybeInexact = /(?:^|[[:,])\s*-?(?:[\d.]{16}|[\d.]*(?:[eE]|\.0{6}|\.\d*0(?!\d))|(?<=-)0(?![.\d]))/;

/** Parses JSON; a number that JavaScript would write otherwise keeps its own text, as a raw JSON value. */
export function parseExactJson(text: string): unknown {
  return maybeInexact.test(text)
    ? JSON.parse(text, keepNumber as Parameters<typeof JSON.parse>[1])
    : JSON.parse(text);
}

/** A reviver of JSON.parse, for who does not parse by parseExactJson. */
export function keepNumber(_key: string, value: unknown, { source }: { source?: string } = {}): unknown {
  return typeof value === 'number' && source !== undefined ? exactNumber(source) : value;
}

/** The number of this JSON text, or a raw JSON value where JavaScript would write it otherwise. */
export function exactNumber(source: string): unknown {
  const value = Number(source);
  return JSON.stringify(value) === source ? value : JSON.rawJSON(source);
}

/** A plain JavaScript value: raw JSON numbers become the nearest number. For matching and for JSON Schema. */
export function withPlainNumbers(value: unknown): unknown {
  return maybeInexact.test(JSON.stringify(value) ?? '') ? JSON.parse(JSON.stringify(value)) : value;
}
