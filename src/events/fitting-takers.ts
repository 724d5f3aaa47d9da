import { matchesEventFilter } from '../rules/event-filter.js';
import { withPlainNumbers } from '../rules/exact-json.js';
import { requiredEquality, scalarsAt } from '../rules/filter-equality.js';
import type { Taker } from './match-subscriptions.js';

/** The takers of an event type, sorted by what their filters ask for. */
interface SortedTakers {
  readonly unfiltered: readonly Taker[];
  /** Those whose filters require a value at a path, by path and value. */
  readonly byPath: ReadonlyMap<string, ReadonlyMap<unknown, readonly Taker[]>>;
  /** Those whose filters can only be tried. */
  readonly others: readonly Taker[];
}

const sorted = new WeakMap<readonly Taker[], SortedTakers>();

/**
 * The takers of an event type whose filters an event's payload, JSON, fits. Filters that require a value, as in {"customer.id": "c1"},
 * are looked up by it and not tried one by one, so that thousands of them cost an event nothing.
 */
export function fittingTakers(takers: readonly Taker[], payload: string): readonly Taker[] {
  const { unfiltered, byPath, others } = sortOnce(takers);
  if (unfiltered.length === takers.length) return takers;
  const read = withPlainNumbers(JSON.parse(payload));
  const fits = ({ filter }: Taker) => matchesEventFilter(filter ?? {}, read);
  try {
    return [...unfiltered, ...[...candidatesIn(read, byPath, others)].filter(fits)];
  } catch {
    // A payload may be nested deeper than the stack; the matcher sees to that for each filter by itself.
    return takers.filter((taker) => taker.filter === null || fits(taker));
  }
}

function candidatesIn(
  payload: unknown,
  byPath: SortedTakers['byPath'],
  others: readonly Taker[],
): Set<Taker> {
  const candidates = new Set(others);
  for (const [path, byValue] of byPath)
    for (const scalar of scalarsAt(payload, path))
      for (const taker of byValue.get(scalar) ?? []) candidates.add(taker);
  return candidates;
}

function sortOnce(takers: readonly Taker[]): SortedTakers {
  let known = sorted.get(takers);
  if (!known) {
    known = sort(takers);
    sorted.set(takers, known);
  }
  return known;
}

function sort(takers: readonly Taker[]): SortedTakers {
  const unfiltered: Taker[] = [];
  const others: Taker[] = [];
  const byPath = new Map<string, Map<unknown, Taker[]>>();
  for (const taker of takers) {
    const equality = taker.filter && requiredEquality(taker.filter);
    if (taker.filter === null) unfiltered.push(taker);
    else if (!equality) others.push(taker);
    else {
      const byValue = byPath.get(equality.path) ?? new Map<unknown, Taker[]>();
      byPath.set(equality.path, byValue);
      for (const value of equality.values) {
        const same = byValue.get(value) ?? [];
        byValue.set(value, same);
        same.push(taker);
      }
    }
  }
  return { unfiltered, byPath, others };
}
