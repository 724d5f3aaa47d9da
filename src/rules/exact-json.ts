import { randomUUID } from 'node:crypto';

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
const stringOrNumber = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
// What nobody can have sent.
const mark = randomUUID();

/** Parses JSON; a number that JavaScript would write otherwise keeps its own text, as a raw JSON value. */
export function parseExactJson(text: string): unknown {
  const parsed: unknown = JSON.parse(text);
  if (!maybeInexact.test(text)) return parsed;
  // A reviver would be told of each number's text too, in twenty times as long, and by as many calls within calls as the text has levels.
  const marked = text.replaceAll(stringOrNumber, (token) =>
    token.startsWith('"') || isExact(token) ? token : `"${mark}${token}"`,
  );
  return withRawNumbers(JSON.parse(marked));
}

/** The value with raw JSON numbers for the strings that stand for them. */
function withRawNumbers(marked: unknown): unknown {
  const root: unknown[] = [marked];
  const left: object[] = [root];
  for (let parent = left.pop(); parent; parent = left.pop()) {
    const children = parent as Record<string, unknown>;
    const visit = (key: string | number): void => {
      const child = children[key];
      if (typeof child === 'object' && child !== null) left.push(child);
      else if (typeof child === 'string' && child.startsWith(mark))
        children[key] = JSON.rawJSON(child.slice(mark.length));
    };
    if (Array.isArray(parent)) for (let index = 0; index < parent.length; index += 1) visit(index);
    else for (const key of Object.keys(parent)) visit(key);
  }
  return root[0];
}

/** The number of this JSON text, or a raw JSON value where JavaScript would write it otherwise. */
export function exactNumber(source: string): unknown {
  return isExact(source) ? Number(source) : JSON.rawJSON(source);
}

function isExact(source: string): boolean {
  return JSON.stringify(Number(source)) === source;
}

/** A plain JavaScript value: raw JSON numbers become the nearest number. For matching and for JSON Schema. */
export function withPlainNumbers(value: unknown): unknown {
  return maybeInexact.test(JSON.stringify(value) ?? '') ? JSON.parse(JSON.stringify(value)) : value;
}
