import { createHash } from 'node:crypto';
import { compileSchema, type SchemaCheck, type SchemaVerdict } from './compile-schema.js';
import { type JsonSchema, readSchema } from './read-schema.js';
import { type SchemaFault, toSchemaFault } from './schema-fault.js';

// Somebody whose payload does not fit at all learns enough from the first faults.
const maxFaults = 10;
const maxCompiled = 200;

type PayloadCheck = (payload: unknown) => SchemaFault[];

// A schema comes anew from the database with every look-up, so it is known by its content too.
const byIdentity = new WeakMap<object, PayloadCheck>();
const byContent = new Map<string, PayloadCheck>();

/** Finds where a payload does not fit a schema that `checkSchema` has let pass, the first ten faults at most. Never throws. */
export function checkPayload(schema: unknown, payload: unknown): SchemaFault[] {
  if (typeof schema !== 'object' || schema === null) return schema === false ? [nothingFits] : [];
  let check = byIdentity.get(schema);
  if (!check) {
    check = checkByContent(schema as JsonSchema);
    byIdentity.set(schema, check);
  }
  return check(payload);
}

const nothingFits: SchemaFault = { pointer: '', message: 'cannot fit: the schema refuses every payload' };
const unusable: SchemaFault = {
  pointer: '',
  message: 'cannot be checked: this version cannot use the schema',
};
const tooMuchWork: SchemaFault = {
  pointer: '',
  message: 'cannot be checked: schema and payload together ask for too much work',
};

function checkByContent(schema: JsonSchema): PayloadCheck {
  const content = createHash('sha256').update(JSON.stringify(schema)).digest('base64');
  const check = byContent.get(content) ?? newCheck(schema);
  // Put back behind the others: the one at the front is the one that was not asked for longest.
  byContent.delete(content);
  byContent.set(content, check);
  const [oldest] = byContent.keys();
  if (byContent.size > maxCompiled && oldest !== undefined) byContent.delete(oldest);
  return check;
}

function newCheck(schema: JsonSchema): PayloadCheck {
  try {
    const { compilable } = readSchema(schema);
    const findFirst = compileSchema(compilable, false);
    let findAll: SchemaCheck | undefined;
    return (payload) => {
      const first = orFailed(() => findFirst(payload));
      if (first.kind === 'fits') return [];
      if (first.kind === 'tooMuchWork') return [tooMuchWork];
      if (first.kind === 'failed') return [unusable];
      const all = orFailed(() => {
        findAll ??= compileSchema(compilable, true);
        return findAll(payload);
      });
      return (all.kind === 'faults' ? all : first).errors.slice(0, maxFaults).map(toSchemaFault);
    };
  } catch {
    // Kept from an earlier version that took it. One workspace's schema must not fail the batch of all.
    return () => [unusable];
  }
}

/** What Ajv compiles can fail: looking for all faults behind a `oneOf`, it notes properties where it has made no note yet. */
function orFailed(check: () => SchemaVerdict): SchemaVerdict | { kind: 'failed' } {
  try {
    return check();
  } catch {
    return { kind: 'failed' };
  }
}
