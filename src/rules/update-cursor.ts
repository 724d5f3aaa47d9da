/**
 * A place in the stream of a workspace's updates. A transaction that was under way when this state was written may have become
 * visible after it; so one who goes on from here is given all that changed in `xmin` or later, less what came before in `xid`
 * itself (the rows of one transaction are told in the order of their ids).
 */
export interface UpdateCursor {
  /** The oldest transaction under way when the state was written; decimal digits. */
  readonly xmin: string;
  /** The transaction that wrote it; decimal digits. */
  readonly xid: string;
  /** The delivery. */
  readonly uuid: string;
  readonly workspaceId: string;
}

/** The opaque text of a cursor. */
export function writeUpdateCursor({ xmin, xid, uuid, workspaceId }: UpdateCursor): string {
  return Buffer.from(`${xmin} ${xid} ${uuid} ${workspaceId}`).toString('base64url');
}

/** The cursor behind the text; undefined where it is none, or another workspace's. */
export function readUpdateCursor(text: string, workspaceId: string): UpdateCursor | undefined {
  const match = /^(\d{1,19}) (\d{1,19}) ([0-9a-f-]{36}) ([0-9a-f-]{36})$/.exec(
    Buffer.from(text, 'base64url').toString(),
  );
  const [, xmin, xid, uuid, owner] = match ?? [];
  if (!xmin || !xid || !uuid || owner !== workspaceId) return undefined;
  const cursor = { xmin, xid, uuid, workspaceId };
  return writeUpdateCursor(cursor) === text ? cursor : undefined;
}
