import { isObject, valuesAt } from './document-path.js';
import { pay } from './step-budget.js';

type Scalar = string | number | boolean;

/** A condition that an event's payload must meet to match a filter: one of these values stands at the path. */
export interface FilterEquality {
  /** As filters write it: `customer.id`. */
  readonly path: string;
  readonly values: readonly Scalar[];
}

/**
 * Finds an equality without which a checked filter cannot match, so that the filters of many subscriptions can be looked up by their
 * values; undefined where it asks for none.
 */
export function requiredEquality(filter: object): FilterEquality | undefined {
  for (const [key, condition] of Object.entries(filter)) {
    const found = key === '$and' ? firstOf(condition as object[]) : equalityAt(key, condition);
    if (found) return found;
  }
  return undefined;
}

/** Under what to find a value's equals in a Map: a text, since a number's place in one can be foreseen, and many chosen for the same. */
export function lookupKey(value: Scalar): string {
  return typeof value === 'string' ? value : `=${value}`;
}

/** The keys of all that a filter's path leads to in a payload. */
export function keysAt(payload: unknown, path: string): ReadonlySet<string> {
  if (!isObject(payload)) return new Set();
  const values = valuesAt(payload, path);
  pay(4 * values.length);
  return new Set(values.filter(isScalar).map(lookupKey));
}

function firstOf(filters: readonly object[]): FilterEquality | undefined {
  for (const filter of filters) {
    const found = requiredEquality(filter);
    if (found) return found;
  }
  return undefined;
}

function equalityAt(path: string, condition: unknown): FilterEquality | undefined {
  if (path.startsWith('$')) return undefined;
  if (isScalar(condition)) return { path, values: [condition] };
  if (typeof condition !== 'object' || condition === null) return undefined;
  const { $eq, $in } = condition as { $eq?: unknown; $in?: unknown };
  if (isScalar($eq)) return { path, values: [$eq] };
  return Array.isArray($in) && $in.every(isScalar) ? { path, values: $in } : undefined;
}

// null is left out: it matches what is not there, too.
function isScalar(value: unknown): value is Scalar {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}
