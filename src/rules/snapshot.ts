/** Which transactions had ended at a moment, in PostgreSQL's own text (pg_snapshot): `xmin:xmax:` and the ones under way between. */
export interface Snapshot {
  /** All before it had ended. */
  readonly xmin: bigint;
  /** None from it on had ended. */
  readonly xmax: bigint;
  /** Those between that had not, in their order. */
  readonly underWay: readonly bigint[];
}

// Some hundred transactions under way.
const maxLength = 1000;
const longestXid = 19;

/** The snapshot of a text; undefined where PostgreSQL would refuse it. */
export function readSnapshot(text: string): Snapshot | undefined {
  const match = /^(\d{1,19}):(\d{1,19}):((?:\d{1,19},)*\d{1,19})?$/.exec(text);
  if (!match) return undefined;
  const [, low = '', high = '', between] = match;
  const [xmin, xmax] = [BigInt(low), BigInt(high)];
  const underWay = between?.split(',').map(BigInt) ?? [];
  const isRising = underWay.every((xid, at) => xid >= xmin && xid < xmax && xid > (underWay[at - 1] ?? -1n));
  return isXid(xmin) && isXid(xmax) && xmin <= xmax && isRising ? { xmin, xmax, underWay } : undefined;
}

/** The text of a snapshot. */
export function writeSnapshot({ xmin, xmax, underWay }: Snapshot): string {
  return `${xmin}:${xmax}:${underWay.join(',')}`;
}

/** Whether a transaction had ended by then. */
export function sees({ xmin, xmax, underWay }: Snapshot, xid: bigint): boolean {
  return xid < xmin || (xid < xmax && !underWay.includes(xid));
}

/** The snapshot that a transaction took of the others, with itself among those under way: PostgreSQL leaves it out. */
export function notSeeing(snapshot: Snapshot, own: bigint): Snapshot {
  if (!sees(snapshot, own)) return snapshot;
  const before = snapshot.underWay.filter((xid) => xid < own);
  const behind = snapshot.underWay.filter((xid) => xid > own);
  return { ...snapshot, underWay: [...before, own, ...behind] };
}

/** The text, short enough for a cursor: where too many were under way, it sees nothing from a later one of them on. */
export function shortSnapshot(text: string): string {
  if (text.length <= maxLength) return text;
  const [xmin, , underWay = ''] = text.split(':');
  const kept = underWay
    .slice(0, maxLength - 2 * longestXid - 2)
    .split(',')
    .slice(0, -1);
  const xmax = kept.pop();
  return `${xmin}:${xmax}:${kept.join(',')}`;
}

// The lower half counts within an epoch, in which 0 is no transaction.
function isXid(xid: bigint): boolean {
  return xid % 2n ** 32n !== 0n;
}
