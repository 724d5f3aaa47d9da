import { eventFilterTest } from '../rules/event-filter.js';
import { keysAt, lookupKey, requiredEquality } from '../rules/filter-equality.js';
import { pay, shareSteps } from '../rules/step-budget.js';
import type { Taker } from './match-subscriptions.js';

/** What the filters of an event type's takers say of an event. */
export interface FittingTakers {
  readonly fitting: readonly Taker[];
  /** Those whose filters ask more steps of the payload than they have. */
  readonly undecided: readonly Taker[];
}

/** The takers of an event type, sorted by what their filters ask for. */
interface SortedTakers {
  readonly unfiltered: readonly Taker[];
  /** Those whose filters require a value at a path, by path. */
  readonly byPath: ReadonlyMap<string, TakersAtPath>;
  /** Those whose filters can only be tried. */
  readonly others: readonly Taker[];
}

interface TakersAtPath {
  readonly all: Taker[];
  /** By the key of the value that they require; one of a list stands under each. */
  readonly byKey: Map<string, Taker[]>;
}

const sorted = new WeakMap<readonly Taker[], SortedTakers>();

// An ordinary filter takes 10 to 50 steps. To find out which filters are to be tried, an event has 20,000 steps, 0.4 ms, since a thousand
// are published at once, more for each filter, and 131,000 more for the largest payload; and as many to try them.
function stepsFor(payload: string, takers: number): number {
  return 20_000 + 40 * takers + payload.length / 2;
}

/**
 * Finds the takers of an event type whose filters an event's payload, JSON, fits. Filters that require a value, as in
 * {"customer.id": "c1"}, are looked up by it and not tried one by one, so that thousands of them cost an event nothing. All filters
 * together have a budget of steps, which those that ask for little come to first.
 */
export function fittingTakers(takers: readonly Taker[], payload: string): FittingTakers {
  const { unfiltered, byPath, others } = sortOnce(takers);
  if (unfiltered.length === takers.length) return { fitting: takers, undecided: [] };
  const read: unknown = JSON.parse(payload);
  const steps = stepsFor(payload, takers.length);
  const candidates = new Set(others);
  const lookUps = shareSteps(steps, byPath, ([path, { byKey }]) => {
    for (const key of keysAt(read, path)) {
      const same = byKey.get(key) ?? [];
      pay(same.length);
      for (const taker of same) candidates.add(taker);
    }
  });
  // Whoever shares a path with filters that ask too much has steps of its own to be tried with.
  for (const [, { all }] of lookUps.givenUp) for (const taker of all) candidates.add(taker);
  const tests = [...candidates].map((taker) => ({ taker, fits: eventFilterTest(taker.filter ?? {}) }));
  const fitting = [...unfiltered];
  const tries = shareSteps(steps + lookUps.spare, tests, ({ taker, fits }) => {
    if (fits(read)) fitting.push(taker);
  });
  return { fitting, undecided: tries.givenUp.map(({ taker }) => taker) };
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
  const byPath = new Map<string, TakersAtPath>();
  for (const taker of takers) {
    const equality = taker.filter && requiredEquality(taker.filter);
    if (taker.filter === null) unfiltered.push(taker);
    else if (!equality) others.push(taker);
    else {
      const { all, byKey } = byPath.get(equality.path) ?? { all: [], byKey: new Map<string, Taker[]>() };
      byPath.set(equality.path, { all, byKey });
      all.push(taker);
      for (const key of equality.values.map(lookupKey)) {
        const same = byKey.get(key) ?? [];
        byKey.set(key, same);
        same.push(taker);
      }
    }
  }
  return { unfiltered, byPath, others };
}
