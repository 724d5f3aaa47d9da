import { GoneThrough } from './gone-through.js';

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

/**
 * Every scalar that a filter's path may mean in a payload: lists are gone through wherever they stand, at any depth. That is more than
 * a filter compares with, and never less.
 */
export function scalarsAt(payload: unknown, path: string): Set<Scalar> {
  const found = new Set<Scalar>();
  collect(payload, { parts: path.split('.'), found, gone: new GoneThrough() }, 0);
  return found;
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

interface Search {
  readonly parts: readonly string[];
  readonly found: Set<Scalar>;
  readonly gone: GoneThrough;
}

function collect(value: unknown, search: Search, index: number): void {
  const { parts, found } = search;
  if (isScalar(value) && index === parts.length) found.add(value);
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    if (search.gone.isRepeated(value, index)) return;
    for (const element of value) collect(element, search, index);
  }
  const part = parts[index];
  if (part !== undefined) collect((value as Record<string, unknown>)[part], search, index + 1);
}

// null is left out: it matches what is not there, too.
function isScalar(value: unknown): value is Scalar {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}
