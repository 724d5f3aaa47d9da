import { compileFilter, type DocumentTest } from './document-matcher.js';
import { faultsOfCriteria } from './event-filter-grammar.js';

const maxBytes = 8192;
const maxDepth = 8;
// Somebody who sends a page of nonsense learns enough from the first faults.
const maxFaults = 20;

/**
 * Finds every fault in a subscription's filter, as sentences that name the place; none means that it can be kept.
 * @param filter a MongoDB query over the event's payload; `{}` matches everything
 */
export function checkEventFilter(filter: unknown): string[] {
  if (!isObject(filter)) return ['The filter must be a JSON object, as in {"amount": {"$gt": 100}}.'];
  // Before anything that recurses: a megabyte of brackets would exhaust the stack.
  if (isDeeperThan(maxDepth, filter)) {
    return [`The filter is nested too deeply; at most ${maxDepth} levels of objects and lists are allowed.`];
  }
  const bytes = Buffer.byteLength(JSON.stringify(filter));
  if (bytes > maxBytes)
    return [`The filter has ${bytes} bytes as compact JSON; at most ${maxBytes} are allowed.`];
  return faultsOfCriteria(filter).slice(0, maxFaults);
}

/** Says whether an event's payload matches a filter that was checked. Never throws: a payload that is not an object matches `{}` only. */
export function matchesEventFilter(filter: object, payload: unknown): boolean {
  if (Object.keys(filter).length === 0) return true;
  if (!isObject(payload)) return false;
  try {
    return compiled(filter)(payload);
  } catch {
    // A path of some thousand parts may lead deeper into a payload than the stack.
    return false;
  }
}

// Compiling costs more than matching, and a subscription's filter is matched against every event of its types.
const tests = new WeakMap<object, DocumentTest>();

function compiled(filter: object): DocumentTest {
  const known = tests.get(filter) ?? compileFilter({ ...filter });
  tests.set(filter, known);
  return known;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isDeeperThan(levels: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeperThan(levels - 1, inner));
}
