import { compileFilter, type DocumentTest } from './document-matcher.js';
import { isObject } from './document-path.js';
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

/** Whether an event's payload fits a filter. Throws nothing but what `pay` throws. */
export type EventFilterTest = (payload: unknown) => boolean;

/** The test that a checked filter is; a payload that is not an object fits `{}` only. */
export function eventFilterTest(filter: object): EventFilterTest {
  const test = tests.get(filter) ?? newTest(filter);
  tests.set(filter, test);
  return test;
}

// Compiling costs more than matching, and a subscription's filter is matched against every event of its types.
const tests = new WeakMap<object, EventFilterTest>();

function newTest(filter: object): EventFilterTest {
  if (Object.keys(filter).length === 0) return () => true;
  const test = compiled(filter);
  return (payload) => isObject(payload) && test(payload);
}

function compiled(filter: object): DocumentTest {
  try {
    return compileFilter({ ...filter });
  } catch {
    // It has an operator that an earlier version took. One subscription's filter must not fail the batch of all.
    return () => false;
  }
}

function isDeeperThan(levels: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeperThan(levels - 1, inner));
}
