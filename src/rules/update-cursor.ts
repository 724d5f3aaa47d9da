import { readSnapshot, shortSnapshot } from './snapshot.js';

/**
 * A place in the stream of a workspace's updates, and so what has been told of them: all that `seen` sees, and of the transaction
 * `xid` itself the deliveries up to this one. With `until` it is a place in a catching up, which goes by transactions and not by
 * when they ended: told is then what `seen` sees, and of what `until` sees all up to this delivery of `xid`.
 */
export interface UpdateCursor {
  /** A snapshot, in PostgreSQL's text, that does not see `xid`. */
  readonly seen: string;
  readonly until?: string;
  /** A transaction; decimal digits. */
  readonly xid: string;
  /** The delivery. */
  readonly uuid: string;
  readonly workspaceId: string;
}

/** The snapshot that sees nothing from a transaction on. */
export function nothingFrom(xid: string): string {
  return `${xid}:${xid}:`;
}

/** The opaque text of a cursor. */
export function writeUpdateCursor({ seen, until, xid, uuid, workspaceId }: UpdateCursor): string {
  const parts = [withoutRepetition(shortSnapshot(seen)), xid, uuid, workspaceId];
  if (until !== undefined) parts.push(shortSnapshot(until));
  return Buffer.from(parts.join(' ')).toString('base64url');
}

/** The cursor behind the text; undefined where it is none, or another workspace's. */
export function readUpdateCursor(text: string, workspaceId: string): UpdateCursor | undefined {
  if (text.length > maxLength) return undefined;
  const match = /^(\S+) (\d{1,19}) ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}) (\S+)(?: (\S+))?$/.exec(
    Buffer.from(text, 'base64url').toString(),
  );
  const [, start, xid, uuid, owner, until] = match ?? [];
  if (!start || !xid || !uuid || owner !== workspaceId) return undefined;
  const seen = start.includes(':') ? start : nothingFrom(start);
  if (!readSnapshot(seen) || (until && !readSnapshot(until))) return undefined;
  const cursor = { seen, xid, uuid, workspaceId, ...(until && { until }) };
  return writeUpdateCursor(cursor) === text ? cursor : undefined;
}

// Of the text of one with two snapshots of the greatest length.
const maxLength = 3000;

// What has one transaction only is written as that: so cursors were before they held snapshots, and some still are at hand.
function withoutRepetition(snapshot: string): string {
  const [xmin = ''] = snapshot.split(':', 1);
  return snapshot === nothingFrom(xmin) ? xmin : snapshot;
}
