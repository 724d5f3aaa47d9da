import { compileLinearPattern } from './linear-pattern.js';

/** A JSON Schema, or a part of one. */
export type JsonSchema = Readonly<Record<string, unknown>> | boolean;

/** The keyword that `readSchema` adds to every schema object: what checking a value against it costs, in steps. */
export const costKeyword = 'tendril:cost';

/** A schema as it is compiled, and what is wrong with it. */
export interface SchemaReading {
  readonly compilable: JsonSchema;
  /** Faults as sentences without a subject: `/properties/id/pattern is too large`. */
  readonly faults: readonly string[];
}

// Where schemas stand inside a schema: JSON Schema 2020-12, Applicator and Unevaluated vocabularies.
const holdsOne = new Set(
  'additionalProperties items contains propertyNames not if then else unevaluatedItems unevaluatedProperties'.split(
    ' ',
  ),
);
const holdsList = new Set(['allOf', 'anyOf', 'oneOf', 'prefixItems']);
const holdsMap = new Set(['properties', 'patternProperties', 'dependentSchemas', '$defs', 'definitions']);
// All else of the Core and Validation vocabularies that decides whether a value fits. What is in none of these lists is an
// annotation: it is kept with the schema, and left out of what is compiled, so that no extension of the validator's takes it up.
const asserts = new Set(
  (
    '$ref $anchor type enum const multipleOf maximum exclusiveMaximum minimum exclusiveMinimum maxLength minLength pattern ' +
    'maxItems minItems uniqueItems maxContains minContains maxProperties minProperties required dependentRequired'
  ).split(' '),
);
const unsupported = new Set(['$dynamicRef', '$dynamicAnchor', '$recursiveRef', '$recursiveAnchor']);

const maxSchemas = 500;
const maxReferences = 50;
// Ajv writes code for each, and all of it anew for each further one.
const maxDependencies = 250;
// Compiling takes its time too.
const maxProgramSize = 20_000;
const bytesPerStep = 16;

interface Found {
  readonly faults: string[];
  readonly references: { readonly at: string; readonly to: string }[];
  /** What references can lead to. */
  readonly targets: Set<string>;
  schemas: number;
  /** Names in dependentRequired. */
  dependencies: number;
  /** Of all patterns together. */
  programSize: number;
}

/** Reads a schema that fits the meta-schema: gives what is to be compiled of it, and the faults that the meta-schema does not know. */
export function readSchema(schema: JsonSchema): SchemaReading {
  const found: Found = {
    faults: [],
    references: [],
    targets: new Set(),
    schemas: 0,
    dependencies: 0,
    programSize: 0,
  };
  const compilable = readAt(schema, '', found);
  if (found.schemas > maxSchemas) {
    found.faults.push(`consists of ${found.schemas} schemas; at most ${maxSchemas} are allowed`);
  }
  // They are compiled one inside the other, each some way down the stack.
  const references = new Set(found.references.map(({ to }) => to)).size;
  if (references > maxReferences) {
    found.faults.push(`refers to ${references} parts of itself; at most ${maxReferences} are allowed`);
  }
  if (found.dependencies > maxDependencies) {
    found.faults.push(
      `names ${found.dependencies} properties in dependentRequired; at most ${maxDependencies} are allowed`,
    );
  }
  if (found.programSize > maxProgramSize) {
    found.faults.push('has patterns that are too large together; ask for fewer repetitions');
  }
  for (const { at, to } of found.references) {
    if (!found.targets.has(decoded(to))) {
      found.faults.push(`${at} leads to no schema of this document; give #, #/$defs/name or #anchor`);
    }
  }
  return { compilable, faults: found.faults };
}

/** @param at JSON pointer of the schema */
function readAt(schema: JsonSchema, at: string, found: Found): JsonSchema {
  found.schemas += 1;
  found.targets.add(`#${at}`);
  if (typeof schema === 'boolean') return schema;
  const entries: [string, unknown][] = [];
  let ownBytes = 0;
  for (const [keyword, value] of Object.entries(schema)) {
    const place = `${at}/${escaped(keyword)}`;
    if (unsupported.has(keyword)) found.faults.push(`${place} is not supported; use $ref`);
    if (keyword === '$id' && at !== '')
      found.faults.push(`${place} is not supported below the top; use $anchor`);
    if (asserts.has(keyword)) {
      noteAssertion(keyword, value, place, found);
      ownBytes += JSON.stringify(value).length;
      entries.push([keyword, value]);
    } else if (isApplicator(keyword)) {
      if (keyword === 'patternProperties') notePatterns(Object.keys(value as object), place, found);
      entries.push([keyword, readInner(keyword, value, place, found)]);
    }
  }
  return Object.fromEntries([...entries, [costKeyword, 1 + Math.floor(ownBytes / bytesPerStep)]]);
}

function isApplicator(keyword: string): boolean {
  return holdsOne.has(keyword) || holdsList.has(keyword) || holdsMap.has(keyword);
}

function readInner(keyword: string, value: unknown, place: string, found: Found): unknown {
  if (holdsOne.has(keyword)) return readAt(value as JsonSchema, place, found);
  if (holdsList.has(keyword)) {
    return (value as JsonSchema[]).map((inner, index) => readAt(inner, `${place}/${index}`, found));
  }
  const inner = Object.entries(value as Record<string, JsonSchema>);
  return Object.fromEntries(
    inner.map(([name, schema]) => [name, readAt(schema, `${place}/${escaped(name)}`, found)]),
  );
}

function noteAssertion(keyword: string, value: unknown, place: string, found: Found): void {
  if (keyword === 'pattern') notePatterns([value as string], place, found);
  if (keyword === '$ref') found.references.push({ at: place, to: value as string });
  if (keyword === 'dependentRequired')
    for (const names of Object.values(value as Record<string, string[]>))
      found.dependencies += 1 + names.length;
  if (keyword === '$anchor') found.targets.add(`#${value}`);
}

function notePatterns(patterns: readonly string[], place: string, found: Found): void {
  for (const pattern of patterns) {
    if (found.programSize > maxProgramSize) return;
    const compiled = compileLinearPattern(pattern);
    if (typeof compiled === 'string') found.faults.push(`${place} ${JSON.stringify(pattern)} ${compiled}`);
    else found.programSize += compiled.programSize;
  }
}

/** A name as it stands in a JSON pointer (RFC 6901, section 3). */
function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** A JSON pointer in a URI fragment is percent-encoded (RFC 6901, section 6). */
function decoded(reference: string): string {
  try {
    return decodeURIComponent(reference);
  } catch {
    return reference;
  }
}
