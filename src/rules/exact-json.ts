// JSON.rawJSON and the reviver's `source` are ECMAScript's "JSON.parse source text access", in V8 since 11.4; the
// compiler's library does not have them yet.
declare global {
  interface JSON {
    rawJSON(text: string): { rawJSON: string };
    isRawJSON(value: unknown): value is { rawJSON: string };
  }
}

type Reviver = (this: unknown, key: string, value: unknown, context: { source?: string }) => unknown;

// Only such numbers can change on their way through a JavaScript number: many digits, an exponent, a fraction that ends
// in 0, a negative zero. A text inside a string may match too; then the slower path is taken for nothing.
const maybeInexact = /\d{16}|\d[eE]|\.\d*0(?!\d)|-0/;

/** Parses JSON; a number that JavaScript would write otherwise keeps its own text, as a raw JSON value. */
export function parseExactJson(text: string): unknown {
  if (!maybeInexact.test(text)) return JSON.parse(text);
  const reviver: Reviver = (_key, value, { source }) =>
    typeof value === 'number' && source !== undefined ? exactNumber(source) : value;
  return JSON.parse(text, reviver as Parameters<typeof JSON.parse>[1]);
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
