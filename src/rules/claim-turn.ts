/** A claim that has gone from subscription to subscription. */
export interface ClaimTurn {
  /** How many deliveries it could take, and how many it took. */
  readonly limit: number;
  readonly claimed: number;
  /** How many of one subscription it could take. */
  readonly share: number;
  /** Whether it began with the first subscription that waits, and not behind the one that the claim before it ended with. */
  readonly beganAtFirst: boolean;
}

/**
 * Whether a claim has seen all that wait, and whether the next one is due at once: the free places that it left are for those that
 * it began behind, and for what it left over of the shares.
 */
export function afterClaim({ limit, claimed, share, beganAtFirst }: ClaimTurn): {
  readonly sawAll: boolean;
  readonly isNextDue: boolean;
} {
  const isFull = claimed >= limit;
  return { sawAll: !isFull && beganAtFirst, isNextDue: !isFull && (!beganAtFirst || claimed >= share) };
}
