import { Ajv2020 } from 'ajv/dist/2020.js';
import { withPlainNumbers } from '../rules/exact-json.js';
import { compileSchema } from './compile-schema.js';
import { type JsonSchema, readSchema } from './read-schema.js';
import { toSchemaFault } from './schema-fault.js';

const dialect = 'https://json-schema.org/draft/2020-12/schema';
const maxBytes = 65_536;
const maxDepth = 32;
// Somebody who sends a page of nonsense learns enough from the first faults.
const maxFaults = 10;

// Ajv copies all faults found so far for each further one, so it looks for all of them in a small schema only.
const maxBytesForAllFaults = 2048;

const metaSchemas = { strict: false, validateFormats: false, logger: false } as const;
const firstFault = new Ajv2020(metaSchemas);
const allFaults = new Ajv2020({ ...metaSchemas, allErrors: true });
// One value of each kind, to see whether a schema's references come to an end in time.
const samples = [null, true, 0, '', [], {}];

/** Finds what keeps a value from being used as a JSON Schema (2020-12), as sentences; none means that it can be. */
export function checkSchema(given: unknown): string[] {
  const unreadable = faultOfForm(given);
  if (unreadable !== undefined) return [unreadable];
  const schema = withPlainNumbers(given);
  const misfits = faultsByMetaSchema(schema);
  if (misfits.length > 0) return misfits.slice(0, maxFaults);
  const { compilable, faults } = readSchema(schema as JsonSchema);
  if (faults.length > 0) return faults.slice(0, maxFaults).map((fault) => `The schema ${at(fault)}.`);
  return faultsOfCompiling(compilable);
}

function faultOfForm(schema: unknown): string | undefined {
  const isObject = typeof schema === 'object' && schema !== null && !Array.isArray(schema);
  if (!isObject && typeof schema !== 'boolean') return 'A JSON Schema is an object, true or false.';
  // Before anything that recurses: a megabyte of brackets would exhaust the stack.
  if (isDeeperThan(maxDepth, schema))
    return `The schema is nested deeper than ${maxDepth} objects and lists.`;
  const bytes = Buffer.byteLength(JSON.stringify(schema));
  if (bytes > maxBytes)
    return `The schema has ${bytes} bytes as compact JSON; at most ${maxBytes} are allowed.`;
  const stated = isObject ? (schema as { $schema?: unknown }).$schema : undefined;
  return stated === undefined || stated === dialect || stated === `${dialect}#`
    ? undefined
    : `The schema's $schema is not ${dialect}; no other dialect is understood.`;
}

function faultsByMetaSchema(schema: unknown): string[] {
  const isSmall = JSON.stringify(schema).length <= maxBytesForAllFaults;
  const check = (isSmall ? allFaults : firstFault).getSchema(dialect);
  if (!check) throw new Error(`Ajv does not have ${dialect}`);
  if (check(schema)) return [];
  // Of a value that may be one thing or another, Ajv tells all that it is not; the first says enough.
  const firsts = new Map<string, string>();
  for (const { pointer, message } of (check.errors ?? []).map(toSchemaFault)) {
    if (!firsts.has(pointer)) firsts.set(pointer, message);
  }
  check.errors = null;
  return Array.from(firsts, ([pointer, message]) => `The schema ${at(`${pointer} ${message}`)}.`);
}

function faultsOfCompiling(compilable: JsonSchema): string[] {
  try {
    const check = compileSchema(compilable, false);
    return samples.some((sample) => check(sample).kind === 'tooMuchWork')
      ? [
          'The schema takes too much work even for an empty value: its references go in circles, or double again and again.',
        ]
      : [];
  } catch (error) {
    // Such as two anchors of one name: whatever readSchema does not know, Ajv has a sentence for.
    return [`The schema cannot be compiled: ${(error as Error).message}.`];
  }
}

function at(fault: string): string {
  return fault.startsWith('/') ? `at ${fault}` : fault.trimStart();
}

function isDeeperThan(levels: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null || JSON.isRawJSON(value)) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeperThan(levels - 1, inner));
}
