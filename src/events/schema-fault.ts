import type { ErrorObject } from 'ajv/dist/2020.js';

/** Where a value does not fit a JSON Schema, and why. */
export interface SchemaFault {
  /** JSON pointer (RFC 6901) to the faulty value, or to where one is missing; empty for the whole value. */
  readonly pointer: string;
  /** The rest of a sentence that begins with the pointer: `must be integer`. */
  readonly message: string;
}

const maxDetailCharacters = 200;

/** An error of Ajv's as a fault, with what its message leaves out: which property, which values. */
export function toSchemaFault({ instancePath, keyword, message, params }: ErrorObject): SchemaFault {
  if (keyword === 'required')
    return { pointer: `${instancePath}/${tokenOf(params.missingProperty)}`, message: 'is required' };
  const text = message ?? `does not fit ${keyword}`;
  const detail = details[keyword]?.(params);
  return { pointer: instancePath, message: detail === undefined ? text : `${text}: ${shown(detail)}` };
}

/** A property's name as a token of a JSON pointer (RFC 6901, section 3). */
function tokenOf(property: string): string {
  return property.replaceAll('~', '~0').replaceAll('/', '~1');
}

const details: Readonly<Record<string, (params: ErrorObject['params']) => unknown>> = {
  additionalProperties: (params) => params.additionalProperty,
  unevaluatedProperties: (params) => params.unevaluatedProperty,
  const: (params) => params.allowedValue,
  enum: (params) => params.allowedValues,
};

function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > maxDetailCharacters ? `${text.slice(0, maxDetailCharacters)}…` : text;
}
