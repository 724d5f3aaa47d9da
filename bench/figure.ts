/** A number that a run has found. */
export interface Figure {
  readonly benchmark: string;
  readonly what: string;
  /** NaN where it could not be measured; `note` then says why. */
  readonly value: number;
  readonly unit: 'a second' | 'ms' | 'of the bare loop' | 'times' | 'events' | 'MB';
  /** What the first version is to reach. */
  readonly target?: Target;
  readonly note?: string;
}

/** What a figure is to reach. */
export type Target = { readonly atLeast: number } | { readonly atMost: number };

/** Whether a figure reaches its target; undefined where it has none. */
export function hasReached({ value, target }: Figure): boolean | undefined {
  if (!target) return undefined;
  return 'atLeast' in target ? value >= target.atLeast : value <= target.atMost;
}
