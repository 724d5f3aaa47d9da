import { _, Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import { isSameJson } from '../rules/same-json.js';
import { compileLinearPattern, type LinearPattern } from './linear-pattern.js';
import { costKeyword, type JsonSchema } from './read-schema.js';

/** What a check found; `tooMuchWork` where it was given up, because schema and value together ask for too much. */
export type SchemaVerdict =
  | { kind: 'fits' }
  | { kind: 'faults'; errors: readonly ErrorObject[] }
  | { kind: 'tooMuchWork' };

/** Checks a value that JSON.parse can give. */
export type SchemaCheck = (value: unknown) => SchemaVerdict;

type Pay = (steps: number) => void;

class TooMuchWork extends Error {}

// A step takes some 50 ns. A payload of 256 KiB that is checked throughout takes about one a byte.
const baseSteps = 20_000;
const stepsPerByte = 4;
const charactersPerStep = 32;
const itemsPerStep = 8;
const programSizePerStep = 100;

/**
 * Compiles what `readSchema` gave; throws where that cannot be compiled. Every application of a schema to a value is counted
 * and limited, since a few lines can ask for exponential work: a chain of {"allOf": [{"$ref": "#/$defs/b"}, {"$ref": "#/$defs/b"}]}.
 * @param allErrors whether to look for every fault, or to end at the first, which a long value gets more steps for
 */
export function compileSchema(compilable: JsonSchema, allErrors: boolean): SchemaCheck {
  let left = 0;
  let extra: (() => number) | undefined;
  const validate = newAjv(allErrors, (steps) => {
    left -= steps;
    if (left >= 0) return;
    left += extra?.() ?? 0;
    extra = undefined;
    if (left < 0) throw new TooMuchWork();
  }).compile(compilable);
  return (value) => {
    left = baseSteps;
    extra = allErrors ? undefined : () => stepsPerByte * JSON.stringify(value).length;
    try {
      return validate(value) ? { kind: 'fits' } : { kind: 'faults', errors: validate.errors ?? [] };
    } catch (error) {
      // RangeError: a schema that refers to itself without going down in the value, or a value nested deeper than the stack.
      if (error instanceof TooMuchWork || error instanceof RangeError) return { kind: 'tooMuchWork' };
      throw error;
    } finally {
      validate.errors = null;
    }
  };
}

// One for each schema: it keeps all that it compiles, and one tenant's schema must not be found by another's.
function newAjv(allErrors: boolean, pay: Pay): Ajv2020 {
  const ajv = new Ajv2020({
    allErrors,
    strict: false,
    meta: false,
    validateSchema: false,
    validateFormats: false,
    logger: false,
    // {"required": ["constructor"]} means the value's own property.
    ownProperties: true,
    // Inlined, a reference that stands a thousand times would be a thousand copies of code.
    inlineRefs: false,
    // 19.99 is a multiple of 0.01, whatever binary fractions make of it.
    multipleOfPrecision: 6,
    code: { regExp: payingPattern(pay) },
  });
  ajv.addKeyword({
    keyword: costKeyword,
    schemaType: 'number',
    before: '$ref',
    errors: false,
    compile: (steps: number) => (value: unknown) => {
      pay(steps + stepsOf(value));
      return true;
    },
  });
  addComparisons(ajv);
  // Ajv compares each item with each other one.
  ajv.removeKeyword('uniqueItems');
  return ajv.addKeyword({
    keyword: 'uniqueItems',
    type: 'array',
    schemaType: 'boolean',
    error: { message: 'must NOT have duplicate items' },
    compile: (isAsked: boolean) => (items: unknown[]) => !isAsked || areUnique(items, pay),
  });
}

/** Ajv's own call `toString` and `valueOf` of what they compare, which may be a payload's properties. */
function addComparisons(ajv: Ajv2020): void {
  ajv.removeKeyword('enum').addKeyword({
    keyword: 'enum',
    schemaType: 'array',
    error: {
      message: 'must be equal to one of the allowed values',
      params: ({ schemaCode }) => _`{allowedValues: ${schemaCode}}`,
    },
    compile: (allowed: unknown[]) => (value: unknown) => allowed.some((each) => isSameJson(each, value)),
  });
  ajv.removeKeyword('const').addKeyword({
    keyword: 'const',
    error: {
      message: 'must be equal to constant',
      params: ({ schemaCode }) => _`{allowedValue: ${schemaCode}}`,
    },
    compile: (allowed: unknown) => (value: unknown) => isSameJson(allowed, value),
  });
}

function stepsOf(value: unknown): number {
  if (typeof value === 'string') return Math.floor(value.length / charactersPerStep);
  if (typeof value !== 'object' || value === null) return 0;
  return Array.isArray(value) ? Math.floor(value.length / itemsPerStep) : Object.keys(value).length;
}

function payingPattern(pay: Pay) {
  const engine = (pattern: string) => {
    const compiled = compileLinearPattern(pattern);
    if (typeof compiled === 'string') throw new Error(`the pattern ${compiled}`);
    return { test: (text: string) => testPaying(compiled, text, pay), toString: () => pattern };
  };
  // Ajv asks for the engine's source text as well, and uses it for code that is written to a file only.
  return Object.assign(engine, { code: 'linearPattern' });
}

function testPaying(pattern: LinearPattern, text: string, pay: Pay): boolean {
  pay(1 + Math.ceil(text.length * (1 + pattern.programSize / programSizePerStep)));
  return pattern.test(text);
}

function areUnique(items: readonly unknown[], pay: Pay): boolean {
  const seen = new Set<string>();
  for (const item of items) {
    const text = canonical(item);
    pay(1 + Math.floor(text.length / charactersPerStep));
    if (seen.has(text)) return false;
    seen.add(text);
  }
  return true;
}

/** JSON with its keys in order, so that equal values have equal texts. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
