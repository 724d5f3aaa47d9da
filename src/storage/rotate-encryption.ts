import { setTimeout as pause } from 'node:timers/promises';
import type { Encryption } from './encryption.js';
import type { Query } from './statement.js';
import { zeroUuid } from './typeid.js';

/** Where something encrypted is stored. */
export interface EncryptedColumn {
  readonly table: string;
  readonly column: string;
  /** SQL for the workspace that it is bound to. */
  readonly workspace: string;
}

const ofRow = 't.workspace_id';

/** Every column that holds what `Encryption` has made, bound to its row's workspace and id. */
export const encryptedColumns: readonly EncryptedColumn[] = [
  { table: 'subscription_secret', column: 'ciphertext', workspace: ofRow },
  { table: 'webhook_subscription', column: 'header_values', workspace: ofRow },
  { table: 'attempt', column: 'own_headers', workspace: ofRow },
  { table: 'confirmation', column: 'request', workspace: ofRow },
  // It belongs to the server, and to no workspace.
  { table: 'certificate', column: 'private_key', workspace: `'${zeroUuid}'::uuid` },
];

/** What a rotation has come to. */
export interface Rotation {
  /** How many rows are under the first key that were under another, by table. */
  readonly reencrypted: Readonly<Record<string, number>>;
  /** Rows that no key opens: left as they are. */
  readonly unreadable: readonly { readonly table: string; readonly id: string }[];
  /** How many rows others kept locked all the time: left as they are. */
  readonly locked: number;
}

interface Row {
  readonly workspaceId: string;
  readonly id: string;
  readonly ciphertext: Buffer;
}

interface Pass {
  readonly reencrypted: number;
  readonly unreadable: string[];
  readonly passedOver: number;
}

const batchRows = 200;
const waitForLocksMs = 30_000;
const lookAgainAfterMs = 200;

/**
 * Puts everything that is encrypted under another key under the first one, a few rows at a time and beside running servers.
 * It may be broken off and begun again: what is done is not done twice.
 */
export async function rotateEncryption(query: Query, encryption: Encryption): Promise<Rotation> {
  const reencrypted: Record<string, number> = {};
  const unreadable: { table: string; id: string }[] = [];
  let locked = 0;
  for (const place of encryptedColumns) {
    const { table } = place;
    const untilMs = Date.now() + waitForLocksMs;
    let last = await passOver(place, query, encryption);
    reencrypted[table] = last.reencrypted;
    // Rows that others were changing just then.
    while (last.passedOver > 0 && Date.now() < untilMs) {
      await pause(lookAgainAfterMs);
      last = await passOver(place, query, encryption);
      reencrypted[table] += last.reencrypted;
    }
    unreadable.push(...last.unreadable.map((id) => ({ table, id })));
    locked += last.passedOver;
  }
  return { reencrypted, unreadable, locked };
}

async function passOver(place: EncryptedColumn, query: Query, encryption: Encryption): Promise<Pass> {
  const pass = { reencrypted: 0, unreadable: [] as string[], passedOver: 0 };
  let rows: Row[];
  let after = { workspaceId: zeroUuid, id: zeroUuid };
  do {
    rows = await query<Row>({ text: findOld(place) }, [
      after.workspaceId,
      after.id,
      encryption.keyId,
      batchRows,
    ]);
    const opened = rows.map((row) => ({ row, text: open(row, encryption) }));
    const readable = opened.flatMap(({ row, text }) => (text === undefined ? [] : [{ row, text }]));
    const written = await query({ text: replace(place) }, [
      readable.map(({ row }) => row.workspaceId),
      readable.map(({ row }) => row.id),
      readable.map(({ row }) => row.ciphertext),
      readable.map(({ row, text }) =>
        encryption.encrypt(text, { workspaceId: row.workspaceId, rowId: row.id }),
      ),
    ]);
    pass.reencrypted += written.length;
    pass.passedOver += readable.length - written.length;
    pass.unreadable.push(...opened.filter(({ text }) => text === undefined).map(({ row }) => row.id));
    after = rows.at(-1) ?? after;
  } while (rows.length === batchRows);
  return pass;
}

function open({ ciphertext, workspaceId, id }: Row, encryption: Encryption): string | undefined {
  try {
    return encryption.decrypt(ciphertext, { workspaceId, rowId: id });
  } catch {
    return undefined;
  }
}

/** What is not under the first key, a page in the order of the largest table's primary key. */
function findOld({ table, column, workspace }: EncryptedColumn): string {
  return `SELECT ${workspace} AS "workspaceId", t.id, t.${column} AS ciphertext FROM ${table} t
    WHERE (${workspace}, t.id) > ($1::uuid, $2::uuid)
      AND t.${column} IS NOT NULL AND substring(t.${column} FROM 2 FOR 4) <> $3
    ORDER BY ${workspace}, t.id LIMIT $4`;
}

/**
 * Replaces a ciphertext by another where it is still the one that was read. A row that somebody else is changing is passed over
 * and not waited for: no server waits for a batch, and none can be caught in a deadlock with it.
 */
function replace({ table, column, workspace }: EncryptedColumn): string {
  return `WITH free AS (
      SELECT t.id, ${workspace} AS workspace_id, read.new
      FROM unnest($1::uuid[], $2::uuid[], $3::bytea[], $4::bytea[]) AS read (workspace_id, id, old, new)
      JOIN ${table} t ON ${workspace} = read.workspace_id AND t.id = read.id
      WHERE t.${column} = read.old FOR NO KEY UPDATE OF t SKIP LOCKED
    )
    UPDATE ${table} t SET ${column} = free.new FROM free WHERE ${workspace} = free.workspace_id AND t.id = free.id
    RETURNING t.id`;
}
